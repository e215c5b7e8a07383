import { expect } from "chai";
import { type ChainClient, connectChain } from "../../server/chain/client.ts";
import type { NodeTrouble } from "../../server/chain/nodes.ts";
import { answersOf, type FakeChain, FakeError, FakeNode, fakeHash } from "../support/fakeNode.ts";

const CHAIN_ID = 5;
const NEVER = { first: 600_000, most: 600_000 };
const AT_ONCE = { first: 1, most: 1 };

describe("several nodes of one chain", () => {
  let chains: FakeChain[];
  let nodes: FakeNode[];
  let troubles: NodeTrouble[];
  const clients: ChainClient[] = [];

  beforeEach(async () => {
    chains = [0, 1, 2].map(() => ({ chainId: CHAIN_ID, head: 20, saltOf: () => 0 }));
    nodes = await Promise.all(chains.map((chain) => FakeNode.open(answersOf(chain))));
    troubles = [];
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(nodes.map((node) => node.close()));
  });

  function connect(
    count = 2,
    more: {
      pauses?: { first: number; most: number };
      genesisHash?: string;
      agreement?: number;
    } = {},
  ): Required<ChainClient> {
    const urls = nodes.slice(0, count).map((node) => node.url);
    const client = connectChain({
      rpcUrl: urls.join(", "),
      chainId: CHAIN_ID,
      pauses: NEVER,
      onTrouble: (trouble) => troubles.push(trouble),
      ...more,
    });
    clients.push(client);
    return client as Required<ChainClient>;
  }

  const caught = async (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => new Error("nothing was thrown"),
      (cause: Error) => cause,
    );

  it("asks the next node when the preferred one is in trouble, and says which", async () => {
    nodes[0]!.fault = 503;
    const client = connect();
    const block = await client.send<{ hash: string }>("eth_getBlockByNumber", ["0x3", false]);
    expect(block.hash).to.equal(fakeHash(3));
    expect(troubles).to.have.length(1);
    expect(troubles[0]!.node).to.match(/^1 \(127\.0\.0\.1:\d+\)$/);
    expect(troubles[0]!.reason).to.contain("503");
  });

  it("throws what the last node said when none answers, and asks again later", async () => {
    for (const node of nodes) node.fault = 500;
    const client = connect();
    expect(await caught(client.send("eth_chainId", []))).to.have.property("name", "RetryableError");
    for (const node of nodes) node.fault = undefined;
    expect(await client.send("eth_getBlockByNumber", ["0x3", false])).to.have.property("hash");
  });

  it("goes back to the preferred node after its pause", async () => {
    nodes[0]!.fault = 500;
    const client = connect(2, { pauses: AT_ONCE });
    await client.send("eth_getBlockByNumber", ["0x3", false]);
    nodes[0]!.fault = undefined;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const before = nodes[1]!.asked.length;
    await client.send("eth_getBlockByNumber", ["0x3", false]);
    expect(nodes[1]!.asked).to.have.length(before);
  });

  it("lets a node grow its pauses", async () => {
    nodes[0]!.fault = 500;
    const client = connect(2, { pauses: { first: 1, most: 1_000 } });
    for (let tries = 0; tries < 3; tries++) {
      await client.send("eth_getBlockByNumber", ["0x3", false]);
      await new Promise((resolve) => setTimeout(resolve, 6));
    }
    expect(troubles.map(({ pauseMilliseconds }) => pauseMilliseconds)).to.deep.equal([1, 2, 4]);
  });

  it("does not ask a second node what the first one refused", async () => {
    nodes[0]!.answer = (method, params) => {
      if (method === "eth_call") throw new FakeError(3, "execution reverted", "0xdeadbeef");
      return answersOf(chains[0]!)(method, params);
    };
    const client = connect();
    const answer = await client.attempt("eth_call", [{}, "latest"]);
    expect(answer).to.deep.equal({ ok: false, revertData: "0xdeadbeef" });
    expect(nodes[1]!.asked).to.have.length(0);
  });

  it("never asks a node of another chain, by id or by first block", async () => {
    chains[0]!.chainId = 6;
    chains[1]!.saltOf = () => 3;
    const client = connect(3, { genesisHash: fakeHash(0) });
    const block = await client.send<{ hash: string }>("eth_getBlockByNumber", ["0x3", false]);
    expect(block.hash).to.equal(fakeHash(3));
    expect(troubles.map(({ reason }) => reason)).to.deep.equal([
      "it serves chain 6",
      "its chain begins with another block",
    ]);
  });

  it("sets a node aside that is behind", async () => {
    chains[0]!.head = 9;
    const client = connect();
    expect(Number(await client.send("eth_blockNumber", []))).to.equal(20);
    expect(troubles[0]!.reason).to.equal("it is at block 9, another one at 20");
  });

  it("does not take the lower head of the next node for a head that went back", async () => {
    chains[1]!.head = 18;
    const client = connect();
    expect(Number(await client.send("eth_blockNumber", []))).to.equal(20);
    nodes[0]!.fault = 500;
    const error = await caught(client.send("eth_blockNumber", []));
    expect(error).to.have.property("name", "RetryableError");
    expect(error.message).to.match(/node 2 .* is at block 18, an earlier one was at 20/);
    chains[1]!.head = 20;
    expect(Number(await client.send("eth_blockNumber", []))).to.equal(20);
  });

  it("sends a transaction to all nodes and is content with one", async () => {
    nodes[0]!.fault = 500;
    const client = connect(3);
    expect(await client.send("eth_sendRawTransaction", ["0x01"])).to.equal(fakeHash(1, 7));
    while (
      nodes[1]!.count("eth_sendRawTransaction") + nodes[2]!.count("eth_sendRawTransaction") <
      2
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it("says what a node said of a transaction rather than that another is away", async () => {
    nodes[0]!.fault = 500;
    nodes[1]!.answer = (method, params) => {
      if (method === "eth_sendRawTransaction") throw new FakeError(-32_000, "nonce too low");
      return answersOf(chains[1]!)(method, params);
    };
    const error = await caught(connect().send("eth_sendRawTransaction", ["0x01"]));
    expect(error.message).to.equal("eth_sendRawTransaction: nonce too low");
  });

  it("sends each of many transactions to all nodes, and tells the end of each", async () => {
    for (const [place, node] of nodes.entries()) {
      node.answer = (method, params) => {
        if (method === "eth_sendRawTransaction" && params[0] === "0x02") {
          throw new FakeError(-32_000, "intrinsic gas too low");
        }
        return answersOf(chains[place]!)(method, params);
      };
    }
    const sent = await connect(2).each("eth_sendRawTransaction", [["0x01"], ["0x02"], ["0x03"]]);
    expect(sent.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
    for (const node of nodes.slice(0, 2)) {
      while (node.count("eth_sendRawTransaction") < 3) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  });

  describe("agreement on a block", () => {
    it("stops where the others have another block, and names them", async () => {
      chains[1]!.saltOf = (height) => (height > 4 ? 1 : 0);
      const error = await caught(connect().agree(5, fakeHash(5)));
      expect(error).to.have.property("name", "DisagreementError");
      expect(error.message).to.match(
        /differ at block 5: node 1 .* has 0x0.*, node 2 .* has 0x0.*1/,
      );
    });

    const lacking = { agreed: false, agreeing: 1, needed: 2 };

    it("stops at one against one, also where one is said to be enough", async () => {
      chains[1]!.saltOf = (height) => (height > 4 ? 1 : 0);
      const error = await caught(connect(2, { agreement: 1 }).agree(5, fakeHash(5)));
      expect(error).to.have.property("name", "DisagreementError");
    });

    it("stops where most agree and more were asked for", async () => {
      chains[2]!.saltOf = () => 1;
      const error = await caught(connect(3, { agreement: 3 }).agree(5, fakeHash(5)));
      expect(error).to.have.property("name", "DisagreementError");
    });

    it("is not there while no second node answers", async () => {
      nodes[1]!.fault = 500;
      expect(await connect().agree(5, fakeHash(5))).to.deep.equal(lacking);
      nodes[2]!.fault = 500;
      expect(await connect(3).agree(5, fakeHash(5))).to.deep.equal(lacking);
    });

    it("is not there while the second node has not come so far", async () => {
      chains[1]!.head = 4;
      expect(await connect().agree(5, fakeHash(5))).to.deep.equal(lacking);
    });

    it("is not there with two of three where all three must agree", async () => {
      nodes[2]!.fault = 500;
      expect(await connect(3, { agreement: 3 }).agree(5, fakeHash(5))).to.deep.equal({
        ...{ agreed: false, agreeing: 2, needed: 3 },
      });
    });

    it("is there with two of three, and the third is set aside", async () => {
      chains[2]!.saltOf = () => 1;
      expect(await connect(3).agree(5, fakeHash(5))).to.include({ agreed: true, agreeing: 2 });
      expect(troubles[0]!.node).to.match(/^3 /);
    });

    it("is there with one that answers where one is said to be enough", async () => {
      nodes[1]!.fault = 500;
      expect(await connect(2, { agreement: 1 }).agree(5, fakeHash(5))).to.include({
        ...{ agreed: true, agreeing: 1 },
      });
    });

    it("asks nobody where one node is configured", async () => {
      expect(await connect(1).agree(5, fakeHash(5))).to.have.property("agreed", true);
      expect(nodes[0]!.asked).to.have.length(0);
    });
  });

  it("asks one by one where a node takes no batches, and keeps the order", async () => {
    nodes[0]!.takesBatches = false;
    const lists = [1, 2, 3].map((height) => [`0x${height}`, false]);
    const blocks = await connect(1).batch<{ hash: string }>("eth_getBlockByNumber", lists);
    expect(blocks.map(({ hash }) => hash)).to.deep.equal([1, 2, 3].map((n) => fakeHash(n)));
    nodes[0]!.takesBatches = true;
    const again = await connect(1).batch<{ hash: string }>("eth_getBlockByNumber", lists);
    expect(again).to.deep.equal(blocks);
  });
});
