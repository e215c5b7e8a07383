import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import pg from "pg";
import { type IntakeOptions, type IntakeTotals, runIntake } from "../../scripts/intake/run.ts";
import { migrate } from "../../server/database/migrate.ts";
import { demoKeyFile } from "../domain/support.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { SOURCE_ID, writeRegistry } from "../support/mirrorRows.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const ROWS = 25_000;
const MAPPING = `format: tanpu-intake-map/1
rows: csv
separator: ";"
members:
  orderNo: { column: order }
  userId: { column: user }
  behaviour: { constant: bus-trip }
  card: { column: card }
  vehicle: { column: bus }
  at: { column: start, time: { pattern: "YYYY-MM-DD HH:mm:ss", zone: "+08:00" } }
`;

const two = (value: number): string => String(value).padStart(2, "0");

/** A platform's day: most rows are rides of their own, some repeat a ride, some are refused. */
function fileText(): string {
  const lines = ["start;order;user;card;bus"];
  for (let n = 0; n < ROWS; n++) {
    const at = `2018-09-03 ${two(6 + (n % 12))}:${two(n % 60)}:00`;
    const card = n % 50 === 7 ? n - 12 * 60 * 5 : n;
    if (n % 1_000 === 999) lines.push(`${at};ORDER-SECRET-${n};user-${n}`);
    else if (n % 1_000 === 998) lines.push(`${at};ORDER-SECRET-${n};user-${n};;bus-1`);
    else lines.push(`${at};ORDER-SECRET-${n};USER-SECRET-${n};CARD-SECRET-${card};bus-${n % 300}`);
  }
  return `${lines.join("\n")}\n`;
}

describe("./tanpu intake", () => {
  let database: TestDatabase;
  let folder: string;
  const files = { mapping: "", plain: "", gzip: "" };

  before(async function () {
    this.timeout(60_000);
    database = await openTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), "tanpu-file-"));
    files.mapping = path.join(folder, "mapping.yaml");
    files.plain = path.join(folder, "rides.csv");
    files.gzip = path.join(folder, "rides.csv.gz");
    writeFileSync(files.mapping, MAPPING);
    writeFileSync(files.plain, fileText());
    writeFileSync(files.gzip, gzipSync(fileText()));
  });

  after(async () => {
    await database?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function fresh(name: string): Promise<{ owner: pg.Pool; options: IntakeOptions }> {
    const databaseUrl = await database.add(name);
    await migrate(databaseUrl);
    const owner = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    owner.on("error", () => {});
    await writeRegistry(owner);
    const options: IntakeOptions = {
      ...{ databaseUrl, file: files.plain, sourceId: SOURCE_ID, platform: "map-app" },
      ...{ mappingFile: files.mapping, methodologies: path.join(root, "methodologies") },
      ...{ keyFile: demoKeyFile(), mode: "demo", workers: 1 },
      resultsFile: path.join(folder, `${name}.ndjson`),
    };
    return { owner, options };
  }

  /** Everything that is stored of rows, as one hash. */
  async function digestOf(owner: pg.Pool): Promise<string[]> {
    const hash = async (columns: string, table: string): Promise<string> => {
      const { rows } = await owner.query(
        `SELECT md5(string_agg(r::text, '|' ORDER BY r::text)) AS hash FROM (SELECT ${columns} FROM ${table}) r`,
      );
      return `${table} ${rows[0].hash}`;
    };
    return Promise.all([
      hash(
        `day, row_key, behaviour, fingerprint_a, fingerprint_b, participant, milligrams, activity_at, seconds,
         quantities, salt`,
        "intake.report",
      ),
      hash("day, mark", "intake.fingerprint"),
    ]);
  }

  const linesOf = (options: IntakeOptions): string[] =>
    readFileSync(options.resultsFile ?? "", "utf8")
      .trim()
      .split("\n");

  it("refuses an unknown source, a file that is missing, and one without the mapped columns", async () => {
    const { owner, options } = await fresh("refused");
    const wrong = path.join(folder, "wrong.csv");
    writeFileSync(wrong, "a;b\n1;2\n");
    for (const [more, text] of [
      [{ sourceId: `0x${"9".repeat(64)}` }, /no source/],
      [{ file: path.join(folder, "none.csv") }, /no file/],
      [{ file: wrong }, /columns order, user, card, bus, start/],
      [{ mode: "production" }, /in force|DEMO_KEYS/],
    ] as const) {
      let message = "nothing was thrown";
      try {
        await runIntake({ ...options, ...more });
      } catch (cause) {
        message = (cause as Error).message;
      }
      expect(message).to.match(text);
    }
    const { rows } = await owner.query("SELECT count(*) FROM intake.report");
    expect(rows[0].count).to.equal("0");
    await owner.end();
  }).timeout(60_000);

  it("answers line by line, and stores the same of gzip, with more workers and when run again", async () => {
    const one = await fresh("one");
    const totals = await runIntake(one.options);
    expect(totals.rows).to.equal(ROWS);
    expect(totals.counts).to.include({ LINE_MALFORMED: 25, CARRIER_MISSING: 25 });
    const lines = linesOf(one.options);
    expect(lines).to.have.lengthOf(ROWS);
    const first = JSON.parse(lines[0] ?? "");
    expect(first).to.include({ line: 2, result: "accepted", day: "2018-09-03" });
    expect(JSON.parse(lines[999] ?? "")).to.include({ line: 1_001, code: "LINE_MALFORMED" });
    expect(lines.map((line) => JSON.parse(line).line)).to.deep.equal(
      Array.from({ length: ROWS }, (_, n) => n + 2),
    );
    expect(lines.join("")).to.not.contain("SECRET");
    const digest = await digestOf(one.owner);
    const again = await runIntake(one.options);
    expect(again.counts).to.deep.equal(totals.counts);
    expect(linesOf(one.options)).to.deep.equal(lines);
    expect(await digestOf(one.owner)).to.deep.equal(digest);
    const many = await fresh("many");
    const side = await runIntake({ ...many.options, file: files.gzip, workers: 3 });
    expect(side.rows).to.equal(ROWS);
    expect(await digestOf(many.owner)).to.deep.equal(digest);
    await one.owner.end();
    await many.owner.end();
  }).timeout(120_000);

  it("comes to the same state when it was killed in between", async () => {
    const whole = await fresh("whole");
    await runIntake(whole.options);
    const cut = await fresh("cut");
    // Its own data folder: the crash point ends every process that is recorded there.
    const child = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        path.join(root, "test", "support", "intakeFile.ts"),
        JSON.stringify(cut.options),
      ],
      {
        cwd: root,
        stdio: "ignore",
        env: {
          ...process.env,
          ...{ TANPU_CRASH_AT: "intake-batch-stored", TANPU_MODE: "demo", TANPU_DATA: folder },
        },
      },
    );
    const signal = await new Promise((resolve) => child.once("exit", (_, by) => resolve(by)));
    expect(signal).to.equal("SIGKILL");
    const { rows } = await cut.owner.query("SELECT count(*)::int AS count FROM intake.report");
    expect(rows[0].count).to.be.greaterThan(19_000).and.to.be.lessThan(20_001);
    const totals: IntakeTotals = await runIntake(cut.options);
    expect(totals.rows).to.equal(ROWS);
    expect(await digestOf(cut.owner)).to.deep.equal(await digestOf(whole.owner));
    await whole.owner.end();
    await cut.owner.end();
  }).timeout(120_000);
});
