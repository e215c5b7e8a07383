import { expect } from "chai";
import { platformReports, type Report } from "../../scripts/demo/platforms.ts";
import { readTaps, ridesOf, sampleFile } from "../../scripts/demo/taps.ts";
import type { ClosedBatch } from "../../server/intake/closedBatch.ts";
import { seeded, shuffled, unwrap } from "../domain/support.ts";
import { IntakeWorld } from "../support/intakeWorld.ts";

const DAY = 17_775;
const BATCH_ROWS = 500;

type Sent = { platform: string; row: Report };

describe("The real taps, as platforms with clocks of their own report them", () => {
  let world: IntakeWorld;
  let rows: Sent[];
  /** The same, with rows that were wrong at first and are corrected. */
  let corrected: Sent[];

  before(async () => {
    world = await IntakeWorld.open();
    const all = ridesOf(await readTaps(sampleFile));
    const some = { ...all, bus: all.bus.slice(0, 900), pairs: all.pairs.slice(0, 100) };
    rows = platformReports(some, "close-taps").flatMap(({ platform, reports }) =>
      reports.map((row) => ({ platform, row })),
    );
    corrected = rows.flatMap(({ platform, row }, place) => {
      // A bus trip has one vehicle; a wrong one makes it another activity.
      if (place % 40 !== 0 || !row.vehicle) return [{ platform, row }];
      const orderNo = `wrong-${row.orderNo}`;
      return [
        { platform, row: { ...row, orderNo, vehicle: "OTHER" } },
        { platform, row: { ...row, corrects: orderNo } },
      ];
    });
  });
  after(async () => world?.close());

  /** Sends rows in the order given, each platform's in batches, and closes the day. */
  async function closed(name: string, sent: readonly Sent[]): Promise<ClosedBatch> {
    const place = await world.add(name);
    for (let at = 0; at < sent.length; at += BATCH_ROWS) {
      const batch = sent.slice(at, at + BATCH_ROWS);
      for (const platform of new Set(batch.map((one) => one.platform))) {
        await place.receive(
          platform,
          batch.filter((one) => one.platform === platform).map(({ row }) => row),
        );
      }
    }
    return { ...unwrap(await place.close(DAY, DAY + 1)), batchId: "" };
  }

  it("close to one root when they come in another order, twice, and corrections before what they correct", async () => {
    const random = seeded(7);
    const inTurn = await closed("in_turn", rows);
    expect(inTurn.duplicates).to.be.greaterThan(300);
    const again = [...shuffled(rows, random), ...shuffled(rows, random).slice(0, 400)];
    expect(await closed("again", again)).to.deep.equal(inTurn);

    const first = await closed("corrected", corrected);
    for (const [name, sent] of [
      ["corrected_back", corrected.toReversed()],
      ["corrected_mixed", shuffled(corrected, random)],
    ] as const) {
      expect(await closed(name, sent), name).to.deep.equal(first);
    }
    // What was wrong at first leaves no trace in the tree.
    expect(corrected.length).to.be.greaterThan(rows.length + 10);
    expect(first).to.deep.equal(inTurn);
  });
});
