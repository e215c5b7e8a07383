import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { MethodologyError } from "../../scripts/methodology/commands.ts";
import { comparePeriod } from "../../scripts/methodology/comparePeriod.ts";
import { toHex } from "../../server/domain/bytes.ts";
import { root, unwrap } from "../domain/support.ts";
import { IntakeWorld } from "../support/intakeWorld.ts";

const DAY = 17_775;
const NOON = DAY * 86_400 + 14_400;
const PERIOD = { first: "2018-09-01", end: "2018-09-02" };

describe("A methodology tried over a stored period", () => {
  let world: IntakeWorld;
  let folder: string;
  before(async () => {
    world = await IntakeWorld.open();
    folder = mkdtempSync(path.join(tmpdir(), "tanpu trial "));
  });
  after(async () => {
    await world?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const shipped = (name: string): string =>
    fileURLToPath(new URL(`methodologies/${name}.yaml`, root));

  /** The demonstration's text with a higher value for a bus trip. */
  function revised(): string {
    const file = path.join(folder, "revised.yaml");
    const text = readFileSync(shipped("demo-transit-1"), "utf8");
    writeFileSync(
      file,
      text
        .replace('value: "0.371"', 'value: "0.400"')
        .replaceAll('milligrams: "371000"', 'milligrams: "400000"'),
    );
    return file;
  }

  it("says what changes, and counts the rows that lack what it needs", async () => {
    const place = await world.add("trial");
    const bus = (orderNo: string, at: number) => ({
      ...{ orderNo, userId: "u", behaviour: "bus-trip", card: "C", vehicle: "V", at },
    });
    const metro = {
      ...{ orderNo: "m", userId: "u", behaviour: "metro-trip", card: "C" },
      ...{ entryDevice: "E", entryStation: "s1", exitDevice: "X", exitStation: "s2" },
      ...{ entryAt: NOON, exitAt: NOON + 1_200 },
    };
    await place.receive("map-app", [bus("1", NOON), bus("2", NOON + 3_600), metro]);
    await place.receive("city-app", [bus("9", NOON + 20)]);
    const lines: string[] = [];
    const compare = (file: string, more = {}) => {
      lines.length = 0;
      const sourceId = toHex(place.context.sourceId);
      const of = { sourceId, ...PERIOD, file, json: true, ...more };
      return comparePeriod(place.databaseUrl, of, (line) => lines.push(line));
    };
    const told = () => JSON.parse(lines.join("\n")).differences;

    for (const wrong of [{ sourceId: "0x12" }, { end: PERIOD.first }, { first: "yesterday" }]) {
      const error = await compare(revised(), wrong).catch((thrown) => thrown);
      expect(error).to.be.instanceOf(MethodologyError);
    }
    expect(await compare(revised())).to.equal(0);
    expect(told()[0]).to.include({ behaviour: "bus-trip", rows: 3, changedRows: 3 });
    unwrap(await place.close(DAY, DAY + 1));
    expect(await compare(revised())).to.equal(0);
    const [buses, metros] = told();
    expect(buses).to.include({ rows: 2, changedRows: 2, differenceMilligrams: "58000" });
    expect(metros).to.include({ rows: 1, changedRows: 0, differenceMilligrams: "0" });
    // A text by the kilometre, whose quantities nobody kept.
    expect(await compare(shipped("travel-qingdao-2021"))).to.equal(0);
    const [, lacking] = told();
    expect(lacking.second).to.deep.equal({
      ...{ quantified: 0, milligrams: "0", refusals: { FIELD_MISSING: 1 } },
    });
    expect(await compare(revised(), { json: false })).to.equal(0);
    expect(lines.join("\n")).to.contain("试算").and.to.contain("credited");
    const { rows } = await place.owner.query("SELECT count(*)::int AS n FROM intake.rule");
    expect(rows).to.deep.equal([{ n: 1 }]);
  });
});
