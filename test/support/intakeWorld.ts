import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import pg from "pg";
import { openPool } from "../../server/database/client.ts";
import { migrate } from "../../server/database/migrate.ts";
import { toHex } from "../../server/domain/bytes.ts";
import type { AnyMethodology } from "../../server/domain/methodology/catalogue.ts";
import type { Result } from "../../server/domain/result.ts";
import { closePeriod } from "../../server/intake/batch.ts";
import type { ClosedBatch } from "../../server/intake/closedBatch.ts";
import type { IntakeContext } from "../../server/intake/context.ts";
import { type RowResult, receiveActivities } from "../../server/intake/receive.ts";
import { type BlobStore, openBlobStore } from "../../server/platform/store.ts";
import { demoKeys, demoMethodology, demoRules, suite, unwrap } from "../domain/support.ts";
import { openTestDatabase, type TestDatabase } from "./database.ts";

/** Later than every activity of a test. */
const NOW = 1_800_000_000;
export const PROGRAMME = 1;

/** What becomes of a period of one source: rows in as the API takes them, closed as the worker closes. */
export type IntakePlace = {
  context: IntakeContext;
  worker: pg.Pool;
  store: BlobStore;
  receive(platform: string, rows: readonly unknown[]): Promise<RowResult[]>;
  close(firstDay: number, endDay: number, batchId?: string): Promise<Result<ClosedBatch>>;
  /** The same database, for another source and methodology. */
  of(source: string, methodology?: AnyMethodology): IntakePlace;
};

/** Databases of one server, each with roles as in production, for one test file. */
export class IntakeWorld {
  readonly #database: TestDatabase;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "tanpu intake "));
  readonly #pools: pg.Pool[] = [];
  /** The folder of the store, unless another store was given. */
  readonly blobs = path.join(this.#folder, "blobs");
  readonly store: BlobStore;

  private constructor(database: TestDatabase, store?: BlobStore) {
    this.#database = database;
    this.store =
      store ?? openBlobStore(this.blobs, (bytes) => toHex(suite.hash(bytes)), suite.begin);
  }

  static async open(store?: BlobStore): Promise<IntakeWorld> {
    return new IntakeWorld(await openTestDatabase(), store);
  }

  /** A database of its own, under the demonstration's methodology unless another is given. */
  async add(
    name: string,
    methodology?: AnyMethodology,
  ): Promise<IntakePlace & { owner: pg.Pool; databaseUrl: string }> {
    const databaseUrl = await this.#database.add(name);
    await migrate(databaseUrl);
    const open = (role: "tanpu_api" | "tanpu_worker"): pg.Pool => {
      const pool = openPool({ databaseUrl, role, max: 4 });
      this.#pools.push(pool);
      return pool;
    };
    const [api, worker] = [open("tanpu_api"), open("tanpu_worker")];
    const owner = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    // A connection that is not quite gone when the server stops is told so.
    owner.on("error", () => {});
    this.#pools.push(owner);
    const any = methodology ?? ({ form: 1, methodology: await demoMethodology() } as const);
    const { rankOf } = await demoRules();
    const texts = new Map<string, AnyMethodology>();
    const place = (source: string, of: AnyMethodology): IntakePlace => {
      texts.set(of.methodology.contentHash, of);
      const context: IntakeContext = {
        ...{ pool: api, suite, ...demoKeys(), methodology: of, programme: PROGRAMME },
        sourceId: suite.hash(new TextEncoder().encode(source)),
      };
      return {
        ...{ context, worker, store: this.store },
        receive: async (platform, rows) =>
          unwrap(await receiveActivities(context, platform, rows, NOW)),
        close: (firstDay, endDay, batchId = randomUUID()) =>
          closePeriod({
            ...{ pool: worker, suite, store: this.store, sourceId: context.sourceId, batchId },
            ...{ period: { firstDay, endDay }, rankOf, programme: PROGRAMME, methodologies: texts },
            spillFolder: this.#folder,
          }),
        of: (other, otherMethodology = of) => place(other, otherMethodology),
      };
    };
    return { ...place("the source", any), owner, databaseUrl };
  }

  async close(): Promise<void> {
    for (const pool of this.#pools) await pool.end();
    await this.#database.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The status of each row, or the code of its refusal. */
export const statusesOf = (results: readonly RowResult[]): string[] =>
  results.map((result) => (result.status === "refused" ? result.code : result.status));
