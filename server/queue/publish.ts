import { createPostgresBackend, Queue, Worker, withBackend } from "bullmq";

/** A hint that a lane has work. The database decides what the work is; a lost hint comes again. */
export type LaneHint = { readonly lane: string };

/** Where the queue lives, and whose it is. */
export type QueuePlace = {
  readonly redisUrl?: string | undefined;
  readonly databaseUrl: string;
  /** Registries that share a server must not take one another's hints; see {@link registryName}. */
  readonly registry: string;
};

/** A name no other registry has: the chain and a contract on it. Digits and letters only. */
export function registryName(deployment: {
  readonly chainId: number;
  readonly contracts: { readonly programmes: string };
}): string {
  return `${deployment.chainId}-${deployment.contracts.programmes.toLowerCase()}`;
}

/** The queue, on Redis or in Postgres, behind what we use of it. */
export interface CommandQueue {
  /** Publishes a hint; one that is waiting under the same operation id already changes nothing. */
  publish(operationId: string, hint: LaneHint): Promise<void>;
  /** Starts taking hints, `concurrency` at a time. */
  consume(work: (hint: LaneHint) => Promise<void>, concurrency: number): Promise<void>;
  close(): Promise<void>;
}

/** What both backends' queues and workers offer, as far as it is used here. */
type Part = {
  on(event: "error", listener: (error: Error) => void): unknown;
  close(): Promise<void>;
};

/**
 * A worker that was killed holds its jobs until their locks run out, so locks are short. A lock that
 * runs out under a busy worker only gives the lane's hint out twice, and the lane has a lock of its own.
 */
const WORKER_OPTIONS = { lockDuration: 4_000, stalledInterval: 2_000 } as const;

const OnPostgres = withBackend(createPostgresBackend);

/** Opens the queue. Errors of its connections go to `onError`; both backends connect again themselves. */
export function openQueue(place: QueuePlace, onError: (error: Error) => void): CommandQueue {
  const parts: Part[] = [];
  const kept = <P extends Part>(part: P): P => {
    part.on("error", onError);
    parts.push(part);
    return part;
  };
  const name = `commands-${place.registry}`;
  const backend =
    place.redisUrl === undefined ? postgres(name, place.databaseUrl) : redis(name, place.redisUrl);
  const queue = kept(backend.queue());
  return {
    publish: async (operationId, hint) => {
      await queue.add("lane", hint, {
        jobId: operationId,
        removeOnComplete: true,
        removeOnFail: true,
      });
    },
    consume: async (work, concurrency) => {
      await kept(backend.worker(async (job) => work(job.data), concurrency)).waitUntilReady();
    },
    close: async () => {
      for (const part of parts.reverse()) await part.close();
    },
  };
}

type Take = (job: { data: LaneHint }) => Promise<void>;

function postgres(name: string, databaseUrl: string) {
  const connection = { connectionString: databaseUrl, migrate: true };
  return {
    queue: () => new OnPostgres.Queue<LaneHint>(name, { connection }),
    worker: (take: Take, concurrency: number) =>
      new OnPostgres.Worker<LaneHint>(name, take, {
        connection,
        concurrency,
        ...WORKER_OPTIONS,
      }),
  };
}

function redis(name: string, url: string) {
  // A worker waits for its next job however long that takes.
  const connection = { url, maxRetriesPerRequest: null };
  return {
    queue: () => new Queue<LaneHint>(name, { connection }),
    worker: (take: Take, concurrency: number) =>
      new Worker<LaneHint>(name, take, {
        connection,
        concurrency,
        ...WORKER_OPTIONS,
      }),
  };
}
