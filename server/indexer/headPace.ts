/** When to look for the next block, from when the last ones were seen. Times are milliseconds of one steady clock. */
export interface HeadPace {
  /** Blocks were found by a look at `now`. */
  came(now: number): void;
  /** How long to wait with the next look, when one at `now` found nothing new. */
  pause(now: number): number;
}

/** Least pause while a block is due, unless configured otherwise. */
export const POLL_MILLISECONDS = 100;
const MOST_MILLISECONDS = 1_000;
const GAPS = 5;
const DUE = 0.9;
const OVERDUE = 10;

/**
 * Looks seldom while no block is due and often when one is: the pace follows the chain. A block is due when nine tenths of
 * the shortest of the last gaps are over; the longer it is overdue, the seldomer it is looked for, so that a chain that
 * makes blocks on demand costs little while nothing happens. Pauses are from `least` to one second, or `least` if more.
 */
export function createHeadPace(least: number = POLL_MILLISECONDS): HeadPace {
  const most = Math.max(least, MOST_MILLISECONDS);
  const gaps: number[] = [];
  let last: number | undefined;
  return {
    came: (now) => {
      if (last !== undefined) gaps.push(now - last);
      if (gaps.length > GAPS) gaps.shift();
      last = now;
    },
    pause: (now) => {
      if (last === undefined) return least;
      const due = last + (gaps.length < GAPS ? 0 : DUE * Math.min(...gaps));
      const wanted = now < due ? due - now : (now - due) / OVERDUE;
      return Math.min(Math.max(wanted, least), most);
    },
  };
}
