import { randomUUID } from "node:crypto";
import { expect } from "chai";
import type pg from "pg";
import { openPool } from "../../server/database/client.ts";
import { inTransaction } from "../../server/database/inTransaction.ts";
import { reduceClosed } from "../../server/intake/reductions.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { type ReportRow, rowUuid, writeReports } from "../support/reportRows.ts";

const DAY = 19_000;
const bytes = (row: number): Uint8Array => Buffer.from(rowUuid(row).replaceAll("-", ""), "hex");

const report: ReportRow = {
  ...{ day: DAY, platform: "a", row: 1, source: 1, behaviour: "bike-ride", participant: 1 },
  ...{ milligrams: 1_000, at: DAY * 86_400, seconds: 60, quantities: {} },
};

describe("Corrections after a period was closed", () => {
  let database: TestDatabase;
  let api: pg.Pool;

  before(async () => {
    database = await openTestDatabase();
    api = openPool({ databaseUrl: database.databaseUrl, role: "tanpu_api", max: 4 });
    const { owner } = database;
    await writeReports(owner, [
      ...[1, 2, 3, 4].map((row) => ({ ...report, row })),
      { ...report, row: 5, platform: "b" },
    ]);
    await owner.query(
      `INSERT INTO intake.batch (id, source_id, first_day, end_day, root, total_milligrams, count, depth, leaf_file_hash, accepted, duplicates)
       VALUES ($1, $2, $3, $3 + 1, $2, 1, 1, 0, $2, 1, 0)`,
      [randomUUID(), Buffer.alloc(32, 1), DAY],
    );
    // Row 3 is a duplicate of the closed period, row 4 came after it.
    await owner.query(
      `INSERT INTO intake.membership (batch_id, day, platform, row_key, leaf_index, credited)
       SELECT (SELECT id FROM intake.batch), day, platform, row_key, 0, row_key <> $1 FROM intake.report
        WHERE row_key <> $2`,
      [rowUuid(3), rowUuid(4)],
    );
  });
  after(async () => {
    await api?.end();
    await database?.close();
  });

  /** Corrects rows of platform 1 from new rows, in one chunk; the answers by the new row. */
  const correct = async (
    of: readonly [row: number, corrects: number, milligrams: bigint][],
    day = DAY,
  ) => {
    const answers = await inTransaction(api, (client) =>
      reduceClosed(
        client,
        1,
        of.map(([row, corrects, milligrams]) => ({
          ...{ place: row, day, rowKey: bytes(row), corrects: bytes(corrects), milligrams },
        })),
      ),
    );
    return Object.fromEntries(
      [...answers].map(([row, one]) => [row, "refusal" in one ? one.refusal.code : one.milligrams]),
    );
  };
  const taken = async () => {
    const { rows } = await database.owner.query<{ sum: string }>(
      "SELECT coalesce(sum(milligrams), 0)::text AS sum FROM intake.reduction",
    );
    return rows[0]?.sum;
  };

  it("take nothing from a duplicate, an open report, another platform's or an unknown one", async () => {
    expect(
      await correct([
        [11, 3, 1n],
        [12, 4, 1n],
        [13, 5, 1n],
        [14, 99, 1n],
      ]),
    ).to.deep.equal({});
    expect(await correct([[11, 1, 1n]], DAY + 32)).to.deep.equal({});
    expect(await taken()).to.equal("0");
  });

  it("never add, and are refused when they change nothing", async () => {
    expect(
      await correct([
        [11, 1, 1_001n],
        [12, 2, 1_000n],
      ]),
    ).to.deep.equal({
      11: "CORRECTION_ONLY_REDUCES",
      12: "CORRECTION_ONLY_REDUCES",
    });
    expect(await taken()).to.equal("0");
  });

  it("take away once, however often they come, and start from what the one before left", async () => {
    expect(await correct([[21, 1, 600n]])).to.deep.equal({ 21: 600n });
    expect(await correct([[21, 1, 600n]])).to.deep.equal({ 21: 600n });
    expect(await taken()).to.equal("400");
    expect(
      await correct([
        [22, 1, 700n],
        [23, 1, 100n],
        [24, 1, 0n],
        [25, 1, 0n],
      ]),
    ).to.deep.equal({
      22: "CORRECTION_ONLY_REDUCES",
      23: 100n,
      24: 0n,
      25: "CORRECTION_ONLY_REDUCES",
    });
    expect(await taken()).to.equal("1000");
  });

  it("never take more than there was, when two come at once", async () => {
    await Promise.all([
      correct([[31, 2, 100n]]),
      correct([[32, 2, 200n]]),
      correct([[33, 2, 300n]]),
    ]);
    const { rows } = await database.owner.query<{ sum: string }>(
      "SELECT sum(milligrams)::text AS sum FROM intake.reduction WHERE row_key = $1",
      [rowUuid(2)],
    );
    expect(rows[0]?.sum).to.equal("900");
  });
});
