const LONGEST_WAIT_SECONDS = 30;

/** Seconds of `Prefer: wait=N`, at most thirty; undefined when it is not asked for. */
export function waitSecondsOf(prefer: string | undefined): number | undefined {
  const seconds = /(?:^|[,;\s])wait=(\d{1,5})(?=$|[,;\s])/i.exec(prefer ?? "")?.[1];
  return seconds === undefined ? undefined : Math.min(Number(seconds), LONGEST_WAIT_SECONDS);
}
