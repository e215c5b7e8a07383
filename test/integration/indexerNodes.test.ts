import { expect } from "chai";
import pg from "pg";
import { type ChainClient, connectChain } from "../../server/chain/client.ts";
import { createReader } from "../../server/chain/reader.ts";
import { ensureMirror } from "../../server/database/mirror.ts";
import { findHeldFinality } from "../../server/database/queries/mirrorForm.ts";
import type { Checkpoint } from "../../server/indexer/checkpoint.ts";
import { openMirror, type StepContext, step } from "../../server/indexer/step.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { answersOf, type FakeChain, FakeNode } from "../support/fakeNode.ts";

const FINALITY = 5;

describe("indexing from two nodes", function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let client: pg.Client;
  let chain: ChainClient;
  let nodes: FakeNode[];
  let chains: FakeChain[];
  let context: StepContext;
  let checkpoint: Checkpoint;

  before(async () => {
    database = await openTestDatabase();
    client = new pg.Client({ connectionString: database.databaseUrl });
    await client.connect();
    await ensureMirror(client);
    chains = [0, 1].map(() => ({ chainId: 5, head: 30, saltOf: () => 0 }));
    nodes = await Promise.all(chains.map((one) => FakeNode.open(answersOf(one))));
    chain = connectChain({
      rpcUrl: nodes.map((node) => node.url),
      chainId: 5,
      pauses: { first: 1, most: 1 },
    });
    context = {
      client,
      chainId: 5,
      firstBlock: 0,
      reader: createReader(chain, []),
      decode: () => null,
      finalUnder: (head) => head - FINALITY,
      rangeBlocks: 8,
    };
    checkpoint = await openMirror(context);
  });
  after(async () => {
    chain?.close();
    await Promise.all((nodes ?? []).map((node) => node.close()));
    await client?.end();
    await database?.close();
  });

  async function catchUp(): Promise<Checkpoint> {
    for (;;) {
      const result = await step(context, checkpoint);
      checkpoint = result.checkpoint;
      if (result.applied === 0 && result.undone === 0) return checkpoint;
    }
  }

  it("makes nothing final where the nodes differ, and keeps what it has", async () => {
    chains[1]!.saltOf = (height) => (height > 12 ? 1 : 0);
    const error = await catchUp().catch((cause: Error) => cause);
    expect(error).to.have.property("name", "DisagreementError");
    const { rows } = await client.query("SELECT block_number, final_block FROM mirror.checkpoint");
    expect(rows).to.deep.equal([{ block_number: "7", final_block: "7" }]);
  });

  it("follows one node alone while the other is away, but makes nothing final", async () => {
    nodes[1]!.fault = 500;
    expect(await catchUp()).to.include({ blockNumber: 30, finalBlock: 7 });
    const { rows } = await client.query("SELECT min(block_number) AS first FROM mirror.undo");
    expect(rows).to.deep.equal([{ first: "8" }]);
    expect(await findHeldFinality(database.owner)).to.deep.equal({ agreeing: 1, needed: 2 });
  });

  it("catches up with what is final when the other is back and agrees", async () => {
    nodes[1]!.fault = undefined;
    chains[1]!.saltOf = () => 0;
    for (const one of chains) one.head = 31;
    expect(await catchUp()).to.include({ blockNumber: 31, finalBlock: 26 });
    const { rows } = await client.query("SELECT min(block_number) AS first FROM mirror.undo");
    expect(rows).to.deep.equal([{ first: "27" }]);
    expect(await findHeldFinality(database.owner)).to.equal(null);
  });

  it("goes on with the other node when the preferred one is away", async () => {
    nodes[0]!.fault = 500;
    for (const one of chains) one.head = 33;
    expect(await catchUp()).to.include({ blockNumber: 33, finalBlock: 26 });
  });
});
