import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { id } from "ethers";
import type pg from "pg";
import { parse } from "yaml";
import { openPool } from "../../server/database/client.ts";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import {
  type AnyMethodology,
  checkCanBePutInForce,
  loadAnyMethodology,
} from "../../server/domain/methodology/catalogue.ts";
import type { FormulaDocument } from "../../server/domain/methodology/formulaSchema.ts";
import { parseDay } from "../../server/domain/period.ts";
import { sourceIdOf } from "../../server/domain/tokenId.ts";
import { closePeriod } from "../../server/intake/batch.ts";
import type { ClosedBatch } from "../../server/intake/closedBatch.ts";
import { receiveActivities } from "../../server/intake/receive.ts";
import { openBlobStore } from "../../server/platform/store.ts";
import { codeOf, demoKeys, root, suite, unwrap } from "../domain/support.ts";
import { DOCUMENT, openRegistry, type RegistryChain } from "../support/registryChain.ts";

const NOW = 1_600_000_000;
const [PV_CLASS, GREEN_CERTIFICATE_CLASS] = [4, 90];
const [PROGRAMME, METHODOLOGY] = [1, 2];
const ROOF = id("meter 12");
/** 1,296,404 Wh of the year at 0.42 kg a kilowatt-hour. */
const YEAR_MILLIGRAMS = 1_296_404n * 420n;

/** Shanghai's text states no first day and so is a draft; this copy is marked as a demonstration. */
function methodologyOf(change: (one: FormulaDocument) => void): AnyMethodology {
  const text = readFileSync(new URL("methodologies/pv-shanghai.yaml", root), "utf8");
  const document = parse(text) as FormulaDocument;
  change(document);
  return unwrap(loadAnyMethodology(suite, document));
}

type Reading = { at: string; generatedWh: number };

function readings(): Reading[] {
  const file = new URL("data/samples/pv-household-2011-2012.csv.gz", root);
  const [, ...lines] = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n");
  return lines.map((line) => {
    const [at = "", wattHours = ""] = line.split(",");
    return { at: `${at}:00+08:00`, generatedWh: Number(wattHours) };
  });
}

const dayOf = (date: string): number => unwrap(parseDay(date));

/** The twelve months of the year, half-open. */
const months = Array.from({ length: 12 }, (_, place): [number, number] => {
  const first = (month: number): string =>
    `${2011 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}-01`;
  return [dayOf(first(place + 6)), dayOf(first(place + 7))];
});

describe("A year of a roof's half hours, asked for by the month", function () {
  this.timeout(600_000);
  let registry: RegistryChain;
  let folder: string;
  let api: pg.Pool;
  let batches: ClosedBatch[];
  const methodology = methodologyOf((one) => {
    one.status = "demonstration";
    one.effective.first = "2011-01-01";
  });
  const sourceId = sourceIdOf(suite, PROGRAMME, METHODOLOGY, fromHex(ROOF));

  before(async () => {
    registry = await openRegistry();
    folder = mkdtempSync(path.join(tmpdir(), "tanpu pv "));
    api = openPool({ databaseUrl: registry.databaseUrl, role: "tanpu_api", max: 2 });
    const { authority, operator, applicant } = registry.accounts;
    const { contentHash } = methodology.methodology;
    const text = [contentHash, PV_CLASS, 3, dayOf("2011-01-01"), 0, 4_000_000_000_000n, DOCUMENT];
    await registry.act(authority, "sources", "registerMethodology", [PROGRAMME, ...text]);
    const source = [PROGRAMME, METHODOLOGY, ROOF, applicant, applicant, DOCUMENT];
    await registry.act(operator, "sources", "registerSource", source);
    const excluded = [PV_CLASS, GREEN_CERTIFICATE_CLASS];
    await registry.act(registry.registrar, "sources", "addExclusion", excluded);
    await receive(readings());
    batches = [];
    for (const [firstDay, endDay] of months) batches.push(await close(firstDay, endDay));
  });
  after(async () => {
    await api?.end();
    await registry?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function receive(year: readonly Reading[]): Promise<void> {
    const context = {
      pool: api,
      suite,
      ...demoKeys(),
      methodology,
      programme: PROGRAMME,
      sourceId,
    };
    for (let at = 0; at < year.length; at += 2_000) {
      const rows = year.slice(at, at + 2_000).map((reading, place) => ({
        ...{ orderNo: `reading-${at + place}`, userId: "household-12", behaviour: "pv-generation" },
        ...{ meter: "M-12", at: reading.at, capacity: "0.00104" },
        generated: (reading.generatedWh / 1_000).toFixed(3),
      }));
      const results = unwrap(await receiveActivities(context, "grid-company", rows, NOW));
      const other = results.find(({ status }) => status !== "accepted");
      if (other) throw new Error(JSON.stringify(other));
    }
  }

  async function close(firstDay: number, endDay: number): Promise<ClosedBatch> {
    const hash = (bytes: Uint8Array): string => toHex(suite.hash(bytes));
    return unwrap(
      await closePeriod({
        ...{ pool: registry.workerPool, suite, sourceId, batchId: randomUUID() },
        ...{ period: { firstDay, endDay }, programme: PROGRAMME, rankOf: () => 0 },
        store: openBlobStore(folder, hash, suite.begin),
        methodologies: new Map([[methodology.methodology.contentHash, methodology]]),
      }),
    );
  }

  /** Asks for a batch's grams, for its days or others; what became of it. */
  async function propose(batch: ClosedBatch, shiftDays = 0): Promise<string> {
    const operation = await registry.order("propose", "applicant", {
      sourceId: batch.sourceId,
      firstDay: batch.firstDay + shiftDays,
      endDay: batch.endDay + shiftDays,
      root: batch.root,
      totalMilligrams: batch.totalMilligrams.toString(),
      count: String(batch.count),
      depth: batch.depth,
      leafFileHash: batch.leafFileHash,
      reportHash: id("report"),
    });
    const { state, code } = await registry.stateOf(operation);
    return code ?? state;
  }

  it("is not put in force under a text that does not say from when", () => {
    const text = methodologyOf(() => {});
    expect(codeOf(checkCanBePutInForce(text, { demonstration: false }))).to.equal(
      "METHODOLOGY_DRAFT",
    );
    const real = checkCanBePutInForce(methodology, { demonstration: false });
    expect(codeOf(real)).to.equal("METHODOLOGY_NOT_IN_FORCE");
    expect(codeOf(checkCanBePutInForce(methodology, { demonstration: true }))).to.equal("accepted");
  });

  it("adds up to what the meter counted, to the milligram", () => {
    const total = batches.reduce((sum, { totalMilligrams }) => sum + totalMilligrams, 0n);
    expect(total).to.equal(YEAR_MILLIGRAMS);
    expect(batches.reduce((sum, { count }) => sum + count, 0)).to.equal(8_380);
  });

  it("is refused for a month that is shifted by a day, because a day is taken", async () => {
    const [july, august, september] = batches as [ClosedBatch, ClosedBatch, ClosedBatch];
    expect(await propose(july)).to.equal("included");
    expect(await propose(september)).to.equal("included");
    expect(await propose(august, -1)).to.equal("SOURCES_DAY_TAKEN");
    expect(await propose(august, 1)).to.equal("SOURCES_DAY_TAKEN");
    expect(await propose(august)).to.equal("included");
  });

  it("is refused for days for which the roof has a green certificate, until that is withdrawn", async () => {
    const october = batches[3] as ClosedBatch;
    const { authority } = registry.accounts;
    const days = [october.firstDay + 30, october.endDay + 3];
    const issued = [PROGRAMME, ROOF, GREEN_CERTIFICATE_CLASS, ...days, id("green certificate")];
    await registry.act(authority, "sources", "recordExternal", issued);
    expect(await propose(october)).to.equal("SOURCES_DAY_TAKEN");
    expect(await propose(batches[4] as ClosedBatch)).to.equal("SOURCES_DAY_TAKEN");
    await registry.act(authority, "sources", "withdrawExternal", [1, id("decision")]);
    const states: string[] = [];
    for (const batch of batches.slice(3)) states.push(await propose(batch));
    expect(states).to.deep.equal(states.map(() => "included"));
  });

  it("has no green certificate recorded over days that were asked for", async () => {
    const [july] = batches as [ClosedBatch];
    const values = [PROGRAMME, ROOF, GREEN_CERTIFICATE_CLASS, july.firstDay, july.endDay, DOCUMENT];
    const error = await registry
      .act(registry.accounts.authority, "sources", "recordExternal", values)
      .catch((thrown) => thrown);
    expect(String(error)).to.contain("SOURCES_DAY_TAKEN");
  });
});
