import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { Contract, id, JsonRpcProvider } from "ethers";
import pg from "pg";
import { interfaces } from "../../server/chain/contracts.ts";
import { inTransaction } from "../../server/database/inTransaction.ts";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import { verifyLinesFile } from "../../server/domain/epochFile.ts";
import { lineKeyOf, lineLeaf, lineSaltOf } from "../../server/domain/epochLine.ts";
import { verifyProof } from "../../server/domain/sumTree.ts";
import { type ClosedEpoch, closeEpoch, uuidBytes } from "../../server/ledger/closeEpoch.ts";
import { leavePool } from "../../server/ledger/leavePool.ts";
import { readLineProof } from "../../server/ledger/lineProof.ts";
import { postIssues } from "../../server/ledger/postIssues.ts";
import { GIVEN_UP } from "../../server/ledger/posting.ts";
import { postPending } from "../../server/ledger/postPending.ts";
import { type BlobStore, openBlobStore } from "../../server/platform/store.ts";
import { suite, unwrap } from "../domain/support.ts";
import { balances, closedBatch, type Ride, uuidOf } from "../support/ledgerRows.ts";
import {
  DOCUMENT,
  FINALITY,
  FIRST_DAY,
  openRegistry,
  type RegistryChain,
} from "../support/registryChain.ts";

const PERSONS = ["li", "wang", "zhao"];

describe("personal accounts on a real chain", function () {
  this.timeout(240_000);
  let registry: RegistryChain;
  let owner: pg.Pool;
  let folder: string;
  let store: BlobStore;
  let pooled: Buffer;

  const final = async () => {
    await registry.mine(FINALITY + 1);
    await registry.index();
  };

  /** Closes a batch, posts it, and takes its request to filing. */
  async function filed(rides: readonly Ride[], day: number, source: Buffer) {
    const total = rides.reduce((sum, { milligrams }) => sum + milligrams, 0n);
    const root = Buffer.from(id(`root ${day}`).slice(2), "hex");
    const batchId = await closedBatch(owner, { source, day, rides, root });
    await inTransaction(registry.workerPool, (client) => postPending(client, { batchId }));
    Object.assign(registry, { sourceId: `0x${source.toString("hex")}` });
    const request = await registry.fileRequest(total, day);
    return { batchId, ...request };
  }

  async function issued(rides: readonly Ride[], day: number, source: Buffer): Promise<string> {
    const { batchId, requestId } = await filed(rides, day, source);
    await registry.rpc("evm_increaseTime", [10]);
    await registry.mine();
    await registry.order("issue", "authority", { requestId, document: DOCUMENT });
    return batchId;
  }

  const close = async (): Promise<ClosedEpoch> =>
    unwrap(
      await closeEpoch({
        ...{ pool: registry.workerPool, suite, store },
        ...{ programme: 1, epochId: randomUUID() },
      }),
    );

  const anchor = async (epoch: ClosedEpoch, change: object = {}): Promise<string> => {
    const { programme, root, totalMilligrams, count, depth, fileHash } = epoch;
    return registry.order("anchor-epoch", "operator", {
      ...{ programme, root, depth, fileHash, count: String(count) },
      totalMilligrams: totalMilligrams.toString(),
      ...change,
    });
  };

  before(async () => {
    registry = await openRegistry();
    owner = new pg.Pool({ connectionString: registry.databaseUrl, max: 3 });
    folder = mkdtempSync(path.join(tmpdir(), "tanpu-lines-"));
    store = openBlobStore(folder, (bytes) => toHex(suite.hash(bytes)));
    const { operator, applicant } = registry.accounts;
    const { poolReserve } = registry.deployment.contracts;
    const values = [1, 1, id("bikes"), applicant, poolReserve, DOCUMENT];
    await registry.act(operator, "sources", "registerSource", values);
    const [row] = await registry.query<{ source_id: Buffer }>(
      "SELECT source_id FROM mirror.source WHERE owner = $1",
      [Buffer.from(poolReserve.slice(2), "hex")],
    );
    pooled = row!.source_id;
  });
  after(async () => {
    await owner?.end();
    await registry?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it("refuses an epoch before anybody has issued grams", async () => {
    const closed = await closeEpoch({
      ...{ pool: registry.workerPool, suite, store },
      ...{ programme: 1, epochId: randomUUID() },
    });
    expect(!closed.ok && closed.refusal.code).to.equal("LINES_EMPTY");
  });

  it("returns to zero what was rejected, once", async () => {
    const rides = [{ person: "li", platform: "map-app", milligrams: 84_000n }];
    const { requestId } = await filed(rides, FIRST_DAY + 20, pooled);
    expect((await balances(owner)).get(`person/${uuidOf("li")}/pending`)).to.equal(84_000n);
    await registry.order("reject", "authority", { requestId, document: DOCUMENT });
    expect(await postIssues(registry.workerPool)).to.equal(0);
    await final();
    expect(await postIssues(registry.workerPool)).to.equal(1);
    expect(await postIssues(registry.workerPool)).to.equal(0);
    expect([...(await balances(owner)).keys()]).to.deep.equal([]);
  });

  it("issues whole grams by the largest remainder once the block is final: gram scale, case C29", async () => {
    const rides = PERSONS.map((person, index) => ({
      ...{ person, platform: "map-app" },
      milligrams: BigInt(1_700 + index * 100),
    }));
    await issued(rides, FIRST_DAY, pooled);
    expect(await postIssues(registry.workerPool)).to.equal(0);
    await final();
    const both = await Promise.all([
      postIssues(registry.workerPool),
      postIssues(registry.workerPool),
    ]);
    expect(Math.max(...both)).to.equal(1);
    // 5,400 mg are 5 g and a carry of 400 mg; shares 1.574, 1.667, 1.759: the two larger remainders get the two left.
    const found = await balances(owner);
    expect(PERSONS.map((person) => found.get(`person/${uuidOf(person)}/issued`))).to.deep.equal([
      ...[1_000n, 2_000n, 2_000n],
    ]);
    expect([...found].filter(([account]) => account.endsWith("/pending"))).to.deep.equal([]);
    const source = `source/0x${pooled.toString("hex")}`;
    expect(found.get(`${source}/carry`)).to.equal(400n);
    expect(found.get(`${source}/reported`)).to.equal(-5_400n);
  });

  it("keeps the carry as the chain does over further issues", async () => {
    const rides = PERSONS.map((person) => ({ person, platform: "map-app", milligrams: 550n }));
    await issued(rides, FIRST_DAY + 1, pooled);
    await final();
    expect(await postIssues(registry.workerPool)).to.equal(1);
    const [source] = await registry.query<{ carry_milligrams: string }>(
      "SELECT carry_milligrams FROM mirror.source WHERE source_id = $1",
      [pooled],
    );
    const found = await balances(owner);
    expect(found.get(`source/0x${pooled.toString("hex")}/carry`)).to.equal(
      BigInt(source!.carry_milligrams),
    );
    const [held] = await registry.query<{ grams: string }>(
      "SELECT sum(grams) AS grams FROM mirror.pool_movement WHERE kind = 'received'",
    );
    const lines = [...found].filter(([account]) => account.endsWith("/issued"));
    const whole = lines.reduce((sum, [, milligrams]) => sum + milligrams, 0n);
    expect(whole).to.equal(BigInt(held!.grams) * 1_000n);
  });

  it("only records what was issued to an institution's account", async () => {
    const [row] = await registry.query<{ source_id: Buffer }>(
      "SELECT source_id FROM mirror.source WHERE source_id <> $1",
      [pooled],
    );
    const rides = [{ person: "sun", platform: "map-app", milligrams: 3_000n }];
    await issued(rides, FIRST_DAY + 2, row!.source_id);
    await final();
    await postIssues(registry.workerPool);
    const found = await balances(owner);
    expect(found.get(`person/${uuidOf("sun")}/recorded`)).to.equal(3_000n);
    expect(found.has(`person/${uuidOf("sun")}/issued`)).to.equal(false);
  });

  it("anchors an epoch, and every person proves their line to the contract and by domain code", async () => {
    const epoch = await close();
    const fraction = await anchor(epoch, {
      totalMilligrams: (epoch.totalMilligrams + 1n).toString(),
    });
    expect((await registry.stateOf(fraction)).code).to.equal("POOL_RESERVE_FRACTION");
    const short = await anchor(epoch, { totalMilligrams: "1000000000" });
    expect((await registry.stateOf(short)).code).to.equal("POOL_RESERVE_SHORT");
    const shape = await anchor(epoch, { depth: epoch.depth + 1 });
    expect((await registry.stateOf(shape)).code).to.equal("POOL_RESERVE_SHAPE");
    await anchor(epoch);
    const [mirrored] = await registry.query<{
      root: Buffer;
      file_hash: Buffer;
      total_milligrams: string;
    }>("SELECT * FROM mirror.pool_epoch");
    expect(`0x${mirrored!.root.toString("hex")}`).to.equal(epoch.root);
    expect(BigInt(mirrored!.total_milligrams)).to.equal(epoch.totalMilligrams);

    const file = unwrap(verifyLinesFile(suite, (await store.get(epoch.fileHash))!));
    expect(file.header.count).to.equal(3);
    const provider = new JsonRpcProvider(registry.rpcUrl);
    const contract = new Contract(
      registry.deployment.contracts.poolReserve,
      interfaces.poolReserve,
      provider,
    );
    for (const person of PERSONS) {
      const [row] = await registry.query<{ salt: string }>(
        "SELECT salt FROM ledger.person WHERE participant = $1",
        [uuidOf(person)],
      );
      const holder = uuidBytes(uuidOf(person));
      const salt = lineSaltOf(suite, uuidBytes(row!.salt), epoch.through);
      const proof = await readLineProof(
        { suite, store },
        epoch.fileHash,
        lineKeyOf(suite, salt, holder),
      );
      const found = await balances(owner);
      const leaf = lineLeaf(suite, salt, {
        holder,
        issuedMilligrams: found.get(`person/${uuidOf(person)}/issued`) ?? 0n,
        pointsMilligrams: 0n,
      });
      const head = { ...proof!.head, root: fromHex(epoch.root) };
      expect(verifyProof(suite, head, leaf, proof!.index, proof!.siblings)).to.equal(true);
      const onChain = (milligrams: bigint) =>
        contract.getFunction("verifyLine").staticCall(
          ...[1, 1, proof!.index],
          [toHex(leaf.fingerprint), milligrams, toHex(leaf.beneficiary), toHex(leaf.evidence)],
          proof!.siblings.map(({ hash, sum }) => [toHex(hash), sum]),
        );
      expect(await onChain(leaf.milligrams)).to.equal(true);
      expect(await onChain(leaf.milligrams + 1_000n)).to.equal(false);
    }
    provider.destroy();
  });

  it("closes the same epoch again under the same id, and another one under another", async () => {
    const epochId = randomUUID();
    const of = { pool: registry.workerPool, suite, store, programme: 1, epochId };
    const first = unwrap(await closeEpoch(of));
    expect(unwrap(await closeEpoch(of))).to.deep.equal(first);
    const other = await closeEpoch({ ...of, programme: 2 });
    expect(!other.ok && other.refusal.code).to.equal("OPERATION_ID_CONFLICT");
  });

  it("lets units leave the pool only after the lines are lower and anchored", async () => {
    const [held] = await registry.query<{ token_id: Buffer }>(
      "SELECT token_id FROM mirror.pool_movement WHERE kind = 'received' ORDER BY block_number LIMIT 1",
    );
    const tokenId = `0x${held!.token_id.toString("hex")}`;
    const out = {
      programme: 1,
      to: registry.accounts.enterprise,
      tokenId,
      grams: "2",
      document: DOCUMENT,
    };
    await anchor(await close());
    const early = await registry.order("pool-withdraw", "operator", out);
    expect((await registry.stateOf(early)).code).to.equal("POOL_RESERVE_SHORT");
    await owner.query("SELECT ledger.move_own('test', 'settle', $1, 'issued', 'issued', 2000)", [
      uuidOf("wang"),
    ]);
    const leave = (id: string, grams: bigint) =>
      leavePool(registry.workerPool, {
        id,
        programme: 1,
        kind: "programme",
        name: GIVEN_UP,
        grams,
      });
    const short = await leave("a", 3n);
    expect(!short.ok && short.refusal.code).to.equal("BALANCE_SHORT");
    unwrap(await leave("b", 2n));
    unwrap(await leave("b", 2n));
    const lower = await close();
    await anchor(lower);
    await registry.order("pool-withdraw", "operator", out);
    expect(await registry.grams("enterprise")).to.equal(2n);
    const [left] = await registry.query<{ grams: string }>(
      `SELECT sum(CASE kind WHEN 'received' THEN grams ELSE -grams END) AS grams FROM mirror.pool_movement`,
    );
    expect(BigInt(left!.grams) * 1_000n).to.equal(lower.totalMilligrams);
  });
});
