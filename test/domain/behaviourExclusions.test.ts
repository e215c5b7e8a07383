import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import {
  type ExcludedRow,
  loadBehaviourExclusions,
} from "../../server/domain/methodology/behaviourExclusions.ts";
import { codeOf, root, unwrap } from "./support.ts";

const read = (): Record<string, unknown> & { groups: Record<string, unknown>[] } =>
  parse(readFileSync(new URL("rules/behaviour-exclusions.yaml", root), "utf8"));
const exclusions = unwrap(loadBehaviourExclusions(read()));

const morning = 1_717_200_000; // 2024-06-01 08:00 in China
const row = (behaviour: string, more: Partial<ExcludedRow> = {}): ExcludedRow => ({
  behaviour,
  things: { car: "car-1", person: "person-1", meter: "meter-1" },
  at: morning,
  end: morning + 600,
  ...more,
});
const groupOf = (first: ExcludedRow, second: ExcludedRow): string | undefined => {
  const found = exclusions.conflict(first, second)?.group;
  expect(exclusions.conflict(second, first)?.group).to.equal(found);
  return found;
};

describe("Behaviours of one thing", () => {
  it("exclude each other: one car's charge, kilometres and rides for hire", () => {
    expect(groupOf(row("ev-charging"), row("ev-km"))).to.equal("car-energy-and-ride");
    const evening = row("ride-hailing-trip", { at: morning + 43_200, end: morning + 45_000 });
    expect(groupOf(row("ev-charging"), evening)).to.equal("car-energy-and-ride");
    expect(groupOf(row("ev-km"), evening)).to.equal("car-energy-and-ride");
  });

  it("exclude each other: a day of non-use and anything that car did that day", () => {
    for (const driven of ["ev-km", "ride-hailing-trip", "car-pool-trip", "digital-fuelling"]) {
      expect(groupOf(row("car-non-use"), row(driven)), driven).to.equal("car-parked-and-driven");
    }
  });

  it("exclude each other: one person in two vehicles at the same time", () => {
    expect(groupOf(row("bus-trip"), row("metro-trip"))).to.equal("one-body-one-trip");
    const later = row("metro-trip", { at: morning + 600, end: morning + 1_200 });
    expect(groupOf(row("bus-trip"), later)).to.equal(undefined);
  });

  it("both earn on another day, of another car, or when the thing is not known", () => {
    const tomorrow = row("ev-km", { at: morning + 86_400, end: morning + 86_400 });
    expect(groupOf(row("car-non-use"), tomorrow)).to.equal(undefined);
    expect(groupOf(row("car-non-use"), row("ev-km", { things: { car: "car-2" } }))).to.equal(
      undefined,
    );
    const unknown = row("car-non-use", { things: {} });
    expect(groupOf(unknown, row("ev-km", { things: {} }))).to.equal(undefined);
    expect(groupOf(row("no-tableware-order"), row("bus-trip"))).to.equal(undefined);
  });

  it("end the day in China, not in Greenwich", () => {
    const lateEvening = row("car-non-use", { at: 1_717_257_599, end: 1_717_257_599 });
    const pastMidnight = row("ev-km", { at: 1_717_257_600, end: 1_717_257_600 });
    expect(groupOf(lateEvening, row("ev-km"))).to.equal("car-parked-and-driven");
    expect(groupOf(lateEvening, pastMidnight)).to.equal(undefined);
  });
});

describe("The table of exclusions", () => {
  it("is refused when a group stands twice, excludes itself or has an unknown member", () => {
    const twice = read();
    twice.groups.push({ ...twice.groups[0] });
    const itself = read();
    itself.groups[1]!["between"] = [["car-non-use"], ["car-non-use"]];
    const unknown = { ...read(), extra: 1 };
    const unsourced = read();
    delete unsourced.groups[0]!["source"];
    for (const parsed of [twice, itself, unknown, unsourced, null]) {
      expect(codeOf(loadBehaviourExclusions(parsed))).to.equal("EXCLUSIONS_INVALID");
    }
  });

  it("names behaviours that a methodology has; only rides for hire have none yet", () => {
    const folder = new URL("methodologies/", root);
    const known = new Set(
      readdirSync(folder).flatMap((name) =>
        (
          parse(readFileSync(new URL(name, folder), "utf8")) as { behaviours: { id: string }[] }
        ).behaviours.map(({ id }) => id),
      ),
    );
    const named = new Set(
      read().groups.flatMap((group) =>
        [group["behaviours"], group["between"]].flat(3).filter((one) => one !== undefined),
      ),
    );
    expect([...named].filter((id) => !known.has(id as string))).to.deep.equal([
      "ride-hailing-trip",
    ]);
  });
});
