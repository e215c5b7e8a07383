import { expect } from "chai";
import { type ChainClient, connectChain } from "../../server/chain/client.ts";
import { createReader } from "../../server/chain/reader.ts";
import { answersOf, type FakeChain, FakeError, FakeNode, fakeHash } from "../support/fakeNode.ts";

const ADDRESS = `0x${"a1".repeat(20)}`;

describe("reading ranges", () => {
  let node: FakeNode;
  let client: ChainClient;
  const chain: FakeChain = { chainId: 5, head: 400, saltOf: () => 0 };
  const plain = answersOf(chain);
  /** Logs per block, and how the provider limits what it gives of them. */
  let perBlock: number;
  let limit: (blocks: number, logs: unknown[]) => unknown[];
  let asked: [first: number, end: number][];

  const logsOf = (height: number): unknown[] =>
    Array.from({ length: perBlock }, (_, k) => ({
      address: ADDRESS,
      topics: [],
      data: "0x",
      blockNumber: `0x${height.toString(16)}`,
      blockHash: fakeHash(height),
      transactionIndex: "0x0",
      transactionHash: fakeHash(height, 5),
      logIndex: `0x${k.toString(16)}`,
    }));

  beforeEach(async () => {
    perBlock = 1;
    limit = (_, logs) => logs;
    asked = [];
    node = await FakeNode.open((method, params) => {
      if (method !== "eth_getLogs") return plain(method, params);
      const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
      const [first, end] = [Number(fromBlock), Number(toBlock) + 1];
      asked.push([first, end]);
      const logs = Array.from({ length: end - first }, (_, k) => logsOf(first + k)).flat();
      return limit(end - first, logs);
    });
    client = connectChain({ rpcUrl: node.url, chainId: 5 });
  });
  afterEach(async () => {
    client.close();
    await node.close();
  });

  /** Reads [0, count) in as many ranges as it takes; gives the ranges' ends. */
  async function readAll(count = 300, options: { ahead?: boolean } = {}): Promise<number[]> {
    const reader = createReader(client, [ADDRESS], options);
    const ends: number[] = [];
    let heights: number[] = [];
    for (let first = 0; first < count; ) {
      const range = await reader.range(first, count, { raw: false });
      expect(range.first).to.equal(first);
      expect(range.blocks.map(({ number }) => number)).to.deep.equal(
        Array.from({ length: range.end - first }, (_, k) => first + k),
      );
      heights = [...heights, ...range.logs.map(({ blockNumber }) => blockNumber)];
      first = range.end;
      ends.push(first);
    }
    const wanted = Array.from({ length: count }, (_, k) => k);
    expect(heights).to.deep.equal(wanted.flatMap((height) => Array(perBlock).fill(height)));
    return ends;
  }

  for (const [code, message] of [
    [-32_005, "query returned more than 10000 results"],
    [-32_602, "block range too large, maximum is 10"],
    [-32_000, "exceed maximum block range: 10"],
    [-32_005, "limit exceeded"],
    [-32_600, "eth_getLogs is limited to a 10 range"],
    [-32_008, "response size should not be greater than 10000000 bytes"],
    [-32_603, "query timeout exceeded"],
  ] as const) {
    it(`asks for fewer blocks when it is told: ${message}`, async () => {
      limit = (blocks, logs) => {
        if (blocks > 10) throw new FakeError(code, message);
        return logs;
      };
      await readAll();
      const refused = asked.filter(([first, end]) => end - first > 10).length;
      expect(refused).to.be.within(1, 20);
      expect(asked.length).to.be.within(30, 80);
    });
  }

  it("fails when even one block is too much, instead of asking for ever", async () => {
    limit = () => {
      throw new FakeError(-32_005, "query returned more than 10000 results");
    };
    const error = await readAll().catch((cause: Error) => cause);
    expect(error).to.have.property("name", "TooMuchError");
    expect(asked.at(-1)).to.deep.equal([0, 1]);
  });

  it("does not ask for less when it is asked to wait", async () => {
    limit = () => {
      throw new FakeError(-32_005, "daily request count exceeded, request rate limited");
    };
    const error = await readAll().catch((cause: Error) => cause);
    expect(error).to.have.property("name", "RetryableError");
    expect(asked).to.have.length(1);
  });

  it("notices an answer that was cut without a word", async () => {
    perBlock = 70;
    limit = (_, logs) => logs.slice(0, 1_000);
    await readAll(60);
  });

  it("notices a cut within the first block of a range", async () => {
    perBlock = 400;
    limit = (_, logs) => logs.slice(0, 500);
    await readAll(20);
  });

  it("takes each log once and in order, however the node gives them", async () => {
    perBlock = 3;
    limit = (_, logs) => [...logs, ...logs].reverse();
    await readAll();
  });

  it("asks for longer ranges while blocks are empty, and for shorter ones when they are full", async () => {
    perBlock = 0;
    const empty = await readAll();
    perBlock = 601;
    const full = await readAll(60);
    expect(empty.length).to.be.lessThan(5);
    expect(full.length).to.be.greaterThan(4);
  });

  it("comes back to longer ranges after the provider has recovered", async () => {
    let refusals = 1;
    limit = (_, logs) => {
      if (refusals-- > 0) throw new FakeError(-32_005, "limit exceeded");
      return logs;
    };
    const ends = await readAll();
    const lengths = ends.map((end, k) => end - (ends[k - 1] ?? 0));
    expect(lengths[0]).to.equal(10);
    expect(Math.max(...lengths)).to.be.greaterThan(10);
  });

  it("gives the same when it fetches ahead, and asks for nothing twice", async () => {
    const ends = await readAll(300);
    const once = asked.splice(0);
    expect(await readAll(300, { ahead: true })).to.deep.equal(ends);
    expect(asked).to.deep.equal(once);
  });

  it("tells what went wrong ahead only when those blocks are asked for, and tries them again", async () => {
    const reader = createReader(client, [ADDRESS], { ahead: true });
    limit = (_, logs) => {
      if ((asked.at(-1)?.[0] ?? 0) >= 20) throw new FakeError(-32_000, "not now");
      return logs;
    };
    const { end } = await reader.range(0, 300, { raw: false });
    const error = await reader.range(end, 300, { raw: false }).catch((cause: Error) => cause);
    expect(error).to.have.property("message", "eth_getLogs: not now");
    limit = (_, logs) => logs;
    expect(await reader.range(end, 300, { raw: false })).to.have.property("first", end);
  });

  it("refuses logs of a block that was not asked for, also when another answer holds that block", async () => {
    limit = (_, logs) => [...logs, ...logsOf(7)];
    const error = await readAll().catch((cause: Error) => cause);
    expect(error).to.have.property("message", "a log of block 7 is from another fork");
  });

  it("refuses blocks of which the later answers are of another fork", async () => {
    await client.close();
    await node.close();
    let salt = 0;
    const moving = answersOf({ ...chain, saltOf: () => salt });
    node = await FakeNode.open((method, params) => {
      if (method !== "eth_getLogs") return moving(method, params);
      if (Number((params[0] as { fromBlock: string }).fromBlock) >= 10) salt = 1;
      return [];
    });
    client = connectChain({ rpcUrl: node.url, chainId: 5 });
    const error = await readAll(20).catch((cause: Error) => cause);
    expect(error).to.have.property("name", "RetryableError");
    expect(error)
      .to.have.property("message")
      .that.matches(/does not follow/);
  });

  it("refuses logs of another fork", async () => {
    limit = (_, logs) => logs.map((log) => ({ ...(log as object), blockHash: fakeHash(1, 9) }));
    const error = await readAll().catch((cause: Error) => cause);
    expect(error).to.have.property("name", "RetryableError");
  });
});
