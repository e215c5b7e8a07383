import { expect } from "chai";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import { verifyLeafFile } from "../../server/domain/leafFile.ts";
import { chinaDay } from "../../server/domain/period.ts";
import { buildTree } from "../../server/domain/sumTree.ts";
import { reasons } from "../../server/intake/close/reasons.ts";
import { commitmentsOf } from "../../server/intake/commitments.ts";
import { sealRecentDays } from "../../server/intake/sealDays.ts";
import { codeOf, demoRules, seeded, suite, unwrap } from "../domain/support.ts";
import { closeReports } from "../support/closeReference.ts";
import { ReportTable } from "../support/closeReferenceTable.ts";
import { type IntakePlace, IntakeWorld, statusesOf } from "../support/intakeWorld.ts";

const DAY = 17_775;
const NOON = DAY * 86_400 - 28_800 + 43_200;

type Row = Record<string, unknown> & { orderNo: string };
const bus = (orderNo: string, at: number, card = "AAAAAAAAA", more: object = {}): Row => ({
  ...{ orderNo, userId: `user-of-${card}`, behaviour: "bus-trip", card, vehicle: "01620D", at },
  ...more,
});

type Member = { order: string; credited: boolean; reason: number; leaf_index: unknown };

describe("Closing a period", () => {
  let world: IntakeWorld;

  before(async () => {
    world = await IntakeWorld.open();
  });
  after(async () => world?.close());

  /** What became of each row of a place, in the order of activity. */
  async function members(place: IntakePlace): Promise<Member[]> {
    const { rows } = await place.worker.query<Member>(
      `SELECT m.credited, m.reason, m.leaf_index
         FROM intake.membership m JOIN intake.report r USING (day, platform, row_key)
        ORDER BY r.activity_at, r.platform, r.row_key`,
    );
    return rows;
  }

  const fates = (all: readonly Member[]): [boolean, number][] =>
    all.map(({ credited, reason }) => [credited, reason]);

  it("stops at a methodology whose text it does not have, and stores nothing", async () => {
    const place = await world.add("unknown_rule");
    await place.receive("map-app", [bus("1", NOON)]);
    await place.owner.query("UPDATE intake.rule SET content_hash = sha256('another')");
    const error = await place.close(DAY, DAY + 1).catch((thrown) => thrown);
    expect(error).to.have.property("name", "RuleUnknown");
    for (const table of ["batch", "membership"]) {
      const { rows } = await place.worker.query(`SELECT count(*)::int AS n FROM intake.${table}`);
      expect(rows).to.deep.equal([{ n: 0 }]);
    }
  });

  it("credits a correction and not the row it corrects", async () => {
    const place = await world.add("corrected");
    await place.receive("map-app", [bus("1", NOON), bus("2", NOON + 7_200)]);
    const [answer] = await place.receive("map-app", [
      bus("3", NOON + 3_600, "AAAAAAAAA", { corrects: "1" }),
    ]);
    expect(answer?.status).to.equal("accepted");
    const batch = unwrap(await place.close(DAY, DAY + 1));
    expect(batch).to.include({ accepted: 2, duplicates: 0, count: 4 });
    expect(fates(await members(place))).to.deep.equal([
      [false, reasons.superseded],
      [true, reasons.inTheTree],
      [true, reasons.inTheTree],
    ]);
  });

  it("credits one of several corrections of a row, whichever came first", async () => {
    for (const [name, order] of [
      ["corrected_ab", [0, 1]],
      ["corrected_ba", [1, 0]],
    ] as const) {
      const place = await world.add(name);
      await place.receive("map-app", [bus("1", NOON)]);
      const corrections = [
        bus("3", NOON + 3_600, "AAAAAAAAA", { corrects: "1" }),
        bus("4", NOON + 7_200, "AAAAAAAAA", { corrects: "1" }),
      ];
      for (const one of order) await place.receive("map-app", [corrections[one]]);
      const batch = unwrap(await place.close(DAY, DAY + 1));
      expect(batch).to.include({ accepted: 1, duplicates: 0 });
      expect(fates(await members(place))).to.deep.equal([
        [false, reasons.superseded],
        [true, reasons.inTheTree],
        [false, reasons.correctionRepeated],
      ]);
    }
  });

  it("credits no correction of what an earlier period credited, days apart too", async () => {
    const place = await world.add("corrected_later");
    await place.receive("map-app", [bus("1", NOON)]);
    unwrap(await place.close(DAY, DAY + 1));
    const late = bus("3", NOON + 5 * 86_400, "AAAAAAAAA", { corrects: "1" });
    const [answer] = await place.receive("map-app", [late]);
    expect(answer).to.include({ status: "refused", code: "CORRECTION_ONLY_REDUCES" });
    // One that came in while the close was under way knew nothing of it.
    await place.receive("map-app", [{ ...late, orderNo: "4", corrects: undefined }]);
    await place.receive("map-app", [bus("5", NOON + 6 * 86_400)]);
    await place.owner.query(
      `UPDATE intake.report SET corrects = (SELECT row_key FROM intake.report WHERE day = $1)
        WHERE day = $2`,
      [DAY, DAY + 5],
    );
    const batch = unwrap(await place.close(DAY + 1, DAY + 7));
    expect(batch).to.include({ accepted: 1, duplicates: 0 });
    expect(fates(await members(place))).to.deep.equal([
      [true, reasons.inTheTree],
      [false, reasons.countedBefore],
      [true, reasons.inTheTree],
    ]);
  });

  it("credits one order number once in a period, by its earliest activity", async () => {
    const place = await world.add("order_again");
    const far = 5 * 86_400;
    expect(statusesOf(await place.receive("map-app", [bus("1", NOON + far)]))).to.deep.equal([
      "accepted",
    ]);
    await place.receive("map-app", [bus("1", NOON), bus("2", NOON + 7_200)]);
    const batch = unwrap(await place.close(DAY, DAY + 10));
    expect(batch).to.include({ accepted: 2, duplicates: 0 });
    expect(fates(await members(place))).to.deep.equal([
      [true, reasons.inTheTree],
      [true, reasons.inTheTree],
      [false, reasons.orderNumberRepeated],
    ]);
  });

  it("leaves out what is withheld, and credits the activity by another report of it", async () => {
    const place = await world.add("withheld");
    await place.receive("transit-operator", [bus("1", NOON), bus("2", NOON + 7_200)]);
    await place.receive("map-app", [bus("9", NOON + 60)]);
    await place.owner.query(
      `CREATE OR REPLACE VIEW intake.withheld (day, platform, row_key) AS
         SELECT r.day, r.platform, r.row_key FROM intake.report r
           JOIN intake.platform p USING (platform) WHERE p.name = 'transit-operator'`,
    );
    const batch = unwrap(await place.close(DAY, DAY + 1));
    expect(batch).to.include({ accepted: 1, duplicates: 0 });
    expect(fates(await members(place))).to.deep.equal([
      [false, reasons.withheld],
      [true, reasons.inTheTree],
      [false, reasons.withheld],
    ]);
  });

  it("joins reports that only share what a withheld report brought first", async () => {
    const place = await world.add("star");
    const mark = NOON - (NOON % 360);
    await place.receive("city-app", [bus("1", mark + 170)]);
    await place.receive("map-app", [bus("1", mark + 10)]);
    await place.receive("transit-operator", [bus("1", mark + 350)]);
    await place.owner.query(
      `CREATE OR REPLACE VIEW intake.withheld (day, platform, row_key) AS
         SELECT r.day, r.platform, r.row_key FROM intake.report r
           JOIN intake.platform p USING (platform) WHERE p.name = 'city-app'`,
    );
    const batch = unwrap(await place.close(DAY, DAY + 1));
    expect(batch).to.include({ accepted: 1, duplicates: 1 });
  });

  it("has nobody to credit where all persons were deleted", async () => {
    const place = await world.add("deleted");
    await place.receive("map-app", [bus("1", NOON), bus("2", NOON + 7_200, "B")]);
    await place.owner.query("UPDATE intake.report SET salt = NULL WHERE activity_at = $1", [NOON]);
    expect(unwrap(await place.close(DAY, DAY + 1))).to.include({ accepted: 1, duplicates: 0 });
    expect(fates(await members(place))[0]).to.deep.equal([false, reasons.personDeleted]);
    await place.receive("map-app", [bus("3", NOON + 86_400)]);
    await place.owner.query("UPDATE intake.report SET salt = NULL");
    expect(codeOf(await place.close(DAY + 1, DAY + 2))).to.equal("PERIOD_WITHOUT_ACTIVITIES");
  });

  it("gives the tree of the plain way over all reports, whatever they share", async () => {
    const place = await world.add("random");
    const { rankOf } = await demoRules();
    for (let seed = 1; seed <= 12; seed++) {
      const random = seeded(seed);
      const first = DAY + 10 * seed;
      const midnight = first * 86_400 - 28_800;
      const own = place.of(`source ${seed}`);
      const platforms = ["transit-operator", "city-app", "map-app", "other"];
      const rows = platforms.map((platform) => ({
        platform,
        // Two days about a midnight, on few cards, so that chains of reports reach over it.
        rows: Array.from({ length: 25 }, (_, index) =>
          bus(`${seed}-${index}`, midnight + 86_400 + random(5_000) - 2_500, `card${random(4)}`),
        ),
      }));
      for (const one of rows) await own.receive(one.platform, one.rows);
      const closed: Uint8Array[] = [];
      for (const day of random(2) === 0 ? [first, first + 1] : [first + 1, first]) {
        const table = new ReportTable();
        for (const report of await storedReports(own, day)) table.add(report);
        const expected = closeReports(table, rankOf, closed);
        const batch = await own.close(day, day + 1);
        if (expected.records.length === 0) {
          expect(codeOf(batch)).to.equal("PERIOD_WITHOUT_ACTIVITIES");
          continue;
        }
        const { root, accepted, duplicates, leafFileHash } = unwrap(batch);
        expect(root, `seed ${seed}`).to.equal(
          toHex(unwrap(buildTree(suite, expected.records)).root),
        );
        expect({ accepted, duplicates }).to.deep.equal({
          accepted: expected.accepted,
          duplicates: expected.duplicates,
        });
        for (let report = 0; report < table.count; report++) {
          closed.push(table.fingerprint(report, 0).slice(), table.fingerprint(report, 1).slice());
        }
        const file = await own.store.get(leafFileHash);
        unwrap(verifyLeafFile(suite, file ?? new Uint8Array()));
      }
    }
  });

  it("seals its days, and the worker those that were over two days ago", async () => {
    const place = await world.add("sealed");
    const days = [0, 1, 2, 3, 20].map((day) => DAY + day);
    await place.receive(
      "map-app",
      days.map((day) => bus(`d${day}`, NOON + (day - DAY) * 86_400)),
    );
    const sealed = async (): Promise<number[]> => {
      const { rows } = await place.worker.query<{ day: number }>(
        "SELECT day - $1 AS day FROM intake.sealed_day ORDER BY 1",
        [DAY],
      );
      return rows.map(({ day }) => day);
    };
    await sealRecentDays(place.worker, DAY + 4);
    expect(await sealed()).to.deep.equal([0, 1, 2]);
    await sealRecentDays(place.worker, DAY + 40);
    expect(await sealed()).to.deep.equal([0, 1, 2]);
    unwrap(await place.close(DAY + 3, DAY + 21));
    expect(await sealed()).to.deep.equal([0, 1, 2, 3, 20]);
  });

  type Stored = Parameters<ReportTable["add"]>[0];
  async function storedReports(place: IntakePlace, day: number): Promise<Stored[]> {
    const { rows } = await place.worker.query(
      `SELECT r.*, p.name FROM intake.report r JOIN intake.platform p USING (platform)
        WHERE r.day = $1`,
      [day],
    );
    const uuid = (text: string): Uint8Array => fromHex(`0x${text.replaceAll("-", "")}`);
    return rows.map((row): Stored => {
      const at = Number(row.activity_at);
      expect(Math.abs(chinaDay(at) - row.day)).to.be.at.most(1);
      return {
        ...{ day: row.day, platform: row.name, rowKey: uuid(row.row_key), at },
        fingerprintA: row.fingerprint_a,
        fingerprintB: row.fingerprint_b ?? row.fingerprint_a,
        milligrams: BigInt(row.milligrams),
        ...commitmentsOf(suite, place.context.methodology, {
          ...{ at, behaviour: row.behaviour, quantities: row.quantities },
          ...{ participant: uuid(row.participant), salt: uuid(row.salt) },
        }),
      };
    });
  }
});
