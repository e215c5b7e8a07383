import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { expect } from "chai";
import pg from "pg";
import { createMirror } from "../../server/database/mirror.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { FRESH, Run, type Story } from "./run.ts";

const SEEDS = 50;
const DEEP_SEEDS = 2_000;
const TEMPLATE = "simulation";
const COMMAND = "node --import tsx node_modules/mocha/bin/mocha.js test/simulation/mirror.test.ts";

const keptFile = new URL("./seeds.json", import.meta.url);
const kept = JSON.parse(readFileSync(keptFile, "utf8")) as number[];

/** TANPU_SEED repeats one run; TANPU_FIRST_SEED moves the deep run to seeds nobody has tried. */
function seedsToRun(): number[] {
  const { TANPU_SEED, TANPU_DEEP, TANPU_FIRST_SEED, TANPU_SEEDS } = process.env;
  if (TANPU_SEED) return [Number(TANPU_SEED)];
  const first = Number(TANPU_FIRST_SEED ?? 1);
  const count = Number(TANPU_SEEDS ?? (TANPU_DEEP === "1" ? DEEP_SEEDS : SEEDS));
  // What failed once comes first.
  return [...new Set([...kept, ...Array.from({ length: count }, (_, k) => first + k)])];
}

describe("the mirror of a chain that misbehaves", function () {
  this.timeout(3_600_000);
  let database: TestDatabase;
  const seeds = seedsToRun();

  before(async () => {
    database = await openTestDatabase();
    const client = new pg.Client({ connectionString: await database.add(TEMPLATE) });
    await client.connect();
    await createMirror(client);
    await createMirror(client, FRESH);
    await client.end();
  });
  after(() => database?.close());

  /** A database of its own for each seed, copied from the template. */
  async function play(seed: number): Promise<Story> {
    const name = `seed_${seed}`;
    await database.owner.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
    const client = new pg.Client({
      connectionString: database.databaseUrl.replace(/\/[^/]*$/, `/${name}`),
      options: "-c synchronous_commit=off",
    });
    await client.connect();
    try {
      return await new Run(seed, client).play();
    } finally {
      await client.end();
      await database.owner.query(`DROP DATABASE ${name}`);
    }
  }

  it(`is what a replay gives, for ${seeds.length} seeds`, async () => {
    const stories: Story[] = [];
    const failed: { seed: number; cause: unknown }[] = [];
    const waiting = [...seeds];
    const lane = async (): Promise<void> => {
      for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
        await play(seed).then(
          (story) => stories.push(story),
          (cause: unknown) => failed.push({ seed: seed as number, cause }),
        );
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() + 1 }, lane));
    if (failed.length > 0) {
      const numbers = new Set([...kept, ...failed.map(({ seed }) => seed)]);
      writeFileSync(keptFile, `${JSON.stringify([...numbers].sort((a, b) => a - b))}\n`);
    }
    const told = failed.map(
      ({ seed, cause }) =>
        `seed ${seed}: ${(cause as Error).stack}\n  TANPU_SEED=${seed} ${COMMAND}`,
    );
    expect(told.join("\n"), "kept in test/simulation/seeds.json").to.equal("");
    const sum = (of: keyof Story): number => stories.reduce((total, one) => total + one[of], 0);
    if (stories.length >= SEEDS) {
      // A world in which nothing goes wrong would prove nothing.
      for (const what of ["blocks", "events", "undone", "failures", "crashes"] as const) {
        expect(sum(what), what).to.be.greaterThan(SEEDS / 5);
      }
    }
  });
});
