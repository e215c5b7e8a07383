import { readFileSync } from "node:fs";
import { expect } from "chai";
import { id } from "ethers";
import { parse } from "yaml";
import { loadAnyMethodology } from "../../server/domain/methodology/catalogue.ts";
import type { FormulaDocument } from "../../server/domain/methodology/formulaSchema.ts";
import { checkPeriodEnded, parseDay } from "../../server/domain/period.ts";
import { codeOf, root, suite, unwrap } from "../domain/support.ts";
import { IntakeWorld } from "../support/intakeWorld.ts";
import { openRegistry, type RegistryChain } from "../support/registryChain.ts";

const dayOf = (date: string): number => unwrap(parseDay(date));

describe("Case C10, 巴中: a period reported before it ends", () => {
  let registry: RegistryChain;

  before(async () => {
    registry = await openRegistry();
  });
  after(async () => registry?.close());

  it("is refused on the day it was told, 2023-05-16, with an end of 2023-12-31", () => {
    const period = { firstDay: dayOf("2014-01-01"), endDay: dayOf("2024-01-01") };
    expect(codeOf(checkPeriodEnded(period, dayOf("2023-05-16")))).to.equal("PERIOD_NOT_ENDED");
    expect(codeOf(checkPeriodEnded(period, dayOf("2024-01-01")))).to.equal("accepted");
  });

  it("is refused by the chain, by its own clock, as long as a day of it is to come", async () => {
    const block = await registry.rpc<{ timestamp: string }>("eth_getBlockByNumber", [
      "latest",
      false,
    ]);
    const today = Math.floor((Number(block.timestamp) + 28_800) / 86_400);
    const ask = async (endDay: number): Promise<string> => {
      const operation = await registry.order("propose", "applicant", {
        sourceId: registry.sourceId,
        ...{ firstDay: today - 1_000, endDay, root: id("root") },
        // 49,421.14 t.
        totalMilligrams: "49421140000000",
        ...{ count: "60000", depth: 16, leafFileHash: id("leaves"), reportHash: id("report") },
      });
      const { state, code } = await registry.stateOf(operation);
      return code ?? state;
    };
    expect(await ask(today + 229)).to.equal("SOURCES_PERIOD_NOT_ENDED");
    expect(await ask(today + 1)).to.equal("SOURCES_PERIOD_NOT_ENDED");
    expect(await ask(today)).to.equal("included");
  });
});

describe("Case C25: a person's day in Wuhan, a ride of 84 g and a metro trip of 829 g", () => {
  let world: IntakeWorld;

  before(async () => {
    world = await IntakeWorld.open();
  });
  after(async () => world?.close());

  /** The press tells 829 g for a trip beside a factor of 170 g; the test's copy takes the trip's figure. */
  function methodology(metroKilograms: string) {
    const file = new URL("methodologies/travel-wuhan-press.yaml", root);
    const document = parse(readFileSync(file, "utf8")) as FormulaDocument;
    document.status = "demonstration";
    document.effective.first = "2024-01-01";
    const metro = document.parameters.find((parameter) => parameter.id === "metro");
    if (metro && "value" in metro) metro.value = metroKilograms;
    for (const { id: behaviour, examples } of document.behaviours) {
      for (const example of examples) {
        example.row.at = "2024-08-05T08:00:00+08:00";
        if (behaviour === "metro-trip" && "milligrams" in example) {
          example.milligrams = String(Number(metroKilograms) * 1_000_000);
        }
      }
    }
    return unwrap(loadAnyMethodology(suite, document));
  }

  it("books 913 g, of which the same ride told by another platform is no further gram", async () => {
    const place = await world.add("wuhan", methodology("0.829"));
    const day = dayOf("2024-08-05");
    const ride = { behaviour: "bike-ride", carrier: "bike-7", card: "card-1", distance: "2.1" };
    const trip = { behaviour: "metro-trip", carrier: "gate-3", card: "card-1" };
    const [first, second] = await place.receive("wuhan-app", [
      { orderNo: "1", userId: "xiao-wei", ...ride, at: "2024-08-05T08:00:00+08:00" },
      { orderNo: "2", userId: "xiao-wei", ...trip, at: "2024-08-05T08:20:00+08:00" },
    ]);
    expect([first, second]).to.deep.equal([
      { status: "accepted", day: "2024-08-05", milligrams: "84000" },
      { status: "accepted", day: "2024-08-05", milligrams: "829000" },
    ]);
    const [again] = await place.receive("bike-operator", [
      { orderNo: "b-1", userId: "rider-55", ...ride, at: "2024-08-05T08:00:30+08:00" },
    ]);
    expect(again?.status).to.equal("duplicate");
    const batch = unwrap(await place.close(day, day + 1));
    expect(batch).to.include({ accepted: 2, duplicates: 1, totalMilligrams: 913_000n });
    const { rows } = await place.worker.query(
      `SELECT sum(milligrams)::text AS milligrams FROM ledger.entry
        WHERE holder_kind = 'person' AND compartment = 'pending' GROUP BY holder`,
    );
    expect(rows).to.deep.equal([{ milligrams: "913000" }]);
  });
});
