import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { parse } from "yaml";
import { createApp } from "../../server/api/app.ts";
import { Live } from "../../server/api/live/live.ts";
import { readRegulations } from "../../server/api/rules/read.ts";
import { openPool } from "../../server/database/client.ts";
import { createApiKey } from "../../server/database/commands.ts";
import { openPrisma } from "../../server/database/prisma.ts";
import { type Role, roles } from "../../server/domain/access.ts";
import { loadCauses } from "../../server/domain/accountDonation.ts";
import { toHex } from "../../server/domain/bytes.ts";
import { loadFactors } from "../../server/domain/inventory.ts";
import { loadReviewRules } from "../../server/domain/reviewRules.ts";
import { createLogger } from "../../server/platform/logger.ts";
import { type BlobStore, openBlobStore } from "../../server/platform/store.ts";
import type { WebhookRules } from "../../server/platform/webhookTarget.ts";
import { demoKeys, demoMethodology, suite, unwrap } from "../domain/support.ts";
import { filled, openTestDatabase, type TestDatabase } from "./database.ts";

export type Party = Exclude<Role, "public">;
export const PARTIES = roles.filter((role): role is Party => role !== "public");

/** The chain account of each party's key. */
export const ACCOUNT = Object.fromEntries(
  PARTIES.map((party, index) => [party, filled(0xa1 + index, 20)]),
) as Record<Party, string>;

export const CHAIN_ID = 1_337_001;
export const ISSUANCE = filled(0x15, 20);

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, never> & Record<string, unknown>;
}

export interface CallOptions {
  /** Whose key is shown; nobody's when left out. */
  readonly as?: Party | { key: string };
  readonly body?: unknown;
  /** Sent as it is instead of `body`. */
  readonly raw?: string;
  /** The Idempotency-Key; a new one for every POST when left out, none when null. */
  readonly id?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A served API on a database of its own. */
export interface TestApi {
  readonly database: TestDatabase;
  readonly store: BlobStore;
  readonly url: string;
  /** Every line the API logged. */
  readonly logged: string[];
  call(method: string, route: string, options?: CallOptions): Promise<Answer>;
  get(route: string, options?: CallOptions): Promise<Answer>;
  post(route: string, as: Party, body: unknown, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export const secretOf = (party: string): string => `tanpu_test_${party}_${"x".repeat(24)}`;

/** Makes one key of each role, for the account given. */
export async function makeKeys(owner: pg.Pool, accounts: Record<Party, string>): Promise<void> {
  for (const party of PARTIES) {
    await createApiKey(owner, {
      id: randomUUID(),
      key: secretOf(party),
      name: `test ${party}`,
      role: party,
      account: accounts[party],
      programme: 1,
      scopes: ["*"],
      ...(party === "platform" ? { platform: "map-app" } : {}),
    });
  }
}

/** A served API on a database that somebody else closes. */
export type ServedApi = Omit<TestApi, "database">;

/** Serves the API with the demo's methodology and keys on a migrated database. */
export async function serveApi(of: {
  databaseUrl: string;
  /** Account that brings statements to the chain. */
  relayAccount: string;
  deployment: { chainId: number; issuance: string };
  webhookRules?: Partial<WebhookRules>;
}): Promise<ServedApi> {
  const { databaseUrl } = of;
  const folder = mkdtempSync(path.join(tmpdir(), "tanpu-api-"));
  const store = openBlobStore(folder, (bytes) => toHex(suite.hash(bytes)));
  const pool = openPool({ databaseUrl, role: "tanpu_api", max: 5 });
  const prisma = openPrisma({ databaseUrl, role: "tanpu_api", max: 2 });
  const causesFile = new URL("../../rules/donations.yaml", import.meta.url);
  const factorsFile = new URL("../../rules/factors.yaml", import.meta.url);
  const reviewFile = new URL("../../rules/demo-review.yaml", import.meta.url);
  const methodology = await demoMethodology();
  const logged: string[] = [];
  const logger = createLogger({ role: "api" }, { write: (line) => logged.push(line) });
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    return client;
  };
  const live = new Live({ pool, connect, logger });
  const app = createApp({
    pool,
    live,
    prisma,
    suite,
    store,
    lines: store,
    retention: new Map([[1, 3_653]]),
    causes: unwrap(loadCauses(parse(readFileSync(causesFile, "utf8")))),
    logger,
    methodologies: new Map([[methodology.contentHash, { form: 1, methodology } as const]]),
    demonstration: true,
    factors: unwrap(loadFactors(parse(readFileSync(factorsFile, "utf8")))),
    reviewRules: [unwrap(loadReviewRules(parse(readFileSync(reviewFile, "utf8"))))],
    programmeRules: unwrap(
      await readRegulations(fileURLToPath(new URL("../../rules/programmes", import.meta.url))),
    ),
    intake: demoKeys(),
    deployment: async () => of.deployment,
    relayAccount: of.relayAccount,
    webhookRules: { plainHttp: true, privateAddresses: true, ...of.webhookRules },
    now: () => Math.floor(Date.now() / 1000),
  });
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = (method: string, route: string, options: CallOptions = {}): Promise<Answer> =>
    callAt(url, method, route, options);
  return {
    store,
    url,
    logged,
    call,
    get: (route, options) => call("GET", route, options),
    post: (route, as, body, options) => call("POST", route, { as, body, ...options }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await live.close();
      await prisma.$disconnect();
      await pool.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Serves the API on a database of its own; nothing stands behind it but the database. */
export async function openTestApi(): Promise<TestApi> {
  const database = await openTestDatabase();
  const deployment = { chainId: CHAIN_ID, issuance: ISSUANCE };
  await makeKeys(database.owner, ACCOUNT);
  const { databaseUrl } = database;
  const served = await serveApi({ databaseUrl, relayAccount: ACCOUNT.operator, deployment });
  return {
    ...served,
    database,
    close: async () => {
      await served.close();
      await database.close();
    },
  };
}

async function callAt(
  url: string,
  method: string,
  route: string,
  options: CallOptions,
): Promise<Answer> {
  const { as, body, raw, id } = options;
  const secret = as === undefined ? undefined : typeof as === "string" ? secretOf(as) : as.key;
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${url}${route}`, {
    method,
    headers: {
      ...(content === undefined ? {} : { "content-type": "application/json" }),
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      ...(method === "POST" && id !== null ? { "idempotency-key": id ?? randomUUID() } : {}),
      ...options.headers,
    },
    ...(content === undefined ? {} : { body: content }),
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== "" ? JSON.parse(text) : {},
  };
}
