import pg from "pg";
import { blockAt, rpc } from "./rpc.ts";
import { StackError } from "./stackError.ts";

/** A block as the mirror remembers it. Times in unix seconds; `raw` is null once the block is final. */
interface MirrorBlock {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: number;
  readonly transactions: readonly { readonly hash: string; readonly raw: string | null }[];
}

/** What a replay did: `blocks` is 0 when nothing was lost. */
export interface Replay {
  readonly blocks: number;
  readonly transactions: number;
}

const hex = (bytes: Buffer): string => `0x${bytes.toString("hex")}`;

async function readBlocks(client: pg.Client, from: number): Promise<MirrorBlock[]> {
  const blocks = await client.query<{ number: string; hash: Buffer; timestamp: string }>(
    "select number, hash, timestamp from mirror.block where number >= $1 order by number",
    [from],
  );
  const transactions = await client.query<{
    block_number: string;
    hash: Buffer;
    raw: Buffer | null;
  }>(
    'select block_number, hash, raw from mirror.transaction where block_number >= $1 order by block_number, "index"',
    [from],
  );
  return blocks.rows.map((row) => ({
    number: Number(row.number),
    hash: hex(row.hash),
    timestamp: Number(row.timestamp),
    transactions: transactions.rows
      .filter((line) => line.block_number === row.number)
      .map((line) => ({ hash: hex(line.hash), raw: line.raw && hex(line.raw) })),
  }));
}

/** The last height at which chain and mirror have the same block; -1 when they share none of those the mirror keeps. */
async function commonHeight(client: pg.Client, rpcUrl: string, head: number): Promise<number> {
  const known = await client.query<{ number: string; hash: Buffer }>(
    "select number, hash from mirror.block where number <= $1 order by number desc limit 200",
    [head],
  );
  for (const row of known.rows) {
    if ((await blockAt(rpcUrl, Number(row.number)))?.hash === hex(row.hash))
      return Number(row.number);
  }
  // A mirror that begins above the chain's head has nothing to compare; then the head is where they part.
  return known.rows.length === 0 ? head : -1;
}

async function isOnChain(rpcUrl: string, hash: string): Promise<boolean> {
  return (await rpc<unknown>(rpcUrl, "eth_getTransactionReceipt", [hash])) !== null;
}

/**
 * Gives a chain that lost its newest blocks these blocks again: the same transactions of all senders in the same
 * order with the same timestamps, blocks without transactions too. The chain must not mine meanwhile.
 *
 * @throws StackError when final blocks are gone, whose transactions are no longer kept.
 */
export async function replayTail(databaseUrl: string, rpcUrl: string): Promise<Replay> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => {});
  await client.connect();
  try {
    const there = await client.query(
      "select to_regclass('mirror.block') as block, to_regclass('mirror.transaction') as tx",
    );
    if (there.rows[0]?.block === null || there.rows[0]?.tx === null)
      return { blocks: 0, transactions: 0 };
    const newest = await client.query<{ number: string | null }>(
      "select max(number) as number from mirror.block",
    );
    const head = await blockAt(rpcUrl, "latest");
    if (head === undefined || newest.rows[0]?.number == null) return { blocks: 0, transactions: 0 };
    if (head.number >= Number(newest.rows[0].number)) {
      // The chain is not behind: what differs below the head is a reorganisation, which the indexer settles.
      const same = await commonHeight(client, rpcUrl, head.number);
      if (same >= Number(newest.rows[0].number)) return { blocks: 0, transactions: 0 };
    }
    const common = await commonHeight(client, rpcUrl, head.number);
    return await replayFrom(rpcUrl, head, await readBlocks(client, common + 1));
  } finally {
    await client.end();
  }
}

/**
 * Checks that a chain which is not ours to replay still has the last block the mirror calls final: one that was begun
 * again, perhaps under the same id and genesis, is another chain.
 *
 * @throws StackError when the block is missing or another one.
 */
export async function requireFinalBlock(databaseUrl: string, rpcUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => {});
  await client.connect();
  try {
    const there = await client.query("select to_regclass('mirror.checkpoint') as checkpoint");
    if (there.rows[0]?.checkpoint === null) return;
    const found = await client.query<{ number: string; hash: Buffer }>(
      "select number, hash from mirror.block where number <= (select final_block from mirror.checkpoint) order by number desc limit 1",
    );
    const final = found.rows[0];
    if (final === undefined) return;
    if ((await blockAt(rpcUrl, Number(final.number)))?.hash === hex(final.hash)) return;
    throw new StackError(
      `The chain of RPC_URL does not have block ${final.number}, which was final here; use the former chain, or ./tanpu reset and an empty database.`,
    );
  } finally {
    await client.end();
  }
}

async function replayFrom(
  rpcUrl: string,
  head: { number: number; timestamp: number },
  lost: readonly MirrorBlock[],
): Promise<Replay> {
  const wanted: { block: MirrorBlock; raws: string[] }[] = [];
  for (const block of lost) {
    const raws = await rawsToSend(rpcUrl, block, head.number);
    // Heights the chain has already are only visited for transactions it lost.
    if (block.number > head.number || raws.length > 0) wanted.push({ block, raws });
  }
  let { number, timestamp: clock } = head;
  let transactions = 0;
  const mineAt = async (timestamp: number): Promise<void> => {
    clock = Math.max(timestamp, clock + 1);
    await rpc(rpcUrl, "evm_setNextBlockTimestamp", [clock]);
    await rpc(rpcUrl, "evm_mine");
    number++;
  };
  for (const { block, raws } of wanted) {
    // The mirror begins with the registry's first block; what lay before it on a young chain was empty.
    while (number < block.number - 1) await mineAt(clock + 1);
    for (const raw of raws) await rpc(rpcUrl, "eth_sendRawTransaction", [raw]);
    await mineAt(block.timestamp);
    transactions += raws.length;
  }
  return { blocks: number - head.number, transactions };
}

/** The transactions of a block that the chain no longer has. @throws StackError when one is not kept any more. */
async function rawsToSend(rpcUrl: string, block: MirrorBlock, head: number): Promise<string[]> {
  const raws: string[] = [];
  for (const { hash, raw } of block.transactions) {
    if (block.number <= head && (await isOnChain(rpcUrl, hash))) continue;
    if (raw === null) {
      throw new StackError(
        `The chain lost block ${block.number}, which was final and cannot be replayed; restore .tanpu/chain from a backup or ./tanpu reset.`,
      );
    }
    raws.push(raw);
  }
  return raws;
}
