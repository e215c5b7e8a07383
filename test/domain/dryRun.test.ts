import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { checkMethodologyFile, MethodologyError } from "../../scripts/methodology/commands.ts";
import {
  type AnyMethodology,
  loadAnyMethodology,
} from "../../server/domain/methodology/catalogue.ts";
import { compareOnRows } from "../../server/domain/methodology/dryRun.ts";
import { root, suite, unwrap } from "./support.ts";

const read = (name: string) =>
  parse(readFileSync(new URL(`methodologies/${name}.yaml`, root), "utf8"));
const load = (parsed: unknown): AnyMethodology => unwrap(loadAnyMethodology(suite, parsed));

const trip = (orderNo: string, behaviour: string, more: Record<string, string>) => ({
  orderNo,
  userId: "u-1",
  behaviour,
  carrier: "B-1",
  card: "C-1",
  at: "2021-06-01T08:00:00+08:00",
  ...more,
});
const rows = [
  trip("1", "metro-trip", { distance: "10" }),
  trip("2", "metro-trip", { distance: "2.5" }),
  trip("3", "metro-trip", { distance: "far" }),
  trip("4", "bus-trip", {}),
  trip("5", "assisted-bike-ride", { distance: "1" }),
];

describe("Two versions over the same rows", () => {
  const differences = compareOnRows(
    load(read("travel-qingdao-2021")),
    load(read("travel-shanghai-2021")),
    rows,
  );

  it("differ per behaviour, in milligrams, with the refusals of each", () => {
    expect(differences).to.deep.equal([
      {
        behaviour: "assisted-bike-ride",
        rows: 1,
        first: { quantified: 1, milligrams: 193_000n, refusals: {} },
        second: { quantified: 0, milligrams: 0n, refusals: { BEHAVIOUR_UNKNOWN: 1 } },
        changedRows: 1,
        differenceMilligrams: -193_000n,
      },
      {
        behaviour: "bus-trip",
        rows: 1,
        first: { quantified: 1, milligrams: 741_000n, refusals: {} },
        second: { quantified: 1, milligrams: 371_000n, refusals: {} },
        changedRows: 1,
        differenceMilligrams: -370_000n,
      },
      {
        behaviour: "metro-trip",
        rows: 3,
        first: { quantified: 2, milligrams: 1_112_500n, refusals: { QUANTITY_MALFORMED: 1 } },
        second: { quantified: 2, milligrams: 1_150_000n, refusals: { QUANTITY_MALFORMED: 1 } },
        changedRows: 2,
        differenceMilligrams: 37_500n,
      },
    ]);
  });

  it("differ the same in whatever order the rows come", () => {
    const [first, second] = [read("travel-qingdao-2021"), read("travel-shanghai-2021")];
    expect(compareOnRows(load(first), load(second), [...rows].reverse())).to.deep.equal(
      differences,
    );
  });
});

describe("./tanpu methodology", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "tanpu-methodology-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const shipped = (name: string): string =>
    fileURLToPath(new URL(`methodologies/${name}.yaml`, root));
  const written = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const check = async (file: string): Promise<{ code: number; told: string }> => {
    const lines: string[] = [];
    const code = await checkMethodologyFile(file, (line) => lines.push(line));
    return { code, told: lines.join("\n") };
  };

  it("refuses a file whose units do not work out, and tells of one that is not there", async () => {
    const broken = read("walking");
    broken.behaviours[0].formulas.reduction = "distance";
    const refused = await check(written("broken.yaml", stringify(broken)));
    expect(refused.code).to.equal(1);
    expect(refused.told).to.contain("FORMULA_UNITS").and.to.contain("walk.reduction");
    expect(refused.told).to.match(/[\u4e00-\u9fff]/);
    const lost = await check(path.join(folder, "nobody.yaml")).catch((error: Error) => error);
    expect(lost).to.be.instanceOf(MethodologyError);
  });

  it("checks a draft and says in both languages what is missing", async () => {
    const { code, told } = await check(shipped("bike-shenzhen"));
    expect(code).to.equal(0);
    expect(told).to.contain("status 状态  draft (file 文件: official)");
    expect(told).to.contain("missing 缺少  bike: ").and.to.contain("未找到");
  });

  it("compares two files over a CSV file, from the command line", () => {
    const columns = ["orderNo", "userId", "behaviour", "carrier", "card", "at", "distance"];
    const lines = rows.map((row) =>
      columns.map((column) => (row as Record<string, string>)[column] ?? "").join(","),
    );
    const csv = written("rows.csv", [columns.join(","), ...lines].join("\n"));
    const told = spawnSync(
      process.execPath,
      [
        ...["--import", "tsx", "scripts/cli.ts", "methodology", "compare"],
        ...[shipped("travel-qingdao-2021"), shipped("travel-shanghai-2021")],
        ...["--activities", csv, "--json"],
      ],
      { cwd: fileURLToPath(root), encoding: "utf8" },
    );
    expect(told.stderr).to.equal("");
    const { differences } = JSON.parse(told.stdout);
    expect(differences).to.have.length(3);
    expect(differences[2].differenceMilligrams).to.equal("37500");
  }).timeout(60_000);
});
