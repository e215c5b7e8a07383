import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import pg from "pg";
import { parse as parseYaml } from "yaml";
import type { FileKeyStore, KeyMaker } from "../../server/chain/keys.ts";
import { createApiKey } from "../../server/database/commands.ts";
import type { Role } from "../../server/domain/access.ts";
import { toHex, utf8 } from "../../server/domain/bytes.ts";
import { canonicalJson, type Json } from "../../server/domain/canonical.ts";
import { explain } from "../../server/domain/errors.ts";
import { assetKeyOf } from "../../server/domain/fingerprint.ts";
import { type HashSuite, loadHashSuite } from "../../server/domain/hashSuite.ts";
import { checkCanBePutInForce } from "../../server/domain/methodology/catalogue.ts";
import { loadMethodology } from "../../server/domain/methodology/load.ts";
import type { Methodology } from "../../server/domain/methodology/quantify.ts";
import { parseDay } from "../../server/domain/period.ts";
import {
  encodeTokenId,
  formatTokenId,
  institutionIdOf,
  sourceIdOf,
} from "../../server/domain/tokenId.ts";
import { type IntakeKeys, loadKeys } from "../../server/intake/keys.ts";
import { crashPoint } from "../../server/platform/crashPoint.ts";
import { type BlobStore, openBlobStore } from "../../server/platform/store.ts";
import { chainAt, DEPLOYMENT_STEPS, type Manifest, runSteps } from "../deploy.ts";
import {
  folders,
  namedKeys,
  openKeys,
  prepareRegistry,
  readJson,
  stepSigner,
  writeJson,
} from "../dev/registry.ts";
import type { Stack } from "../dev/stack.ts";
import { ApiClient, namedUuid } from "./client.ts";
import {
  authoritySteps,
  METHODOLOGY,
  operatorSteps,
  PARTIES,
  type Party,
  PROGRAMME,
  registrarSteps,
  type SetUpFacts,
} from "./setUp.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");

/** The day of the sample; a monitoring period is half-open. */
export const PERIOD = { first: "2018-09-01", end: "2018-09-02" } as const;

export const PLATFORMS = ["transit-operator", "map-app", "city-app", "position-app"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What the demo knows before it starts: the rules, the published keys, and the ids that follow. */
export type Script = {
  suite: HashSuite;
  intakeKeys: IntakeKeys;
  commonKey: string;
  methodology: Methodology;
  assetKey: Uint8Array;
  sourceId: Uint8Array;
  tokenId: string;
};

/** Everything the acts of the demo work with. */
export type Stage = {
  script: Script;
  stack: Stack;
  manifest: Manifest;
  store: BlobStore;
  accounts: Record<Party, string>;
  reviewerKeys: FileKeyStore;
  clients: Record<Party | Platform | "auditor", ApiClient>;
};

/** Reads rules and published keys. Throws when they are damaged; nothing of it is secret. */
export async function readScript(): Promise<Script> {
  const suite = await loadHashSuite("keccak");
  const keyFile = JSON.parse(
    await readFile(path.join(ROOT, "data", "samples", "demo-keys.json"), "utf8"),
  ) as { commonKey: string };
  const intakeKeys = loadKeys(suite, keyFile, { mode: "demo", randomBytes });
  const methodology = loadMethodology(
    suite,
    parseYaml(await readFile(path.join(ROOT, "methodologies", "demo-transit-1.yaml"), "utf8")),
  );
  if (!intakeKeys.ok || !methodology.ok) throw new Error("The demo's rules or keys are damaged.");
  const inForce = checkCanBePutInForce(
    { form: 1, methodology: methodology.value },
    { demonstration: true },
  );
  if (!inForce.ok) throw new Error(explain(inForce.refusal, "en"));
  const assetKey = assetKeyOf(suite, intakeKeys.value.keys, "fleet", "shenzhen-transit-demo");
  const sourceId = sourceIdOf(suite, PROGRAMME, METHODOLOGY, assetKey);
  const [firstDay, endDay] = [parseDay(PERIOD.first), parseDay(PERIOD.end)];
  if (!firstDay.ok || !endDay.ok) throw new Error("The demo's period is damaged.");
  const tokenId = encodeTokenId(suite, {
    programme: PROGRAMME,
    methodology: METHODOLOGY,
    firstDay: firstDay.value,
    endDay: endDay.value,
    sourceId,
    assetKey,
  });
  return {
    suite,
    intakeKeys: intakeKeys.value,
    commonKey: keyFile.commonKey,
    methodology: methodology.value,
    assetKey,
    sourceId,
    tokenId: formatTokenId(tokenId),
  };
}

/** Deploys the contracts, sets the programme up and hands every party its API key; all resumable. */
export async function setStage(
  stack: Stack,
  script: Script,
  say: (text: string) => void,
): Promise<Stage> {
  const { dataFolder, rpcUrl } = stack;
  const crashing = { ...process.env, TANPU_DATA: dataFolder, TANPU_MODE: "demo" };
  const { manifest, keys, deployer } = await prepareRegistry({
    dataFolder,
    rpcUrl,
    onStep: (k, of) => {
      if (k === Math.floor(of / 2)) crashPoint("deployed-half", crashing);
    },
  });
  say(`Contracts stand on chain ${manifest.chainId} since block ${manifest.deployedBlock}`);
  const hash = (bytes: Uint8Array) => toHex(script.suite.hash(bytes));
  const store = openBlobStore(path.join(folders.published(dataFolder), "blobs"), hash);
  const reviewerKeys = await openKeys(dataFolder, path.join(dataFolder, "demo", "reviewer-keys"));
  const accounts = await partyAccounts(dataFolder, keys, reviewerKeys);
  await setUpProgramme({ stack, script, manifest, store, accounts, keys, deployer });
  crashPoint("accounts-open", crashing);
  say("Programme, accounts, roles, parameters, methodology and source are set up");
  const clients = await openClients(stack, accounts);
  return { script, stack, manifest, store, accounts, reviewerKeys, clients };
}

/** The reviewer signs with a key of its own, which the registry never holds. */
async function partyAccounts(
  dataFolder: string,
  keys: KeyMaker,
  reviewerKeys: FileKeyStore,
): Promise<Record<Party, string>> {
  const held = PARTIES.filter((party): party is Exclude<Party, "reviewer"> => party !== "reviewer");
  const accounts = await namedKeys(folders.parties(dataFolder), held, keys);
  const reviewerFile = path.join(dataFolder, "demo", "reviewer.json");
  return { ...accounts, ...(await namedKeys(reviewerFile, ["reviewer"], reviewerKeys)) };
}

async function setUpProgramme(of: {
  stack: Stack;
  script: Script;
  manifest: Manifest;
  store: BlobStore;
  accounts: Record<Party, string>;
  keys: KeyMaker;
  deployer: string;
}): Promise<void> {
  const { script, manifest, store, accounts, keys } = of;
  const { suite, methodology } = script;
  const decision: Json = {
    format: "tanpu-document/1",
    demonstration: true,
    title: { en: "Set-up of the demonstration", zh: "演示环境设置" },
    note: {
      en: "These decisions are made by the demo itself. No city, firm or person stands behind them.",
      zh: "以下决定由演示程序作出，不代表任何城市、企业或个人。",
    },
  };
  await store.put(utf8(canonicalJson(methodology.document as unknown as Json)));
  const facts: SetUpFacts = {
    contracts: {
      programmes: manifest.contracts.programmes.address,
      sources: manifest.contracts.sources.address,
    },
    accounts,
    institutions: Object.fromEntries(
      PARTIES.map((party) => [party, toHex(institutionIdOf(suite, `tanpu-demo-${party}`))]),
    ) as Record<Party, string>,
    methodology: {
      contentHash: methodology.contentHash,
      class: methodology.document.class,
      firstDay: methodology.firstDay,
      endDay: methodology.endDay ?? 0,
      capMilligrams: methodology.capMilligrams,
    },
    assetKey: toHex(script.assetKey),
    document: await store.put(utf8(canonicalJson(decision))),
  };
  const provider = chainAt(of.stack.rpcUrl);
  try {
    const run = (address: string, firstNonce: number, steps: ReturnType<typeof registrarSteps>) =>
      runSteps({ signer: stepSigner(keys, address), provider, firstNonce, steps });
    await run(of.deployer, DEPLOYMENT_STEPS, registrarSteps(facts));
    await run(accounts.authority, 0, authoritySteps(facts));
    await run(accounts.operator, 0, operatorSteps(facts));
  } finally {
    provider.destroy();
  }
}

const ROLE_OF_PARTY: Record<Party, Role> = {
  authority: "authority",
  operator: "operator",
  applicant: "applicant",
  reviewer: "reviewer",
  enterprise: "enterprise",
};

/** API keys are made once and kept beside the data, so that a later run is the same party. */
async function openClients(
  stack: Stack,
  accounts: Record<Party, string>,
): Promise<Stage["clients"]> {
  const file = path.join(stack.dataFolder, "secrets", "demo-api-keys.json");
  const names = [...PARTIES, ...PLATFORMS, "auditor" as const];
  const known = (await readJson<Record<string, string>>(file)) ?? {};
  for (const name of names) known[name] ??= `tanpu_${randomBytes(32).toString("base64url")}`;
  await writeJson(file, known);
  const owner = new pg.Client({ connectionString: stack.databaseUrl });
  await owner.connect();
  try {
    for (const name of names) {
      const party = PARTIES.find((one) => one === name);
      const platform = PLATFORMS.find((one) => one === name);
      await createApiKey(owner, {
        id: namedUuid(`api-key:${name}`),
        key: known[name] ?? "",
        name: `demo ${name}`,
        role: party ? ROLE_OF_PARTY[party] : platform ? "platform" : "auditor",
        programme: PROGRAMME,
        scopes: ["*"],
        ...(party ? { account: accounts[party] } : {}),
        ...(platform ? { platform } : {}),
      });
    }
  } finally {
    await owner.end();
  }
  const client = (name: string) => new ApiClient(() => stack.apiUrl(), known[name] ?? null);
  return Object.fromEntries(names.map((name) => [name, client(name)])) as Stage["clients"];
}
