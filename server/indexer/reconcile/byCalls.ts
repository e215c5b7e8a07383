import { setTimeout as sleep } from "node:timers/promises";
import type { ClientBase } from "pg";
import type { ChainClient } from "../../chain/client.ts";
import type { ContractAddresses } from "../../chain/contracts.ts";
import { RetryableError } from "../../chain/failures.ts";
import { type HashSuite, loadHashSuite } from "../../domain/hashSuite.ts";
import { askChain, type CallBlock } from "./calls.ts";
import type { Check, HashCheck } from "./check.ts";
import { checks, sums } from "./checks.ts";
import { hashChecks } from "./hashes.ts";

/** One thing that the mirror says otherwise than the chain. Texts as the check defines them. */
export type Difference = {
  readonly what: string;
  readonly id: string;
  readonly mirror: string;
  readonly chain: string;
};

export type Reconciliation = {
  readonly block: number;
  readonly blockHash: string | null;
  /** How the chain was asked: by calls at the state of that very block, at its newest one, or by replaying its logs. */
  readonly how: "calls at the block" | "calls at the head" | "replay";
  /** Rows compared, by what. */
  readonly compared: Readonly<Record<string, number>>;
  readonly differences: readonly Difference[];
};

const PAGE_ROWS = 2_000;
const MOST_TRIES = 40;
const PAUSE_MILLISECONDS = 250;

type Chain = { client: ChainClient; contracts: ContractAddresses };
type Asked = Chain & { block: CallBlock; suite: HashSuite };

/**
 * Compares the mirror, as it stands in one snapshot, with the contracts' own answers at the block where it stands. A
 * node without the state of that block is asked at its head, again until head and mirror agree; RetryableError when they
 * never do. `client` is a connection of its own, whose search path is the mirror.
 */
export async function reconcileByCalls(client: ClientBase, chain: Chain): Promise<Reconciliation> {
  const suite = await loadHashSuite("keccak");
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const done = await tryOnce(client, chain, suite);
    if (done) return done;
    await sleep(PAUSE_MILLISECONDS);
  }
  throw new RetryableError("the mirror and the node's head never agreed; is the indexer running?");
}

async function tryOnce(
  client: ClientBase,
  chain: Chain,
  suite: HashSuite,
): Promise<Reconciliation | undefined> {
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    const found = await client.query<{ number: string; hash: Buffer | null }>(
      "SELECT block_number AS number, block_hash AS hash FROM checkpoint",
    );
    const { number, hash } = found.rows[0] ?? {};
    if (number === undefined || !hash) return undefined;
    const blockHash = `0x${hash.toString("hex")}`;
    const block = await callBlockOf(chain, blockHash);
    if (block === undefined) return undefined;
    const compared: Record<string, number> = {};
    const differences: Difference[] = [];
    for (const check of checks) {
      compared[check.what] = await compare(client, { ...chain, block, suite }, check, differences);
    }
    for (const check of hashChecks) {
      compared[check.what] = await compareHashes(client, suite, check, differences);
    }
    for (const { what, sql } of sums) {
      const wrong = await client.query<Omit<Difference, "what">>(sql);
      differences.push(...wrong.rows.map((row) => ({ what, ...row })));
    }
    // What was asked of the head counts only while the head is still the mirror's block.
    if (block === "latest" && (await headHash(chain.client)) !== blockHash) return undefined;
    const how = block === "latest" ? "calls at the head" : "calls at the block";
    return { block: Number(number), blockHash, how, compared, differences };
  } finally {
    await client.query("ROLLBACK");
  }
}

/** The block to ask at; undefined when the node knows the mirror's only as one that is not its head. */
async function callBlockOf(chain: Chain, blockHash: string): Promise<CallBlock | undefined> {
  const block = { blockHash };
  const probe = checks.find(({ view }) => view === "requestCount") as Check;
  try {
    await askChain({ ...chain, block }, probe, [[]]);
    return block;
  } catch {
    return (await headHash(chain.client)) === blockHash ? "latest" : undefined;
  }
}

async function headHash(client: ChainClient): Promise<string | undefined> {
  const head = await client.send<{ hash: string } | null>("eth_getBlockByNumber", [
    "latest",
    false,
  ]);
  return head?.hash.toLowerCase();
}

type Row = { id: string; arguments: string[]; mirror: string };

/** Reads page by page, so that memory does not grow with the mirror. Gives the number of rows. */
async function eachPage<Read extends { id: string }>(
  client: ClientBase,
  sql: string,
  use: (rows: Read[]) => Promise<void> | void,
): Promise<number> {
  let count = 0;
  await client.query(`DECLARE compared NO SCROLL CURSOR FOR ${sql}`);
  for (;;) {
    const { rows } = await client.query<Read>(`FETCH ${PAGE_ROWS} FROM compared`);
    if (rows.length === 0) break;
    count += rows.length;
    await use(rows);
  }
  await client.query("CLOSE compared");
  return count;
}

function compare(
  client: ClientBase,
  chain: Asked,
  check: Check,
  differences: Difference[],
): Promise<number> {
  const { what, hash } = check;
  return eachPage<Row>(client, check.sql, async (rows) => {
    const said = await askChain(
      chain,
      check,
      rows.map((row) => row.arguments),
    );
    rows.forEach((row, k) => {
      const mirror = hash
        ? madeOf(hash, chain.suite, row.mirror as unknown as string[])
        : row.mirror;
      const chainSays = said[k] ?? "nothing";
      if (mirror === chainSays) return;
      differences.push({ what, id: row.id, mirror, chain: chainSays });
    });
  });
}

/** A row may say what fits no id at all, which is a difference like any other. */
function madeOf(hash: HashCheck["hash"], suite: HashSuite, parts: readonly string[]): string {
  try {
    return hash(suite, parts);
  } catch (cause) {
    if (cause instanceof RangeError) return `none: ${cause.message}`;
    throw cause;
  }
}

function compareHashes(
  client: ClientBase,
  suite: HashSuite,
  { what, sql, hash }: HashCheck,
  differences: Difference[],
): Promise<number> {
  return eachPage<{ id: string; parts: string[] }>(client, sql, (rows) => {
    for (const { id, parts } of rows) {
      const made = madeOf(hash, suite, parts);
      // The id is the chain's: what the row says of it has another one.
      if (made !== id) differences.push({ what, id, mirror: made, chain: id });
    }
  });
}
