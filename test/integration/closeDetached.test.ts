import { appendFile, readdir } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { fromHex } from "../../server/domain/bytes.ts";
import { verifyLeafFile } from "../../server/domain/leafFile.ts";
import { verifyProof } from "../../server/domain/sumTree.ts";
import type { ClosedBatch } from "../../server/intake/closedBatch.ts";
import { readLeafProof } from "../../server/intake/leafProof.ts";
import { attachDays } from "../../server/intake/partitions/attach.ts";
import { detachDays } from "../../server/intake/partitions/detach.ts";
import { codeOf, suite, unwrap } from "../domain/support.ts";
import { IntakeWorld, statusesOf } from "../support/intakeWorld.ts";

const DAY = 17_775;
const NOON = DAY * 86_400 + 14_400;
const LATER = 1_700_000_000;

describe("Days that lie in files", () => {
  let world: IntakeWorld;
  before(async () => {
    world = await IntakeWorld.open();
  });
  after(async () => world?.close());

  const bus = (orderNo: string, at: number) => ({
    ...{ orderNo, userId: `u-${orderNo}`, behaviour: "bus-trip", card: `c-${orderNo}` },
    ...{ vehicle: "v", at },
  });

  /** Two closed days and one open, of which the first two were issued. */
  async function place(name: string) {
    const at = await world.add(name);
    for (const day of [0, 1, 2]) {
      const rows = Array.from({ length: 5 }, (_, k) =>
        bus(`${day}-${k}`, NOON + day * 86_400 + 900 * k),
      );
      await at.receive("map-app", rows);
    }
    const batches = [
      unwrap(await at.close(DAY, DAY + 1)),
      unwrap(await at.close(DAY + 1, DAY + 2)),
    ];
    const issue = ({ leafFileHash, sourceId, firstDay }: ClosedBatch, decidedAt: number) =>
      at.owner.query(
        `INSERT INTO mirror.request (request_id, token_id, source_id, programme, methodology, applicant,
           first_day, end_day, root, total_milligrams, count, depth, hash_suite, leaf_file_hash,
           report_hash, state, proposed_at, decided_at, transaction_hash, block_number)
         VALUES ($1::bigint, '', $2, 1, 1, '', $1::bigint, $1::bigint + 1, '', 1, 1, 1, 1, $3, '', 'issued', 1, $4, '', 1)`,
        [firstDay, Buffer.from(fromHex(sourceId)), Buffer.from(fromHex(leafFileHash)), decidedAt],
      );
    const detach = (before: number) =>
      detachDays({ owner: at.owner, store: at.store, before, decidedBefore: LATER });
    const attach = () =>
      attachDays({ ...{ owner: at.owner, store: at.store, suite }, firstDay: 0, endDay: 99_999 });
    const snapshot = async (): Promise<unknown> => {
      const tables: unknown[] = [];
      for (const table of ["report", "shared", "fingerprint", "membership"]) {
        const query = `SELECT t::text AS row FROM intake.${table} t ORDER BY 1`;
        tables.push((await at.owner.query(query)).rows);
      }
      return tables;
    };
    return { at, batches, issue, detach, attach, snapshot };
  }

  it("are only closed ones, and of those only what was issued long ago", async () => {
    const { batches, issue, detach } = await place("kept");
    const [first, second] = batches as [ClosedBatch, ClosedBatch];
    await issue(second, LATER);
    const { detached, kept } = await detach(DAY + 3);
    expect(detached).to.deep.equal([]);
    expect(kept).to.deep.equal([
      { day: DAY + 2, why: "open" },
      { day: DAY + 1, why: "young" },
      { day: DAY, why: "young" },
    ]);
    await issue(first, LATER - 1);
    expect((await detach(DAY)).detached).to.deep.equal([]);
  });

  it("take no rows any more, and no period beside them is closed, until they are back", async () => {
    const { at, batches, issue, detach, attach, snapshot } = await place("moved");
    for (const batch of batches) await issue(batch, LATER - 1);
    const before = await snapshot();
    const { detached } = await detach(DAY + 2);
    expect(detached.map(({ day, part, rows }) => [day - DAY, part, rows])).to.deep.equal([
      [1, "report", 5n],
      [1, "shared", 0n],
      [0, "report", 5n],
      [0, "shared", 0n],
      [0, "fingerprint", 10n],
    ]);
    const other = at.of("another source");
    const rows = [bus("late", NOON), bus("next", NOON + 86_400), bus("open", NOON + 2 * 86_400)];
    expect(statusesOf(await other.receive("city-app", rows))).to.deep.equal([
      "PERIOD_ALREADY_CLOSED",
      "PERIOD_ALREADY_CLOSED",
      "accepted",
    ]);
    expect(codeOf(await at.close(DAY + 2, DAY + 3))).to.equal("DAYS_DETACHED");
    // Roots and proofs never needed the rows.
    for (const batch of batches) {
      const file = await at.store.get(batch.leafFileHash);
      const { tree } = unwrap(verifyLeafFile(suite, file ?? new Uint8Array()));
      expect(tree.root).to.deep.equal(fromHex(batch.root));
      const proof = await readLeafProof({ suite, store: at.store }, batch.leafFileHash, tree, 3);
      expect(proof && verifyProof(suite, tree, proof.leaf, 3, proof.siblings)).to.equal(true);
    }
    await at.owner.query("DELETE FROM intake.report WHERE day = $1 AND source = 2", [DAY + 2]);
    await at.owner.query("DELETE FROM intake.fingerprint f WHERE platform = 2");
    expect(await attach()).to.deep.equal([DAY, DAY + 1]);
    expect(await snapshot()).to.deep.equal(before);
    for (const { fileHash } of detached) expect(await at.store.has(fileHash)).to.equal(false);
    const again = await detach(DAY + 2);
    expect(again.detached).to.deep.equal(detached);
    await attach();
    expect(unwrap(await at.close(DAY + 2, DAY + 3))).to.include({ accepted: 5 });
  });

  it("lose the salts of a person who was deleted meanwhile, in the database and in the next file", async () => {
    const { at, batches, issue, detach, attach } = await place("forgotten");
    for (const batch of batches) await issue(batch, LATER - 1);
    const first = await detach(DAY + 2);
    await at.owner.query(
      `INSERT INTO ledger.deletion (participant, programme, retained_until)
       SELECT participant, 1, 0 FROM ledger.person ORDER BY participant LIMIT 1`,
    );
    await attach();
    const { rows } = await at.owner.query(
      "SELECT count(*) FILTER (WHERE salt IS NULL)::int AS forgotten, count(*)::int AS n FROM intake.report",
    );
    expect(rows).to.deep.equal([{ forgotten: 1, n: 15 }]);
    const files = (of: typeof first) => new Set(of.detached.map(({ fileHash }) => fileHash));
    expect(files(await detach(DAY + 2))).to.not.deep.equal(files(first));
  });

  it("do not come back from a file that was changed", async () => {
    const { at, batches, issue, detach, attach } = await place("damaged");
    for (const batch of batches) await issue(batch, LATER - 1);
    const { detached } = await detach(DAY + 1);
    const fileHash = detached[0]?.fileHash ?? "";
    const folder = path.join(world.blobs, fileHash.slice(2, 4));
    const [file] = (await readdir(folder)).filter((name) => name === fileHash.slice(2));
    await appendFile(path.join(folder, file ?? ""), "x");
    const error = await attach().catch((thrown) => thrown);
    expect(error).to.be.instanceOf(Error);
    const { rows } = await at.owner.query(
      "SELECT count(*)::int AS n FROM intake.report WHERE day = $1",
      [DAY],
    );
    expect(rows).to.deep.equal([{ n: 0 }]);
  });
});
