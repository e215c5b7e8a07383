import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { DisagreementError, PermanentError, RetryableError } from "../chain/failures.ts";
import { indexAccounts } from "../database/mirror.ts";
import type { Logger } from "../platform/logger.ts";
import { type Checkpoint, FencedError } from "./checkpoint.ts";
import { createHeadPace } from "./headPace.ts";
import { countFailure, countStep } from "./metrics.ts";
import { FinalityBrokenError } from "./reorg.ts";
import { openMirror, type StepContext, step } from "./step.ts";

/** Only who holds this session lock writes the mirror; the others stand by. */
export const WRITER_LOCK = "tanpu mirror writer";

const STANDBY_MILLISECONDS = 500;
const MOST_BACKOFF_MILLISECONDS = 5_000;

export type IndexerOptions = Omit<StepContext, "client"> & {
  /** A new connection with the indexer's role; closed by the indexer. */
  readonly connect: () => Promise<Client>;
  readonly genesisHash: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Least pause between two looks at the head, in milliseconds; see HeadPace. */
  readonly pollMilliseconds?: number | undefined;
  /** Called once, when the mirror first reaches the head. */
  readonly onReady?: () => void;
};

/** Takes the writer's lock for this connection, or says that another holds it. */
export async function tryWriterLock(client: Client): Promise<boolean> {
  const result = await client.query<{ held: boolean }>(
    "SELECT pg_try_advisory_lock(hashtext($1)) AS held",
    [WRITER_LOCK],
  );
  return result.rows[0]?.held === true;
}

/**
 * Follows the chain until the signal: waits for the writer's lock, then steps, and at the head looks for blocks when they are due.
 * Failures are retried for ever, ever more slowly, on a new connection. Where the chain contradicts a
 * final block, or emits what nobody can read, the mirror stays as it is and the log says so each time;
 * what is mirrored is still served.
 */
export async function runIndexer(options: IndexerOptions): Promise<void> {
  let failures = 0;
  while (!options.signal.aborted) {
    let client: Client | undefined;
    try {
      client = await options.connect();
      // The failing query reports what is wrong; this listener only keeps the process alive.
      client.on("error", () => undefined);
      await follow(options, client, () => {
        failures = 0;
      });
    } catch (cause) {
      if (options.signal.aborted) break;
      failures += 1;
      countFailure(cause);
      report(options.logger, cause);
      await pause(Math.min(100 * 2 ** failures, MOST_BACKOFF_MILLISECONDS), options.signal);
    } finally {
      await client?.end().catch(() => undefined);
    }
  }
}

async function follow(
  options: IndexerOptions,
  client: Client,
  onProgress: () => void,
): Promise<void> {
  const { logger, signal } = options;
  for (let waits = 0; !(await tryWriterLock(client)); waits++) {
    if (waits === 0) logger.info("another indexer writes the mirror; standing by");
    await pause(STANDBY_MILLISECONDS, signal);
    if (signal.aborted) return;
  }
  const context: StepContext = { ...options, client };
  let checkpoint = await openMirror(context);
  await checkChain(options, checkpoint);
  logger.info({ block: checkpoint.blockNumber, final: checkpoint.finalBlock }, "indexing");
  let ready = false;
  let wasHeld = false;
  const pace = createHeadPace(options.pollMilliseconds);
  let isWaiting = false;
  while (!signal.aborted) {
    const result = await step(context, checkpoint);
    checkpoint = result.checkpoint;
    countStep(result);
    onProgress();
    // Blocks that were there already when the mirror came to them tell nothing about when others will come.
    if (isWaiting && result.applied > 0) pace.came(performance.now());
    isWaiting = result.applied === 0 && result.undone === 0;
    if (result.undone > 0) {
      const { undone, head } = result;
      logger.warn({ undone, head, block: checkpoint.blockNumber }, "the chain changed its blocks");
    } else if (result.applied > 0) {
      const { applied, events, head, held } = result;
      if (held && !wasHeld) logger.warn(held, "no more blocks become final: too few nodes agree");
      if (!held && wasHeld) logger.info("enough nodes agree; blocks become final again");
      wasHeld = held !== null;
      logger.debug({ applied, events, head, block: checkpoint.blockNumber }, "blocks applied");
    } else {
      if (!ready) {
        await indexAccounts(client, context.schema);
        options.onReady?.();
      }
      ready = true;
      await pause(pace.pause(performance.now()), signal);
    }
  }
}

/** A mirror of one chain must never be continued with another. */
async function checkChain(options: IndexerOptions, checkpoint: Checkpoint): Promise<void> {
  if (checkpoint.chainId !== options.chainId) {
    throw new PermanentError(
      `the mirror is of chain ${checkpoint.chainId}, the node serves chain ${options.chainId}`,
    );
  }
  const genesis = await options.reader.header(0);
  if (genesis?.hash !== options.genesisHash) {
    throw new PermanentError("the node's chain begins with another block than the manifest says");
  }
}

/** What nobody may step over: the mirror stays where it is until it has been settled. */
const stopped = [FinalityBrokenError, PermanentError, DisagreementError];

function report(logger: Logger, cause: unknown): void {
  if (stopped.some((kind) => cause instanceof kind)) {
    logger.error({ err: cause }, "the mirror stopped; what is final is still served");
  } else if (cause instanceof FencedError || cause instanceof RetryableError) {
    logger.warn({ reason: cause.message }, "trying again");
  } else {
    logger.error({ err: cause }, "indexing failed; trying again");
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
