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

async function replayFrom(
  rpcUrl: string,
  head: { number: number; timestamp: number },
  lost: readonly MirrorBlock[],
): Promise<Replay> {
  let blocks = 0;
  let transactions = 0;
  let clock = head.timestamp;
  for (const block of lost) {
    let sent = 0;
    for (const transaction of block.transactions) {
      if (block.number <= head.number && (await isOnChain(rpcUrl, transaction.hash))) continue;
      if (transaction.raw === null) {
        throw new StackError(
          `The chain lost block ${block.number}, which was final and cannot be replayed; restore .tanpu/chain from a backup or ./tanpu reset.`,
        );
      }
      await rpc(rpcUrl, "eth_sendRawTransaction", [transaction.raw]);
      sent++;
    }
    // Heights the chain has already are only visited for transactions it lost.
    if (block.number <= head.number && sent === 0) continue;
    clock = Math.max(block.timestamp, clock + 1);
    await rpc(rpcUrl, "evm_setNextBlockTimestamp", [clock]);
    await rpc(rpcUrl, "evm_mine");
    blocks++;
    transactions += sent;
  }
  return { blocks, transactions };
}
