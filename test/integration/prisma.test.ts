import { readFileSync } from "node:fs";
import { expect } from "chai";
import { openPrisma, type PrismaClient } from "../../server/database/prisma.ts";
import { filled, openTestDatabase, type TestDatabase } from "../support/database.ts";

/** Tables that nobody reads through Prisma. */
const NOT_MODELLED = [
  "mirror.undo",
  "app.open_operation",
  "app.webhook",
  "app.webhook_end",
  "app.webhook_message",
  "app.webhook_attempt",
  "app.webhook_replay",
  "app.webhook_watch",
  "app.webhook_due",
  "app.webhook_cursor",
  "app.webhook_certificate",
  "intake.platform",
  "intake.source",
  "intake.rule",
  "intake.report",
  "intake.fingerprint",
  "intake.shared",
  "intake.refusal",
  "intake.receipt",
  "intake.membership",
  "intake.sealed_day",
  "intake.detached",
  "intake.withheld",
  "intake.finding",
  "intake.finding_decision",
  "intake.finding_state",
  "intake.appeal",
  "intake.appeal_decision",
  "intake.independent_figure",
  "intake.reduction",
];

const SCALARS: Readonly<Record<string, readonly string[]>> = {
  String: ["text", "uuid", "character"],
  Bytes: ["bytea"],
  BigInt: ["bigint"],
  Int: ["integer", "smallint"],
  Boolean: ["boolean"],
  Json: ["jsonb"],
  DateTime: ["timestamp with time zone"],
  Decimal: ["numeric"],
};

describe("the Prisma models", () => {
  let database: TestDatabase;
  let prisma: PrismaClient;
  const columns = new Map<string, { type: string; isNullable: boolean }>();

  before(async function () {
    this.timeout(60_000);
    database = await openTestDatabase();
    prisma = openPrisma({ databaseUrl: database.databaseUrl, role: "tanpu_api" });
    const { rows } = await database.owner.query<{
      table: string;
      column: string;
      type: string;
      is_nullable: "YES" | "NO";
    }>(
      `SELECT table_schema || '.' || table_name AS "table", column_name AS "column",
              CASE data_type WHEN 'ARRAY' THEN substr(udt_name, 2) ELSE data_type END AS type,
              is_nullable
       FROM information_schema.columns WHERE table_schema IN ('app', 'intake', 'mirror')`,
    );
    for (const { table, column, type, is_nullable } of rows) {
      columns.set(`${table}.${column}`, { type, isNullable: is_nullable === "YES" });
    }
  });

  after(async () => {
    await prisma.$disconnect();
    await database.close();
  });

  const schema = readFileSync(
    new URL("../../server/database/schema.prisma", import.meta.url),
    "utf8",
  );
  /** The generated client does not tell its models, so they are read from their one source. */
  const models = () =>
    [...schema.matchAll(/^model \w+ \{\n(.*?)^\}/gms)].map(([, text = ""]) => ({
      table: `${/@@schema\("(\w+)"\)/.exec(text)?.[1]}.${/@@map\("(\w+)"\)/.exec(text)?.[1]}`,
      fields: [...text.matchAll(/^ {2}(\w+) +([A-Z]\w+)(\?|\[\])?(.*)$/gm)].map(
        ([, name = "", type = "", mark = "", rest = ""]) => ({
          column: / @map\("(\w+)"\)/.exec(rest)?.[1] ?? name,
          type,
          isRequired: mark !== "?",
        }),
      ),
    }));

  it("name only columns that the database has, with their types", () => {
    expect(models().length).to.be.greaterThan(20);
    for (const { table, fields } of models()) {
      for (const { column, type, isRequired } of fields) {
        const real = columns.get(`${table}.${column}`);
        expect(real, `${table}.${column}`).not.to.equal(undefined);
        expect(SCALARS[type], `${table}.${column}`).to.include(real?.type);
        expect(real?.isNullable, `${table}.${column}`).to.equal(!isRequired);
      }
    }
  });

  it("leave out no column of app, intake and mirror", () => {
    const known = new Set(
      models().flatMap(({ table, fields }) => fields.map(({ column }) => `${table}.${column}`)),
    );
    const missing = [...columns.keys()].filter(
      (name) => !known.has(name) && !NOT_MODELLED.some((table) => name.startsWith(`${table}.`)),
    );
    expect(missing).to.deep.equal([]);
  });

  it("read a row as the API's role, and may not write one", async () => {
    const bytes = (value: number) => new Uint8Array(Buffer.from(filled(value).slice(2), "hex"));
    const tokenId = bytes(1);
    await database.owner.query(
      `INSERT INTO mirror.token (token_id, programme, methodology, first_day, end_day, request_id,
         source_id, owner, issued_grams, issued_at, transaction_hash, block_number)
       VALUES ($1, 1, 1, 17775, 17776, 1, $1, $1, 9007199254740993, 1, $1, 1)`,
      [Buffer.from(tokenId)],
    );
    const found = await prisma.mirrorToken.findUnique({ where: { tokenId } });
    expect(found?.issuedGrams).to.equal(9_007_199_254_740_993n);
    const refused = await prisma.mirrorToken
      .update({ where: { tokenId }, data: { issuedGrams: 1n } })
      .then(
        () => "done",
        (error: Error) => error.message,
      );
    expect(refused).to.match(/denied|permission/i);
  });
});
