import { expect } from "chai";
import { type ChainWriter, createWriter } from "../../server/chain/writer.ts";
import { findOrphans } from "../../server/database/queries/orphans.ts";
import { runLane } from "../../server/queue/lane.ts";
import { openRegistry, type RegistryChain } from "../support/registryChain.ts";

/** What a backup of the schema `app` holds of its operations. */
const LEDGERS = ["operation", "open_operation", "operation_nonce", "attempt", "outcome"];

describe("commands after a restore of yesterday's database", function () {
  this.timeout(120_000);
  let registry: RegistryChain;
  let tokenId: string;
  let lane: string;

  before(async () => {
    registry = await openRegistry();
    tokenId = await registry.issueUnits(1_000_000_000n);
    lane = registry.accounts.applicant;
  });
  after(() => registry?.close());

  const body = (grams: number) => ({
    ...{ to: registry.accounts.enterprise, tokenId, grams: String(grams) },
  });
  const backUp = async (): Promise<void> => {
    for (const name of LEDGERS) {
      await registry.query(`DROP TABLE IF EXISTS backup_${name}`);
      await registry.query(`CREATE TABLE backup_${name} AS TABLE app.${name}`);
    }
  };
  /** Puts the rows back as pg_restore would, past the triggers that keep the ledgers. */
  const restore = async (): Promise<void> => {
    await registry.query("SET session_replication_role = replica");
    for (const name of [...LEDGERS].reverse()) await registry.query(`DELETE FROM app.${name}`);
    for (const name of LEDGERS) {
      await registry.query(
        `INSERT INTO app.${name} OVERRIDING SYSTEM VALUE SELECT * FROM backup_${name}`,
      );
    }
    await registry.query("SET session_replication_role = DEFAULT");
  };
  const repeat = (operation: string, grams: number) =>
    registry.store("transfer", "applicant", body(grams), operation);
  const mineAndIndex = async (): Promise<void> => {
    await registry.mine();
    await registry.index();
  };

  /** A node that keeps no signed bytes tells at least what they ordered. */
  const forgetful = (): ChainWriter => ({
    ...createWriter(registry.chain, registry.keys),
    rawOf: async () => "0x",
  });

  for (const { what, blocks, writer } of [
    { what: "whose bytes the mirror keeps", blocks: 0 },
    { what: "that is final", blocks: 13 },
    { what: "that is final, with a node that keeps no bytes", blocks: 13, writer: forgetful },
  ]) {
    it(`refuses another order under the id of a transaction ${what}`, async () => {
      await backUp();
      const before = await registry.grams("enterprise");
      const operation = await registry.order("transfer", "applicant", body(2));
      await registry.mine(blocks);
      await registry.index();
      await restore();
      await repeat(operation, 3);
      const later = await registry.store("transfer", "applicant", body(4));
      const context = registry.executeContext(writer ? { writer: writer() } : {});
      await runLane(context, lane);
      expect(await registry.stateOf(operation)).to.include({
        ...{ state: "refused", code: "OPERATION_ID_CONFLICT" },
      });
      await mineAndIndex();
      expect((await registry.stateOf(later)).state).to.equal("included");
      expect(await registry.grams("enterprise")).to.equal(before + 6n);
    });
  }

  it("are listed until somebody repeats them", async () => {
    expect(await findOrphans(registry.workerPool)).to.deep.equal([]);
    await backUp();
    const operation = await registry.order("transfer", "applicant", body(2));
    expect(await findOrphans(registry.workerPool)).to.deep.equal([]);
    await restore();
    const orphans = await findOrphans(registry.workerPool);
    expect(orphans).to.have.length(1);
    expect(orphans[0]).to.include({ operationId: operation, signer: lane, succeeded: true });
    await repeat(operation, 2);
    expect(await findOrphans(registry.workerPool)).to.deep.equal([]);
    await runLane(registry.executeContext(), lane);
    expect((await registry.stateOf(operation)).state).to.equal("included");
  });

  it("gives a repeated command its first result, and moves nothing twice", async () => {
    await backUp();
    const before = await registry.grams("enterprise");
    const operation = await registry.order("transfer", "applicant", body(5));
    await restore();
    await repeat(operation, 5);
    await runLane(registry.executeContext(), lane);
    expect((await registry.stateOf(operation)).state).to.equal("included");
    await mineAndIndex();
    expect(await registry.grams("enterprise")).to.equal(before + 5n);
    const next = await registry.order("transfer", "applicant", body(6));
    expect((await registry.stateOf(next)).state).to.equal("included");
    expect(await registry.grams("enterprise")).to.equal(before + 11n);
  });

  it("does not carry out again what waited when the backup was made", async () => {
    const before = await registry.grams("enterprise");
    const operation = await registry.store("transfer", "applicant", body(7));
    await backUp();
    await runLane(registry.executeContext(), lane);
    await mineAndIndex();
    await restore();
    expect((await registry.stateOf(operation)).state).to.equal("queued");
    await runLane(registry.executeContext(), lane);
    expect((await registry.stateOf(operation)).state).to.equal("included");
    expect(await registry.grams("enterprise")).to.equal(before + 7n);
  });

  it("waits while the node's pool holds what the database has forgotten", async () => {
    const before = await registry.grams("enterprise");
    const operation = await registry.store("transfer", "applicant", body(8));
    await backUp();
    await runLane(registry.executeContext(), lane);
    await restore();
    const other = await registry.store("transfer", "applicant", body(9));
    await runLane(registry.executeContext(), lane);
    expect((await registry.stateOf(operation)).state).to.equal("queued");
    await mineAndIndex();
    await runLane(registry.executeContext(), lane);
    await mineAndIndex();
    for (const one of [operation, other]) {
      expect((await registry.stateOf(one)).state).to.equal("included");
    }
    expect(await registry.grams("enterprise")).to.equal(before + 17n);
  });

  it("waits until the mirror has reached the head of the worker's start", async () => {
    const before = await registry.grams("enterprise");
    const operation = await registry.store("transfer", "applicant", body(10));
    await backUp();
    await runLane(registry.executeContext(), lane);
    await registry.mine();
    await restore();
    const startBlock = Number(await registry.rpc("eth_blockNumber"));
    await runLane(registry.executeContext({ startBlock }), lane);
    expect((await registry.stateOf(operation)).state).to.equal("queued");
    await registry.index();
    await runLane(registry.executeContext({ startBlock }), lane);
    expect((await registry.stateOf(operation)).state).to.equal("included");
    expect(await registry.grams("enterprise")).to.equal(before + 10n);
  });

  it("keeps a command whose nonce was given away meanwhile, and tells what took it", async () => {
    const before = await registry.grams("enterprise");
    const real = createWriter(registry.chain, registry.keys);
    const lost: string[] = [];
    const hidden: ChainWriter = {
      ...real,
      sendAll: (raws) => Promise.allSettled(raws.map(async (raw) => void lost.push(raw))),
    };
    const operation = await registry.store("transfer", "applicant", body(11));
    await backUp();
    await runLane(registry.executeContext({ writer: hidden }), lane);
    await restore();
    await registry.query("SET session_replication_role = replica");
    await registry.query("DELETE FROM app.open_operation");
    await registry.query("SET session_replication_role = DEFAULT");
    const other = await registry.store("transfer", "applicant", body(12));
    await runLane(registry.executeContext({ writer: hidden }), lane);
    await registry.rpc("eth_sendRawTransaction", [lost[0]]);
    await mineAndIndex();
    expect((await registry.stateOf(other)).state).to.equal("displaced");
    await registry.query(
      "INSERT INTO app.open_operation SELECT id, lane, sequence FROM app.operation WHERE id = $1",
      [operation],
    );
    await runLane(registry.executeContext(), lane);
    expect((await registry.stateOf(operation)).state).to.equal("queued");
    await registry.mine(13);
    await registry.index();
    await runLane(registry.executeContext(), lane);
    expect((await registry.stateOf(operation)).state).to.equal("completed");
    expect(await registry.grams("enterprise")).to.equal(before + 11n);
  });
});
