import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { keepState } from "./chainState.ts";
import { rpc } from "./rpc.ts";

const busySeconds = 1;
const idleSeconds = 15;
const lookMilliseconds = 500;

/** How long a state with work in it may stay unwritten; the upper figure is for one that takes long to write. */
const leastMilliseconds = 2_000;
const mostMilliseconds = 6_000;

/** How fast the embedded chain makes blocks, and how often its state is written. */
export interface Pace {
  /** Ends both; resolves when nothing is being written any more. */
  end(): Promise<void>;
}

/**
 * Blocks come every second while there is work and until well after what was done is final; on an idle chain every 15
 * seconds. A thousand empty blocks add 1.5 MB to the state, which is written whole: with work after two seconds
 * (large ones up to six), without at least every few blocks, so always sooner than blocks become final.
 */
export function keepPace(
  dataFolder: string,
  url: string,
  finalityBlocks: number,
  calmBlocks = Math.max(30, 2 * finalityBlocks),
): Pace {
  const stop = new AbortController();
  const keeper = new Keeper(dataFolder, url, { finalityBlocks, calmBlocks });
  const running = (async () => {
    while (!stop.signal.aborted) {
      // A chain that is leaving, or a full disk, shows itself elsewhere; what was written stays.
      await keeper.look().catch(() => undefined);
      await sleep(lookMilliseconds, undefined, { signal: stop.signal, ref: false }).catch(() => {});
    }
  })();
  return {
    end: () => {
      stop.abort();
      return running;
    },
  };
}

class Keeper {
  readonly #dataFolder: string;
  readonly #url: string;
  readonly #calmBlocks: number;
  readonly #unwrittenBlocks: number;
  #idle = false;
  #seen = -1;
  #lastWork = 0;
  #written = { height: -1, at: 0, milliseconds: 0 };

  constructor(
    dataFolder: string,
    url: string,
    { finalityBlocks, calmBlocks }: { finalityBlocks: number; calmBlocks: number },
  ) {
    this.#dataFolder = dataFolder;
    this.#url = url;
    this.#calmBlocks = calmBlocks;
    this.#unwrittenBlocks = Math.max(1, Math.floor(finalityBlocks / 2));
  }

  async look(): Promise<void> {
    const [pool, block] = await Promise.all([
      rpc<{ pending: string }>(this.#url, "txpool_status"),
      rpc<{ number: string; transactions: string[] }>(this.#url, "eth_getBlockByNumber", [
        "latest",
        false,
      ]),
    ]);
    const height = Number(block.number);
    const missed = height > this.#seen + 1;
    const filled = height > this.#seen && block.transactions.length > 0;
    // A block that came and was covered between two looks is taken for one with work.
    if (Number(pool.pending) > 0 || missed || filled) this.#lastWork = height;
    this.#seen = height;
    await this.#setPace(Number(pool.pending) === 0 && height >= this.#lastWork + this.#calmBlocks);
    await this.#write(height);
  }

  async #setPace(idle: boolean): Promise<void> {
    if (idle === this.#idle) return;
    await rpc(this.#url, "evm_setIntervalMining", [idle ? idleSeconds : busySeconds]);
    this.#idle = idle;
  }

  async #write(height: number): Promise<void> {
    const { height: before, at, milliseconds } = this.#written;
    const unwritten = height - before;
    if (unwritten === 0) return;
    const pause = Math.min(mostMilliseconds, Math.max(leastMilliseconds, 5 * milliseconds));
    const work = this.#lastWork > before;
    if (unwritten < this.#unwrittenBlocks && !(work && Date.now() - at >= pause)) return;
    const since = Date.now();
    const packed = await rpc<string>(this.#url, "anvil_dumpState");
    const text = await promisify(gunzip)(Buffer.from(packed.slice(2), "hex"));
    await keepState(this.#dataFolder, text);
    this.#written = { height, at: since, milliseconds: Date.now() - since };
  }
}
