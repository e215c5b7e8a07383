import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { id, Wallet } from "ethers";
import pg from "pg";
import { type Deployment, interfaces, readDeployment } from "../../server/chain/contracts.ts";
import type { ContractName } from "../../server/chain/events.ts";
import { createApiKey } from "../../server/database/commands.ts";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import { STATEMENT_DOMAIN, statementMembers } from "../../server/domain/reviewStatement.ts";
import { encodeTokenId, formatTokenId, sourceIdOf } from "../../server/domain/tokenId.ts";
import { namedUuid } from "../demo/client.ts";
import {
  authoritySteps,
  METHODOLOGY,
  operatorSteps,
  PARTIES,
  type Party,
  PROGRAMME,
  registrarSteps,
  type SetUpFacts,
} from "../demo/setUp.ts";
import { chainAt, DEPLOYMENT_STEPS, runSteps, type Step } from "../deploy.ts";
import { prepareRegistry, stepSigner } from "../dev/registry.ts";
import type { Stack } from "../dev/stack.ts";

const DOCUMENT = id("a document of a trial");
const ASSET_KEY = id("a fleet of a trial");
/** 1 September 2018, China time. */
const FIRST_DAY = 17_775;
const REQUEST = 1;
const NOTICE_MILLISECONDS = 4_000;
const YEAR_2100 = 4_102_444_800;

/** An institution's account with its API key, whose secret it is. */
export type WorldAccount = { readonly address: string; readonly apiKey: string };

/** A registry with units in many accounts, on a stack that runs: the stage of benchmarks and fault runs. */
export type RegistryWorld = {
  readonly deployment: Deployment;
  readonly tokenId: string;
  /** Accounts whose keys the registry holds. */
  readonly accounts: readonly WorldAccount[];
  /** Accounts whose keys only the caller holds. */
  readonly outsiders: readonly Wallet[];
  /** The authority of the programme. */
  readonly authority: WorldAccount;
  /** What the issued request, number 1, proposed; its tree has 4,000 leaves that nobody has. */
  readonly proposal: Readonly<Record<string, unknown>>;
  /** Requests of the days after that one, undecided, for the trees that were asked for, in their order. */
  readonly undecided: readonly UndecidedRequest[];
};

export type UndecidedRequest = {
  readonly requestId: number;
  readonly proposal: Readonly<Record<string, unknown>>;
};

/** A tree to propose; `root` and `leafFileHash` are 32 bytes, `0x…`. */
export type ProposedTree = {
  readonly root: string;
  readonly totalMilligrams: bigint;
  readonly count: bigint;
  readonly depth: number;
  readonly leafFileHash: string;
};

type Keys = Awaited<ReturnType<typeof prepareRegistry>>["keys"];

/** Puts the contracts on the stack's chain, issues `grams` and gives every account an equal part of half of them. */
export async function openWorld(
  stack: Stack,
  options: {
    accounts: number;
    outsiders: number;
    grams: bigint;
    trees?: readonly ProposedTree[];
  },
): Promise<RegistryWorld> {
  const { dataFolder, rpcUrl } = stack;
  const { manifest, keys, deployer } = await prepareRegistry({ dataFolder, rpcUrl });
  const deployment = readDeployment(manifest);
  const parties = {} as Record<Party, string>;
  const reviewer = new Wallet(Wallet.createRandom().privateKey);
  for (const party of PARTIES) {
    parties[party] = party === "reviewer" ? reviewer.address : await keys.create();
  }
  const held: string[] = [];
  for (let count = 0; count < options.accounts; count++) held.push(await keys.create());
  const outsiders = Array.from({ length: options.outsiders }, () => {
    return new Wallet(Wallet.createRandom().privateKey);
  });
  const facts: SetUpFacts = {
    contracts: deployment.contracts,
    accounts: parties,
    institutions: Object.fromEntries(PARTIES.map((party) => [party, id(party)])) as never,
    methodology: {
      ...{ contentHash: id("a methodology of a trial"), class: 1, firstDay: 17_000, endDay: 0 },
      capMilligrams: 10n ** 15n,
    },
    ...{ assetKey: ASSET_KEY, document: DOCUMENT },
  };
  const addresses = [...held, ...outsiders.map(({ address }) => address.toLowerCase())];
  const { tokenId, proposal, undecided } = await issue(
    { rpcUrl, keys, deployer, deployment, facts, reviewer },
    addresses,
    { grams: options.grams, trees: options.trees ?? [] },
  );
  const owner = new pg.Client({ connectionString: stack.databaseUrl });
  await owner.connect();
  try {
    const accounts: WorldAccount[] = [];
    for (const address of held) accounts.push(await withKey(owner, address, "enterprise"));
    const authority = await withKey(owner, parties.authority, "authority");
    return { deployment, tokenId, accounts, outsiders, authority, proposal, undecided };
  } finally {
    await owner.end();
  }
}

async function withKey(
  owner: pg.Client,
  account: string,
  role: "enterprise" | "authority",
): Promise<WorldAccount> {
  const address = account.toLowerCase();
  const apiKey = `tanpu_${randomBytes(32).toString("base64url")}`;
  const name = `trial ${role} ${address}`;
  const key = { id: namedUuid(name), key: apiKey, name, role, scopes: ["*"] };
  await createApiKey(owner, { ...key, programme: PROGRAMME, account: address });
  return { address, apiKey };
}

async function issue(
  of: {
    rpcUrl: string;
    keys: Keys;
    deployer: string;
    deployment: Deployment;
    facts: SetUpFacts;
    reviewer: Wallet;
  },
  holders: readonly string[],
  { grams, trees }: { grams: bigint; trees: readonly ProposedTree[] },
): Promise<Pick<RegistryWorld, "tokenId" | "proposal" | "undecided">> {
  const { rpcUrl, keys, deployment, facts, reviewer } = of;
  const { contracts, chainId } = deployment;
  const suite = await loadHashSuite("keccak");
  const assetKey = fromHex(ASSET_KEY);
  const sourceId = sourceIdOf(suite, PROGRAMME, METHODOLOGY, assetKey);
  const period = { firstDay: FIRST_DAY, endDay: FIRST_DAY + 1 };
  const proposal = {
    ...{ sourceId: toHex(sourceId), ...period, root: id("root"), totalMilligrams: grams * 1_000n },
    ...{
      count: 4_000n,
      depth: 12,
      hashSuite: 1,
      leafFileHash: id("leaves"),
      reportHash: id("report"),
    },
  };
  const undecided = trees.map((tree, index): UndecidedRequest => {
    const firstDay = FIRST_DAY + 1 + index;
    const days = { firstDay, endDay: firstDay + 1 };
    return { requestId: REQUEST + 1 + index, proposal: { ...proposal, ...days, ...tree } };
  });
  const attestation = {
    ...{ requestId: REQUEST, kind: 2, favourable: true, validUntil: YEAR_2100 },
    reviewer: reviewer.address,
  };
  const signature = await reviewer.signTypedData(
    { ...STATEMENT_DOMAIN, chainId, verifyingContract: contracts.issuance },
    { Statement: [...statementMembers] },
    { ...proposal, ...attestation, methodology: METHODOLOGY },
  );
  const tokenId = formatTokenId(
    encodeTokenId(suite, {
      ...{ programme: PROGRAMME, methodology: METHODOLOGY, ...period, sourceId, assetKey },
    }),
  );
  const call = (contract: ContractName, name: string, values: readonly unknown[]): Step => ({
    ...{ name, to: contracts[contract] },
    data: interfaces[contract].encodeFunctionData(name, [...values]),
  });
  const { authority, operator, applicant } = facts.accounts;
  const provider = chainAt(rpcUrl);
  const nonces = new Map<string, number>();
  const run = async (address: string, steps: readonly Step[]): Promise<void> => {
    const firstNonce = nonces.get(address) ?? (address === of.deployer ? DEPLOYMENT_STEPS : 0);
    await runSteps({ signer: stepSigner(keys, address), provider, firstNonce, steps });
    nonces.set(address, firstNonce + steps.length);
  };
  const opened = holders.map((account) =>
    call("programmes", "openAccount", [PROGRAMME, account, id(account), DOCUMENT]),
  );
  const share = grams / 2n / BigInt(Math.max(1, holders.length));
  const given = holders.map((account) =>
    call("reductionToken", "safeTransferFrom", [applicant, account, tokenId, share, "0x"]),
  );
  try {
    await run(of.deployer, registrarSteps(facts));
    await run(authority, [...authoritySteps(facts), ...opened]);
    await run(operator, operatorSteps(facts));
    await run(applicant, [call("issuance", "propose", [proposal])]);
    await run(operator, [
      call("issuance", "attest", [attestation, proposal, signature]),
      call("issuance", "file", [REQUEST, proposal, DOCUMENT, 0]),
    ]);
    await sleep(NOTICE_MILLISECONDS);
    await run(authority, [call("issuance", "issue", [REQUEST, proposal, DOCUMENT])]);
    await run(applicant, given);
    await run(
      applicant,
      undecided.map((request) => call("issuance", "propose", [request.proposal])),
    );
  } finally {
    provider.destroy();
  }
  return { tokenId, proposal, undecided };
}
