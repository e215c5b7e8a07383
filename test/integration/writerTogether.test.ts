import { expect } from "chai";
import { type ChainClient, connectChain } from "../../server/chain/client.ts";
import { PermanentError, RetryableError } from "../../server/chain/failures.ts";
import type { KeyStore } from "../../server/chain/keys.ts";
import { type ChainWriter, createWriter } from "../../server/chain/writer.ts";
import { FakeError, FakeNode } from "../support/fakeNode.ts";

const CHAIN_ID = 5;
const SIGNER = `0x${"11".repeat(20)}`;
const callTo = (index: number) => ({ to: SIGNER, data: `0x${String(index).padStart(8, "0")}` });
const calls = (count: number) => Array.from({ length: count }, (_, index) => callTo(index));

describe("a writer that hands many over at once", () => {
  let node: FakeNode;
  let chain: ChainClient;
  let writer: ChainWriter;

  beforeEach(async () => {
    node = await FakeNode.open(() => "0x");
    chain = connectChain({ rpcUrl: node.url, chainId: CHAIN_ID });
    writer = createWriter(chain, {} as KeyStore);
  });
  afterEach(async () => {
    chain.close();
    await node.close();
  });

  const REFUSED: Readonly<Record<string, string>> = {
    "0x02": "intrinsic gas too low",
    "0x03": "txpool is full",
    "0x04": "already known",
  };
  const refuseSome = (): void => {
    node.answer = (_, [raw]) => {
      const said = REFUSED[String(raw)];
      if (said) throw new FakeError(-32_000, said);
      return "0x";
    };
  };

  it("tells for each why it was not taken", async () => {
    refuseSome();
    const sent = await writer.sendAll(["0x01", "0x02", "0x03", "0x04"]);
    const reasons = sent.map((one) => (one.status === "rejected" ? one.reason : undefined));
    expect(reasons[0]).to.equal(undefined);
    expect(reasons[1]).to.be.instanceOf(PermanentError);
    expect(reasons[2]).to.be.instanceOf(RetryableError);
    expect(reasons[3]).to.equal(undefined);
    expect(node.count("batch")).to.equal(1);
  });

  it("fails for all when the node is away", async () => {
    node.fault = 503;
    const sent = await writer.sendAll(["0x01", "0x02"]);
    for (const one of sent) {
      expect(one.status === "rejected" && one.reason).to.be.instanceOf(RetryableError);
    }
  });

  it("hands them over one by one where a node takes no batches", async () => {
    refuseSome();
    node.takesBatches = false;
    const sent = await writer.sendAll(["0x01", "0x02", "0x05"]);
    expect(sent.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
    expect(node.count("eth_sendRawTransaction")).to.equal(3);
  });

  it("tries fewer where a node finds calls too many for one block", async () => {
    const tried: number[] = [];
    node.answer = (_, [bundle]) => {
      const [block] = (bundle as { blockStateCalls: { calls: unknown[] }[] }).blockStateCalls;
      const count = block?.calls.length ?? 0;
      tried.push(count);
      if (count > 5) throw new FakeError(-38_015, "block gas limit exceeded by the bundle");
      return [{ calls: Array.from({ length: count }, () => ({ status: "0x1", gasUsed: "0x1" })) }];
    };
    expect(await writer.simulateNext(SIGNER, calls(2), calls(8))).to.have.length(2);
    expect(tried).to.deep.equal([10, 6, 4]);
    expect(await writer.simulateNext(SIGNER, calls(6), calls(2))).to.deep.equal([]);
  });
});
