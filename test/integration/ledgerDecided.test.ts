import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import type { Pool } from "pg";
import { openPool } from "../../server/database/client.ts";
import { inTransaction } from "../../server/database/inTransaction.ts";
import { toHex } from "../../server/domain/bytes.ts";
import { encodeLeafFile } from "../../server/domain/leafFile.ts";
import { buildTree, encodeLeaves } from "../../server/domain/sumTree.ts";
import { postIssues } from "../../server/ledger/postIssues.ts";
import { postPending } from "../../server/ledger/postPending.ts";
import { openBlobStore } from "../../server/platform/store.ts";
import { suite, unwrap } from "../domain/support.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { balances, bytes32Of, closedBatch, PROGRAMME, uuidOf } from "../support/ledgerRows.ts";

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing was refused",
    (error: Error) => error.message,
  );
}

describe("the ledger follows what the mirror says was decided", function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let worker: Pool;

  const post = (batchId: string) =>
    inTransaction(worker, (client) => postPending(client, { batchId, programme: PROGRAMME }));

  before(async () => {
    database = await openTestDatabase();
    worker = openPool({ databaseUrl: database.databaseUrl, role: "tanpu_worker", max: 4 });
  });
  after(async () => {
    await worker?.end();
    await database?.close();
  });

  let next = 1;

  /** A decided request over a batch, in a final block, as the mirror tells it. */
  async function decided(
    batchId: string,
    of: {
      state: string;
      grams?: bigint;
      deducted?: bigint;
      carryAfter?: bigint;
      pooled?: boolean;
    },
  ): Promise<number> {
    const request = next++;
    const hash = bytes32Of(`decision ${request}`);
    await database.owner.query(
      `INSERT INTO mirror.checkpoint (chain_id, first_block, position, block_number, final_block)
       VALUES (1, 0, repeat('0', 32), 100, 100) ON CONFLICT DO NOTHING`,
    );
    await database.owner.query(
      `INSERT INTO mirror.request (request_id, token_id, source_id, programme, methodology, applicant, first_day,
         end_day, root, total_milligrams, count, depth, hash_suite, leaf_file_hash, report_hash, state, proposed_at,
         issued_grams, carry_before_milligrams, carry_after_milligrams, deducted_milligrams, transaction_hash,
         decision_transaction_hash, block_number)
       SELECT $2, $3, source_id, 1, 1, source_id, first_day, end_day, root, total_milligrams, count, depth, 1, root,
         root, $4, 1, $5, 0, $6, $7, root, $3, 1 FROM intake.batch WHERE id = $1`,
      [
        ...[batchId, request, hash, of.state, (of.grams ?? 0n).toString()],
        ...[(of.carryAfter ?? 0n).toString(), (of.deducted ?? 0n).toString()],
      ],
    );
    await database.owner.query(
      `INSERT INTO mirror.transaction (block_number, index, hash, signer, nonce, status) VALUES (1, $1::integer, $2, 'a', $1::integer, 1)`,
      [request, hash],
    );
    if (of.state !== "issued") return request;
    await database.owner.query(
      `INSERT INTO mirror.token (token_id, programme, methodology, first_day, end_day, request_id, source_id, owner,
         issued_grams, issued_at, transaction_hash, block_number)
       SELECT token_id, 1, 1, first_day, end_day, request_id, source_id, source_id, issued_grams, 1, root, 1
       FROM mirror.request WHERE request_id = $1`,
      [request],
    );
    if (of.pooled ?? true) {
      await database.owner.query(
        `INSERT INTO mirror.pool_movement (block_number, log_index, programme, token_id, kind, grams)
         SELECT 1, request_id, 1, token_id, 'received', issued_grams FROM mirror.token WHERE request_id = $1`,
        [request],
      );
    }
    return request;
  }

  const has = async (person: string, compartment: string) =>
    (await balances(database.owner)).get(`person/${uuidOf(person)}/${compartment}`) ?? 0n;
  const ofSource = async (source: string, compartment: string) =>
    (await balances(database.owner)).get(
      `source/0x${bytes32Of(source).toString("hex")}/${compartment}`,
    ) ?? 0n;

  it("takes a deducted leaf from the person behind it alone, and voids what the rule does not carry", async () => {
    const people = ["one", "two", "three"];
    const rides = people.map((person) => ({ person, platform: "map-app", milligrams: 2_300n }));
    const batchId = await closedBatch(database.owner, { source: "deducted", day: 17_900, rides });
    await post(batchId);
    const request = await decided(batchId, { state: "issued", grams: 4n, deducted: 2_300n });
    await database.owner.query(
      `INSERT INTO mirror.deduction (request_id, leaf_index, fault, milligrams, earlier, earlier_index, after_issue,
         challenger, restored, transaction_hash, block_number)
       VALUES ($1, 1, 1, 2300, 0, 0, false, 'a', false, 'a', 1), ($1, 0, 1, 2300, 0, 0, false, 'a', true, 'a', 1),
         ($1, 2, 1, 2300, 0, 0, true, 'a', false, 'a', 1)`,
      [request],
    );
    expect(await postIssues(worker)).to.equal(1);
    const issued = await Promise.all(people.map((person) => has(person, "issued")));
    expect(issued).to.deep.equal([2_000n, 0n, 2_000n]);
    const pending = await Promise.all(people.map((person) => has(person, "pending")));
    expect(pending).to.deep.equal([0n, 0n, 0n]);
    // 6,900 in, 2,300 deducted, 4,000 issued, nothing carried: 600 are void.
    expect(await ofSource("deducted", "reported")).to.equal(-4_600n);
    expect(await ofSource("deducted", "void")).to.equal(600n);
    expect(await ofSource("deducted", "carry")).to.equal(0n);
  });

  it("finds whose a deducted leaf was when it only carries a further mark", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "tanpu-ledger-"));
    const store = openBlobStore(folder, (bytes) => toHex(suite.hash(bytes)));
    const rides = ["kept", "lost"].map((person) => ({
      person,
      platform: "map-app",
      milligrams: 3_000n,
    }));
    const batchId = await closedBatch(database.owner, { source: "marks", day: 17_910, rides });
    await post(batchId);
    const fingerprints = [1, 2, 3].map((place) => {
      return Uint8Array.from([0, 0, 69, 246, ...new Uint8Array(28).fill(place)]);
    });
    const zero = new Uint8Array(32);
    const records = encodeLeaves(
      fingerprints.map((fingerprint) => ({
        fingerprint,
        milligrams: 1n,
        beneficiary: zero,
        evidence: zero,
      })),
    );
    const tree = unwrap(buildTree(suite, records));
    const hash = await store.put(
      encodeLeafFile({
        header: {
          format: "tanpu-leaves/1",
          suite: "keccak",
          ...{ count: 3, depth: tree.depth, totalMilligrams: "3", root: toHex(tree.root) },
          ...{ sourceId: toHex(bytes32Of("marks")), first: 17_910, end: 17_911 },
        },
        records,
      }),
    );
    await database.owner.query(
      `UPDATE intake.report r SET fingerprint_b = $2 FROM intake.membership m
        WHERE m.batch_id = $1 AND m.leaf_index = 1 AND r.day = m.day AND r.platform = m.platform AND r.row_key = m.row_key`,
      [batchId, Buffer.from(fingerprints[2] ?? [])],
    );
    await database.owner.query("ALTER TABLE intake.batch DISABLE TRIGGER USER");
    await database.owner.query(
      "UPDATE intake.batch SET leaf_file_hash = $2, count = 3 WHERE id = $1",
      [batchId, Buffer.from(hash.slice(2), "hex")],
    );
    const request = await decided(batchId, { state: "issued", grams: 3n, deducted: 3_000n });
    await database.owner.query(
      `INSERT INTO mirror.deduction (request_id, leaf_index, fault, milligrams, earlier, earlier_index, after_issue,
         challenger, restored, transaction_hash, block_number) VALUES ($1, 2, 1, 3000, 0, 0, false, 'a', false, 'a', 1)`,
      [request],
    );
    expect(await postIssues(worker, store)).to.equal(1);
    expect([await has("kept", "issued"), await has("lost", "issued")]).to.deep.equal([3_000n, 0n]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("returns what fell, and takes it up again when the same batch is issued after all", async () => {
    const rides = [{ person: "again", platform: "map-app", milligrams: 5_250n }];
    const batchId = await closedBatch(database.owner, { source: "again", day: 17_901, rides });
    await post(batchId);
    await decided(batchId, { state: "fallen" });
    expect(await postIssues(worker)).to.equal(1);
    expect(await has("again", "pending")).to.equal(0n);
    expect(await ofSource("again", "reported")).to.equal(0n);
    await decided(batchId, { state: "issued", grams: 5n, carryAfter: 250n, pooled: false });
    expect(await postIssues(worker)).to.equal(1);
    expect(await postIssues(worker)).to.equal(0);
    expect(await has("again", "recorded")).to.equal(5_000n);
    expect(await ofSource("again", "carry")).to.equal(250n);
  });

  it("refuses to follow an issue of more than was pending, and follows the others all the same", async () => {
    const rides = [{ person: "more", platform: "map-app", milligrams: 1_000n }];
    const much = await closedBatch(database.owner, { source: "too much", day: 17_902, rides });
    const right = await closedBatch(database.owner, { source: "right", day: 17_903, rides });
    await post(much);
    await post(right);
    await decided(much, { state: "issued", grams: 2n });
    await decided(right, { state: "issued", grams: 1n });
    expect(await failure(postIssues(worker))).to.match(/the chain issued more of batch/);
    expect(await has("more", "issued")).to.equal(1_000n);
    expect(await has("more", "pending")).to.equal(1_000n);
  });

  it("sums to zero over everything", async () => {
    const { rows } = await database.owner.query<{ mg: string }>(
      "SELECT sum(milligrams)::text AS mg FROM ledger.entry",
    );
    expect(rows[0]?.mg).to.equal("0");
  });
});
