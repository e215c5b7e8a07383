import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { id, Wallet } from "ethers";
import pg from "pg";
import { pino } from "pino";
import {
  authoritySteps,
  operatorSteps,
  PARTIES,
  type Party,
  registrarSteps,
  type SetUpFacts,
} from "../../scripts/demo/setUp.ts";
import { chainAt, DEPLOYMENT_STEPS, deploy, runSteps } from "../../scripts/deploy.ts";
import { type RunningPart, startPostgres } from "../../scripts/dev/postgres.ts";
import { rpc } from "../../scripts/dev/rpc.ts";
import { type ChainClient, connectChain } from "../../server/chain/client.ts";
import { type Deployment, interfaces, readDeployment } from "../../server/chain/contracts.ts";
import { buildDecoder } from "../../server/chain/decode.ts";
import type { ContractName } from "../../server/chain/events.ts";
import { FileKeyStore } from "../../server/chain/keys.ts";
import { createReader } from "../../server/chain/reader.ts";
import { createWriter } from "../../server/chain/writer.ts";
import { openPool } from "../../server/database/client.ts";
import { migrate } from "../../server/database/migrate.ts";
import type { Checkpoint } from "../../server/indexer/checkpoint.ts";
import { openMirror, type StepContext, step } from "../../server/indexer/step.ts";
import type { ExecuteContext } from "../../server/queue/context.ts";
import { runLane } from "../../server/queue/lane.ts";

export const FINALITY = 12;
export const ASSET_KEY = id("fleet");
export const DOCUMENT = id("document");
/** 1 September 2018, China time. */
export const FIRST_DAY = 17_775;

/** A fast key derivation: these keys are worth nothing. */
const SCRYPT_COST = 1_024;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A chain that mines when told to, on a free port; a state file makes it remember. */
export async function startTestChain(
  options: { stateFile?: string; port?: number; chainId?: number } = {},
): Promise<{ url: string; port: number; process: ChildProcess }> {
  const port = options.port ?? (await freePort());
  const binary = createRequire(import.meta.url).resolve(
    `@foundry-rs/anvil-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}/bin/anvil`,
  );
  const args = ["--port", String(port), "--chain-id", String(options.chainId ?? 31_337)];
  args.push("--hardfork", "cancun", "--accounts", "0", "--order", "fifo", "--quiet");
  args.push("--block-base-fee-per-gas", "0", "--gas-price", "0", "--gas-limit", "100000000");
  if (options.stateFile) args.push("--state", options.stateFile);
  const child = spawn(binary, args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries++) {
    if (await rpc(url, "eth_chainId").then(Boolean, () => false)) {
      return { url, port, process: child };
    }
    await sleep(25);
  }
  throw new Error("the test chain did not start");
}

/** The accounts a registry test acts as. */
export type Accounts = Record<Party, string>;

/** Postgres, a chain with the contracts and the demo's programme, and everything that stands on them. */
export class RegistryChain {
  readonly folder: string;
  readonly postgres: RunningPart;
  readonly rpcUrl: string;
  readonly chainProcess: ChildProcess;
  readonly deployment: Deployment;
  readonly accounts: Accounts;
  /** Who deployed: creates programmes and adds exclusions. Its key is in the key store too. */
  readonly registrar: string;
  readonly sourceId: string;
  readonly keys: FileKeyStore;
  readonly chain: ChainClient;
  readonly client: pg.Client;
  readonly workerPool: pg.Pool;
  readonly stop = new AbortController();
  checkpoint: Checkpoint | undefined;
  /** How many blocks under the head can still be undone. */
  finality = FINALITY;
  #apiKey: string | undefined;

  constructor(parts: {
    folder: string;
    postgres: RunningPart;
    rpcUrl: string;
    chainProcess: ChildProcess;
    deployment: Deployment;
    accounts: Accounts;
    registrar: string;
    sourceId: string;
    keys: FileKeyStore;
  }) {
    this.folder = parts.folder;
    this.postgres = parts.postgres;
    this.rpcUrl = parts.rpcUrl;
    this.chainProcess = parts.chainProcess;
    this.deployment = parts.deployment;
    this.accounts = parts.accounts;
    this.registrar = parts.registrar;
    this.sourceId = parts.sourceId;
    this.keys = parts.keys;
    this.chain = connectChain({ rpcUrl: parts.rpcUrl, chainId: parts.deployment.chainId });
    this.client = new pg.Client({ connectionString: parts.postgres.url });
    this.workerPool = openPool({ databaseUrl: parts.postgres.url, role: "tanpu_worker" });
  }

  get databaseUrl(): string {
    return this.postgres.url;
  }

  rpc<T>(method: string, params: unknown[] = []): Promise<T> {
    return rpc<T>(this.rpcUrl, method, params);
  }

  async mine(blocks = 1): Promise<void> {
    for (let count = 0; count < blocks; count++) await this.rpc("evm_mine");
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(text, values)).rows;
  }

  stepContext(client: pg.Client, schema = "mirror", finality = FINALITY): StepContext {
    const { deployment } = this;
    return {
      client,
      schema,
      chainId: deployment.chainId,
      firstBlock: 0,
      reader: createReader(this.chain, Object.values(deployment.contracts)),
      decode: buildDecoder(deployment.contracts),
      finalUnder: (head) => head - finality,
      rangeBlocks: 50,
    };
  }

  /** Indexes until the mirror is at the chain's head, like the running indexer would. */
  async index(): Promise<{ undone: number }> {
    const indexer = new pg.Client({
      connectionString: this.databaseUrl,
      options: "-c role=tanpu_indexer",
    });
    await indexer.connect();
    try {
      const context = this.stepContext(indexer, "mirror", this.finality);
      let checkpoint = await openMirror(context);
      let undone = 0;
      for (;;) {
        const result = await step(context, checkpoint);
        checkpoint = result.checkpoint;
        this.checkpoint = checkpoint;
        undone += result.undone;
        if (result.applied === 0 && result.undone === 0) return { undone };
      }
    } finally {
      await indexer.end();
    }
  }

  executeContext(overrides: Partial<ExecuteContext> = {}): ExecuteContext {
    return {
      pool: this.workerPool,
      chainId: this.deployment.chainId,
      contracts: this.deployment.contracts,
      writer: createWriter(this.chain, this.keys),
      keys: this.keys,
      offChain: {},
      logger: pino({ level: "silent" }),
      signal: this.stop.signal,
      ...overrides,
    };
  }

  /** Stores a command like the API does; gives its id. */
  async store(
    kind: string,
    party: Party,
    body: unknown,
    operation: string = randomUUID(),
  ): Promise<string> {
    const signer = Buffer.from(this.accounts[party].slice(2), "hex");
    await this.query(
      `INSERT INTO app.operation (id, content_hash, kind, lane, signer, body, api_key_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        operation,
        randomBytes(32),
        kind,
        this.accounts[party],
        signer,
        JSON.stringify(body),
        await this.#key(),
      ],
    );
    return operation;
  }

  /** Stores a command, carries it out, mines it and mirrors it. */
  async order(kind: string, party: Party, body: unknown): Promise<string> {
    const operation = await this.store(kind, party, body);
    await runLane(this.executeContext(), this.accounts[party]);
    await this.mine();
    await this.index();
    return operation;
  }

  /** Opens an account with a key of its own, by the authority. */
  async openAccount(institution: string): Promise<string> {
    const account = (await this.keys.create()).toLowerCase();
    const { authority } = this.accounts;
    const values = [1, account, institution, DOCUMENT];
    await this.act(authority, "programmes", "openAccount", values);
    return account;
  }

  /** Calls a contract past the commands, mines it and mirrors it. Throws the refusal. */
  async act(
    signer: string,
    contract: ContractName,
    name: string,
    values: readonly unknown[],
  ): Promise<void> {
    const writer = createWriter(this.chain, this.keys);
    const data = interfaces[contract].encodeFunctionData(name, [...values]);
    const call = { to: this.deployment.contracts[contract], data };
    const simulated = await writer.simulate(signer, call);
    if (!simulated.ok) throw new Error(`${contract}.${name}: ${JSON.stringify(simulated.refusal)}`);
    const count = await this.rpc<string>("eth_getTransactionCount", [signer, "latest"]);
    const { gasLimit } = simulated;
    const terms = { nonce: Number(count), gasLimit: gasLimit + 1_000_000n };
    await writer.send((await writer.sign(signer, call, terms)).raw);
    await this.mine();
    await this.index();
  }

  /** What the API would say of an operation: the join of law 2. */
  async stateOf(operation: string): Promise<{ state: string; code: string | null }> {
    const [row] = await this.query<{ state: string; code: string | null }>(
      `SELECT o.code, CASE
         WHEN o.kind IS NOT NULL THEN o.kind
         WHEN n.operation_id IS NULL THEN 'queued'
         WHEN t.hash IS NULL THEN 'sent'
         WHEN t.operation_id IS DISTINCT FROM p.id AND NOT EXISTS (
           SELECT FROM app.attempt a WHERE a.operation_id = n.operation_id AND a.tx_hash = t.hash)
           THEN 'displaced'
         WHEN t.status = 0 THEN 'reverted'
         WHEN t.block_number <= (SELECT final_block FROM mirror.checkpoint) THEN 'final'
         ELSE 'included' END AS state
       FROM app.operation p
       LEFT JOIN app.outcome o ON o.operation_id = p.id
       LEFT JOIN app.operation_nonce n ON n.operation_id = p.id
       LEFT JOIN mirror.transaction t ON t.signer = n.signer AND t.nonce = n.nonce
       WHERE p.id = $1`,
      [operation],
    );
    return row!;
  }

  async grams(party: Party): Promise<bigint> {
    const [row] = await this.query<{ grams: string }>(
      "SELECT coalesce(sum(grams), 0) AS grams FROM mirror.holding WHERE account = $1",
      [Buffer.from(this.accounts[party].slice(2), "hex")],
    );
    return BigInt(row!.grams);
  }

  /** Takes a period from proposal to filing by commands; the notice lasts at least until `noticeEnd`. */
  async fileRequest(
    milligrams: bigint,
    firstDay = FIRST_DAY,
    noticeEnd = 0,
  ): Promise<{ requestId: string; tokenId: string }> {
    const period = { firstDay, endDay: firstDay + 1 };
    const root = id(`root ${firstDay}`);
    const reportHash = id("report");
    await this.order("propose", "applicant", {
      sourceId: this.sourceId,
      ...period,
      root,
      totalMilligrams: milligrams.toString(),
      count: "3",
      depth: 2,
      leafFileHash: id("leaves"),
      reportHash,
    });
    const [request] = await this.query<{ request_id: string; token_id: Buffer }>(
      "SELECT request_id, token_id FROM mirror.request ORDER BY request_id DESC LIMIT 1",
    );
    const requestId = request!.request_id;
    await this.order("attest", "reviewer", {
      statement: {
        requestId,
        root,
        totalMilligrams: milligrams.toString(),
        ...period,
        methodology: 1,
        reportHash,
        kind: 2,
        favourable: true,
        validUntil: "4102444800",
        reviewer: this.accounts.reviewer,
      },
    });
    await this.order("file", "operator", {
      ...{ requestId, filingDocument: DOCUMENT },
      noticeEnd: String(noticeEnd),
    });
    return { requestId, tokenId: `0x${request!.token_id.toString("hex")}` };
  }

  /** Takes a period from proposal to issue by commands; gives the token id, `0x…`. */
  async issueUnits(milligrams: bigint, firstDay = FIRST_DAY): Promise<string> {
    const { requestId, tokenId } = await this.fileRequest(milligrams, firstDay);
    await this.rpc("evm_increaseTime", [10]);
    await this.mine();
    await this.order("issue", "authority", { requestId, document: DOCUMENT });
    return tokenId;
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.chain.close();
    await this.workerPool.end();
    await this.client.end();
    this.chainProcess.kill("SIGKILL");
    await this.postgres.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #key(): Promise<string> {
    if (this.#apiKey) return this.#apiKey;
    this.#apiKey = randomUUID();
    await this.query(
      "INSERT INTO app.api_key (id, key_sha256, name, role, scopes) VALUES ($1, $2, 'test', 'operator', '{}')",
      [this.#apiKey, randomBytes(32)],
    );
    return this.#apiKey;
  }
}

/** Starts everything and sets the demo's programme up; blocks are mined on demand from then on. */
export async function openRegistry(
  options: {
    /** An empty database of a server that stays; an embedded one is started when left out. */
    database?: RunningPart;
  } = {},
): Promise<RegistryChain> {
  const folder = mkdtempSync(path.join(tmpdir(), "tanpu registry "));
  const [postgres, chain] = await Promise.all([
    options.database ?? startPostgres(folder),
    startTestChain(),
  ]);
  await migrate(postgres.url);
  const deployer = Wallet.createRandom();
  const manifest = await deploy({ rpcUrl: chain.url, deployer });
  const deployment = readDeployment(manifest);
  const keys = new FileKeyStore({
    folder: path.join(folder, "keystore"),
    passphrase: "a passphrase of the tests",
    scryptCost: SCRYPT_COST,
  });
  await keys.create(deployer.privateKey);
  const wallets = {} as Record<Party, Wallet>;
  for (const party of PARTIES) {
    wallets[party] = new Wallet(Wallet.createRandom().privateKey);
    await keys.create(wallets[party].privateKey);
  }
  const forEach = (textOf: (party: Party) => string): Accounts =>
    Object.fromEntries(PARTIES.map((party) => [party, textOf(party)])) as Accounts;
  const accounts = forEach((party) => wallets[party].address.toLowerCase());
  const facts: SetUpFacts = {
    contracts: deployment.contracts,
    accounts,
    institutions: forEach((party) => id(`institution ${party}`)),
    methodology: {
      contentHash: id("method"),
      class: 1,
      firstDay: 17_000,
      endDay: 0,
      capMilligrams: 1_000_000_000n,
    },
    assetKey: ASSET_KEY,
    document: DOCUMENT,
  };
  const provider = chainAt(chain.url);
  for (const [signer, firstNonce, steps] of [
    [deployer, DEPLOYMENT_STEPS, registrarSteps(facts)],
    [wallets.authority, 0, authoritySteps(facts)],
    [wallets.operator, 0, operatorSteps(facts)],
  ] as const) {
    await runSteps({ signer, provider, firstNonce, steps });
  }
  provider.destroy();
  await rpc(chain.url, "evm_setAutomine", [false]);
  const registry = new RegistryChain({
    folder,
    postgres,
    rpcUrl: chain.url,
    chainProcess: chain.process,
    deployment,
    accounts,
    registrar: deployer.address.toLowerCase(),
    sourceId: "",
    keys,
  });
  await registry.client.connect();
  await registry.index();
  const [source] = await registry.query<{ source_id: Buffer }>(
    "SELECT source_id FROM mirror.source",
  );
  Object.assign(registry, { sourceId: `0x${source!.source_id.toString("hex")}` });
  return registry;
}
