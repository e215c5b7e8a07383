import type { Logger } from "./logger.ts";

/** Ends a process in order. */
export interface Shutdown {
  /** Registers what must be closed; the last one registered is closed first, because it stands on the earlier ones. */
  add(name: string, close: () => Promise<unknown> | unknown): void;
  /** Closes everything once; later calls get the same promise. */
  close(): Promise<void>;
}

const exitMilliseconds = 10_000;

/**
 * Closes what was registered, newest first, on SIGTERM or SIGINT, then exits with 0. What does not close within ten
 * seconds is left and the exit code is 1. An error nobody caught is logged and ends the process with 1: its state is unknown.
 */
export function handleShutdown(logger: Logger): Shutdown {
  const closers: { name: string; close: () => Promise<unknown> | unknown }[] = [];
  let closing: Promise<void> | undefined;

  const closeAll = async (): Promise<void> => {
    for (const { name, close } of closers.reverse()) {
      try {
        await close();
      } catch (error) {
        logger.error({ err: error, part: name }, "could not be closed");
      }
    }
  };
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  const end = (code: number): void => {
    setTimeout(() => {
      logger.error("closing took too long");
      process.exit(1);
    }, exitMilliseconds).unref();
    close().then(() => process.exit(code));
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      logger.info({ signal }, "stopping");
      end(0);
    });
  }
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error }, event);
      end(1);
    });
  }
  return { add: (name, closer) => closers.push({ name, close: closer }), close };
}
