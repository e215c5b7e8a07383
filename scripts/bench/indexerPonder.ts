import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

export const PONDER = "ponder 1.0.0";

/** Of the same time; newer ones refuse answers that ponder asks for. */
const VIEM = "2.23.10";

const INSTALL_MILLISECONDS = 300_000;
const SYNC_MILLISECONDS = 600_000;

const FILES: Readonly<Record<string, string>> = {
  "package.json": `{"name":"peer","private":true,"type":"module"}`,
  "ponder.config.ts": `import { createConfig } from "ponder";
import { http } from "viem";
const address = { type: "address" } as const;
const abi = [{ type: "event", name: "TransferSingle", inputs: [
  { ...address, indexed: true, name: "operator" }, { ...address, indexed: true, name: "from" },
  { ...address, indexed: true, name: "to" }, { type: "uint256", indexed: false, name: "id" },
  { type: "uint256", indexed: false, name: "value" }] }] as const;
const env = process.env;
export default createConfig({
  networks: { local: { chainId: Number(env.CHAIN_ID), transport: http(env.NODE_URL), maxRequestsPerSecond: 10_000 } },
  database: { kind: "postgres", connectionString: env.DATABASE_URL },
  contracts: { Token: { network: "local", abi, address: env.TOKEN as \`0x\${string}\`,
    startBlock: Number(env.FIRST_BLOCK), endBlock: Number(env.LAST_BLOCK) } },
});
`,
  "ponder.schema.ts": `import { onchainTable, primaryKey } from "ponder";
export const transfer = onchainTable("transfer", (t) => ({
  id: t.text().primaryKey(), tokenId: t.hex().notNull(), operator: t.hex().notNull(), sender: t.hex().notNull(),
  recipient: t.hex().notNull(), grams: t.bigint().notNull(), block: t.bigint().notNull() }));
export const holding = onchainTable("holding",
  (t) => ({ tokenId: t.hex().notNull(), account: t.hex().notNull(), grams: t.bigint().notNull() }),
  (table) => ({ pk: primaryKey({ columns: [table.tokenId, table.account] }) }));
`,
  "src/index.ts": `import { ponder } from "ponder:registry";
import { holding, transfer } from "ponder:schema";
import { numberToHex, zeroAddress } from "viem";
ponder.on("Token:TransferSingle", async ({ event, context }) => {
  const { operator, from, to, id, value } = event.args;
  const tokenId = numberToHex(id, { size: 32 });
  await context.db.insert(transfer).values({ id: event.id, tokenId, operator, sender: from, recipient: to,
    grams: value, block: event.block.number });
  for (const [account, grams] of [[from, -value], [to, value]] as const) {
    if (account === zeroAddress) continue;
    await context.db.insert(holding).values({ tokenId, account, grams })
      .onConflictDoUpdate((row) => ({ grams: row.grams + grams }));
  }
});
`,
  "src/api/index.ts": `import { Hono } from "hono";
export default new Hono();
`,
};

/** Ponder in a folder of its own, with the tables nearest to ours that it needs for transfers and holdings. */
export type Ponder = { readonly folder: string; remove(): Promise<void> };

/** Installs ponder from the npm registry into a temporary folder. Throws an Error when it cannot be had. */
export async function installPonder(): Promise<Ponder> {
  const folder = await mkdtemp(path.join(tmpdir(), "tanpu-bench-ponder-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { mkdir } = await import("node:fs/promises");
    await mkdir(path.join(folder, "src", "api"), { recursive: true });
    for (const [name, text] of Object.entries(FILES)) {
      await writeFile(path.join(folder, name), text);
    }
    const args = [
      "install",
      "--no-audit",
      "--no-fund",
      "--save-exact",
      "ponder@1.0.0",
      `viem@${VIEM}`,
    ];
    const npm = spawn("npm", args, { cwd: folder, stdio: "ignore" });
    const timer = setTimeout(() => npm.kill(), INSTALL_MILLISECONDS);
    const code = await new Promise((resolve, reject) => {
      npm.once("error", reject);
      npm.once("exit", resolve);
    });
    clearTimeout(timer);
    if (code !== 0) throw new Error(`npm install of ${PONDER} ended with ${code}`);
    return { folder, remove };
  } catch (cause) {
    await remove();
    throw cause;
  }
}

type Sync = {
  databaseUrl: string;
  rpcUrl: string;
  chainId: number;
  token: string;
  firstBlock: number;
  lastBlock: number;
  events: number;
};

/**
 * One cold sync, from the moment ponder says that it begins until it says that all is indexed, by the clock of its own
 * log lines. Gives milliseconds. Throws an Error when it did not come to the end or counted other events.
 */
export async function syncPonder({ folder }: Ponder, sync: Sync): Promise<number> {
  const client = new pg.Client({ connectionString: sync.databaseUrl });
  await client.connect();
  const clear = async (): Promise<void> => {
    await client.query("DROP SCHEMA IF EXISTS peer CASCADE");
    await client.query("DROP SCHEMA IF EXISTS ponder_sync CASCADE");
  };
  await clear();
  const child = spawn(
    process.execPath,
    [
      path.join(folder, "node_modules", "ponder", "dist", "esm", "bin", "ponder.js"),
      ...["start", "--schema", "peer", "--log-format", "json", "-p", "0", "-H", "127.0.0.1"],
    ],
    {
      cwd: folder,
      env: {
        ...process.env,
        DATABASE_URL: sync.databaseUrl,
        NODE_URL: sync.rpcUrl,
        CHAIN_ID: String(sync.chainId),
        TOKEN: sync.token,
        FIRST_BLOCK: String(sync.firstBlock),
        LAST_BLOCK: String(sync.lastBlock),
        PONDER_TELEMETRY_DISABLED: "true",
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  let since: number | undefined;
  let until: number | undefined;
  const read = (text: string): void => {
    output = (output + text).slice(-20_000);
    if (since === undefined && /Started '.*' historical sync/i.test(output))
      since = performance.now();
    if (until === undefined && /Completed historical indexing/i.test(output)) {
      until = performance.now();
    }
  };
  child.stdout.setEncoding("utf8").on("data", read);
  child.stderr.setEncoding("utf8").on("data", read);
  try {
    const last = performance.now() + SYNC_MILLISECONDS;
    while (until === undefined) {
      if (child.exitCode !== null || performance.now() > last) {
        throw new Error(`${PONDER} did not come to the end: ${output.slice(-500)}`);
      }
      await sleep(20);
    }
    if (since === undefined) throw new Error(`${PONDER} did not say when it began.`);
    // It says that it is done a little before the last rows can be seen.
    for (;;) {
      const { rows } = await client.query<{ n: string }>("SELECT count(*) AS n FROM peer.transfer");
      if (Number(rows[0]?.n) >= sync.events) return until - since;
      if (performance.now() > last) {
        throw new Error(`${PONDER} indexed ${rows[0]?.n} of ${sync.events} transfers`);
      }
      await sleep(20);
      until = performance.now();
    }
  } finally {
    child.kill("SIGKILL");
    await clear();
    await client.end();
  }
}
