import type { BaseContract, ContractMethod, ContractRunner } from "ethers";
import hre, { network } from "hardhat";
import type { accessManagerAbi } from "../../server/chain/abi/accessManager.ts";
import type { accountGuardAbi } from "../../server/chain/abi/accountGuard.ts";
import type { certificateAbi } from "../../server/chain/abi/certificate.ts";
import type { correctionsAbi } from "../../server/chain/abi/corrections.ts";
import type { doubleCountAbi } from "../../server/chain/abi/doubleCount.ts";
import type { freezesAbi } from "../../server/chain/abi/freezes.ts";
import type { issuanceAbi } from "../../server/chain/abi/issuance.ts";
import type { pledgeAbi } from "../../server/chain/abi/pledge.ts";
import type { poolReserveAbi } from "../../server/chain/abi/poolReserve.ts";
import type { programmesAbi } from "../../server/chain/abi/programmes.ts";
import type { reductionTokenAbi } from "../../server/chain/abi/reductionToken.ts";
import type { settlementAbi } from "../../server/chain/abi/settlement.ts";
import type { sourcesAbi } from "../../server/chain/abi/sources.ts";

/** One in-process chain for a whole test file; fixtures roll it back between tests. */
export const chain = await network.create();
export const { ethers, networkHelpers } = chain;
const { id, ZeroHash } = ethers;

/** Coverage instruments the code, so that its size, gas and hash say nothing about what is deployed. */
export const instrumented = hre.globalOptions.coverage;

export const PROGRAMME = 1;
export const METHODOLOGY = 1;
export const CLASS = 1;
export const OTHER_PROGRAMME = 2;
export const ROLE = {
  authority: 1,
  operator: 2,
  reviewer: 3,
  applicant: 4,
  exchange: 5,
  custodian: 6,
} as const;
export const STATE = {
  proposed: 1,
  filed: 2,
  issued: 3,
  rejected: 4,
  withdrawn: 5,
  expired: 6,
  fallen: 7,
} as const;
export const SOURCE_STATE = { pending: 1, active: 2, suspended: 3, delisted: 4 } as const;
/** 1 September 2018, China time. */
export const FIRST_DAY = 17_775;
export const ASSET = id("fleet");
export const OTHER_ASSET = id("other fleet");
export const DOCUMENT = id("document");
export const NOTICE_SECONDS = 3_600n;
export const RESERVATION_SECONDS = 86_400n;
export const ACT_SECONDS = 86_400n;

export const key = (name: string): string => ethers.encodeBytes32String(name);
export const institution = (name: string): string => id(`institution ${name}`);

export function sourceIdOf(programme: number, methodology: number, assetKey: string): string {
  const types = ["uint32", "uint32", "bytes32"];
  return ethers.keccak256(
    ethers.AbiCoder.defaultAbiCoder().encode(types, [programme, methodology, assetKey]),
  );
}

export const SOURCE = sourceIdOf(PROGRAMME, METHODOLOGY, ASSET);

type FunctionName<Abi extends readonly { type: string }[]> = Extract<
  Abi[number],
  { type: "function"; name: string }
>["name"];

/** A contract whose functions are known by name. */
export type TestContract<Names extends string> = Omit<BaseContract, "connect"> &
  Record<Names, ContractMethod> & { connect(runner: ContractRunner): TestContract<Names> };

/** Deploys a compiled contract from the first account. */
export async function create<Names extends string>(
  name: string,
  args: readonly unknown[] = [],
): Promise<TestContract<Names>> {
  return (await ethers.deployContract(name, [...args])) as unknown as TestContract<Names>;
}

/** A contract account of the mocks; it accepts what `owner` signs. */
export const createWallet = (owner: string) =>
  create<
    | "setRefuses"
    | "setSignsNothing"
    | "setCallback"
    | "callbackFailed"
    | "callbackError"
    | "execute"
    | "isValidSignature"
  >("ContractWallet", [owner]);

/** Each contract of a registry with the functions that its ABI names. */
type Contracts = {
  manager: TestContract<FunctionName<typeof accessManagerAbi>>;
  programmes: TestContract<FunctionName<typeof programmesAbi>>;
  sources: TestContract<FunctionName<typeof sourcesAbi>>;
  issuance: TestContract<FunctionName<typeof issuanceAbi>>;
  token: TestContract<FunctionName<typeof reductionTokenAbi>>;
  certificate: TestContract<FunctionName<typeof certificateAbi>>;
  accountGuard: TestContract<FunctionName<typeof accountGuardAbi>>;
  freezes: TestContract<FunctionName<typeof freezesAbi>>;
  corrections: TestContract<FunctionName<typeof correctionsAbi>>;
  doubleCount: TestContract<FunctionName<typeof doubleCountAbi>>;
  settlement: TestContract<FunctionName<typeof settlementAbi>>;
  pledge: TestContract<FunctionName<typeof pledgeAbi>>;
  poolReserve: TestContract<FunctionName<typeof poolReserveAbi>>;
};

type Place = keyof Contracts;
type AddressOf = (place: Place) => string;

/** What the token is wired to, in the order of its struct. */
const WIRED = [
  "programmes",
  "issuance",
  "certificate",
  "accountGuard",
  "freezes",
  "corrections",
  "doubleCount",
  "settlement",
  "pledge",
  "poolReserve",
] as const;

/**
 * In the order of deployment, which is the deployer's nonce, so that contracts can name each other.
 */
const CREATIONS: readonly (readonly [Place, string, (at: AddressOf) => unknown[]])[] = [
  ["manager", "AccessManager", () => []],
  ["programmes", "Programmes", (at) => [at("manager"), at("token")]],
  [
    "sources",
    "Sources",
    (at) => [at("manager"), at("programmes"), at("issuance"), at("poolReserve")],
  ],
  [
    "issuance",
    "Issuance",
    (at) => [at("programmes"), at("sources"), at("token"), at("doubleCount")],
  ],
  ["token", "ReductionToken", (at) => [at("manager"), WIRED.map(at)]],
  ["certificate", "Certificate", (at) => [at("token"), at("programmes"), at("doubleCount")]],
  ["accountGuard", "AccountGuard", (at) => [at("programmes"), at("token")]],
  ["freezes", "Freezes", (at) => [at("programmes"), at("token"), at("doubleCount")]],
  ["corrections", "Corrections", (at) => [at("programmes"), at("token")]],
  [
    "doubleCount",
    "DoubleCount",
    (at) => [at("programmes"), at("sources"), at("issuance"), at("token"), at("freezes")],
  ],
  ["settlement", "Settlement", (at) => [at("programmes"), at("token")]],
  ["pledge", "Pledge", (at) => [at("programmes"), at("token")]],
  ["poolReserve", "PoolReserve", (at) => [at("programmes"), at("token")]],
];

/** All contracts and nothing in them. The registrar is who deployed them. */
export async function bareRegistry() {
  const [registrar, authority, operator, reviewer, applicant, owner, enterprise, outsider] =
    await ethers.getSigners();
  const from = registrar!.address;
  const first = await registrar!.getNonce();
  const at: AddressOf = (place) => {
    const nonce = first + CREATIONS.findIndex(([name]) => name === place);
    return ethers.getCreateAddress({ from, nonce });
  };
  const contracts: Partial<Record<Place, unknown>> = {};
  for (const [place, artifact, args] of CREATIONS) {
    contracts[place] = await create(artifact, place === "manager" ? [from] : args(at));
  }
  return {
    ...(contracts as Contracts),
    addressOf: at,
    registrar: registrar!,
    authority: authority!,
    operator: operator!,
    reviewer: reviewer!,
    applicant: applicant!,
    owner: owner!,
    enterprise: enterprise!,
    outsider: outsider!,
  };
}

export type Registry = Awaited<ReturnType<typeof bareRegistry>>;
export type Signer = Registry["authority"];

/** A city's programme with accounts, roles, parameters, one methodology and one source. */
export async function registry() {
  const r = await bareRegistry();
  const { programmes, sources, authority, operator } = r;
  await programmes.createProgramme(
    PROGRAMME,
    0,
    2,
    authority.address,
    institution("authority"),
    DOCUMENT,
  );
  const asAuthority = programmes.connect(authority);
  for (const name of ["operator", "reviewer", "applicant", "owner", "enterprise"] as const) {
    await asAuthority.openAccount(PROGRAMME, r[name].address, institution(name), DOCUMENT);
  }
  for (const name of ["operator", "reviewer", "applicant"] as const) {
    await asAuthority.grantRole(PROGRAMME, ROLE[name], r[name].address, 0, DOCUMENT);
  }
  await setParameters(r, {
    "notice.seconds": NOTICE_SECONDS,
    "review.count": 1n,
    "issue.granularityGrams": 1n,
    "issue.carry": 1n,
    "reservation.seconds": RESERVATION_SECONDS,
    "certificate.purposes": 0b1100n,
    "act.seconds": ACT_SECONDS,
  });
  await sources
    .connect(authority)
    .registerMethodology(PROGRAMME, id("method"), CLASS, 3, 17_000, 0, 1_000_000_000n, DOCUMENT);
  await sources
    .connect(operator)
    .registerSource(PROGRAMME, METHODOLOGY, ASSET, r.applicant.address, r.owner.address, DOCUMENT);
  return r;
}

export async function setParameters(r: Registry, values: Record<string, bigint>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await r.programmes.connect(r.authority).setParameter(PROGRAMME, key(name), value, 0, DOCUMENT);
  }
}

/**
 * A signer for a contract of the registry, also for one that is not deployed, for what only it may
 * call.
 */
export async function asContract(r: Registry, place: Place) {
  const address = r.addressOf(place);
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, 10n ** 18n);
  return ethers.getSigner(address);
}

/** Opens an account and grants it a role of the programme, 0 for none. */
export async function join(
  r: Registry,
  account: string,
  name: string,
  role: number,
): Promise<void> {
  const programmes = r.programmes.connect(r.authority);
  await programmes.openAccount(PROGRAMME, account, institution(name), DOCUMENT);
  if (role !== 0) await programmes.grantRole(PROGRAMME, role, account, 0, DOCUMENT);
}

export type Proposal = ReturnType<typeof proposalOf>;

export function proposalOf(changes: Partial<Record<string, unknown>> = {}) {
  return {
    sourceId: SOURCE,
    firstDay: FIRST_DAY,
    endDay: FIRST_DAY + 1,
    root: id("root"),
    totalMilligrams: 10_000_500n,
    count: 3n,
    depth: 2,
    hashSuite: 1,
    leafFileHash: id("leaf file"),
    reportHash: id("report"),
    ...changes,
  };
}

/** A favourable verification, valid for a year of chain time. */
export async function attestationOf(
  requestId: bigint,
  reviewer: string,
  changes: Partial<Record<string, unknown>> = {},
) {
  return {
    requestId,
    kind: 2,
    favourable: true,
    validUntil: BigInt(await networkHelpers.time.latest()) + 31_536_000n,
    reviewer,
    ...changes,
  };
}

export type Attestation = Awaited<ReturnType<typeof attestationOf>>;

/** What a reviewer signs: the attestation and what it repeats of the proposal. */
export function statementOf(attestation: Attestation, proposal: Proposal) {
  const { requestId, ...opinion } = attestation;
  return {
    requestId,
    root: proposal.root,
    totalMilligrams: proposal.totalMilligrams,
    firstDay: proposal.firstDay,
    endDay: proposal.endDay,
    methodology: METHODOLOGY,
    reportHash: proposal.reportHash,
    ...opinion,
  };
}

export type Statement = ReturnType<typeof statementOf>;

export const STATEMENT_TYPES = {
  Statement: [
    { name: "requestId", type: "uint64" },
    { name: "root", type: "bytes32" },
    { name: "totalMilligrams", type: "uint128" },
    { name: "firstDay", type: "uint32" },
    { name: "endDay", type: "uint32" },
    { name: "methodology", type: "uint32" },
    { name: "reportHash", type: "bytes32" },
    { name: "kind", type: "uint8" },
    { name: "favourable", type: "bool" },
    { name: "validUntil", type: "uint64" },
    { name: "reviewer", type: "address" },
  ],
};

/** Signs typed data of a contract whose EIP-712 domain has version 1. */
export async function signTyped(
  contract: { getAddress(): Promise<string> },
  name: string,
  types: Parameters<Signer["signTypedData"]>[1],
  value: Record<string, unknown>,
  signer: Signer,
): Promise<string> {
  const { chainId } = await ethers.provider.getNetwork();
  const verifyingContract = await contract.getAddress();
  return signer.signTypedData({ name, version: "1", chainId, verifyingContract }, types, value);
}

export async function sign(r: Registry, signer: Signer, statement: Statement): Promise<string> {
  return signTyped(r.issuance, "Tanpu Issuance", STATEMENT_TYPES, statement, signer);
}

/** Proposes and answers the request's number. */
export async function propose(r: Registry, proposal: Proposal = proposalOf()): Promise<bigint> {
  await r.issuance.connect(r.applicant).propose(proposal);
  return r.issuance.requestCount();
}

export async function attest(
  r: Registry,
  requestId: bigint,
  proposal: Proposal = proposalOf(),
  changes: Partial<Record<string, unknown>> = {},
  signer: Signer = r.reviewer,
): Promise<void> {
  const attestation = await attestationOf(requestId, signer.address, changes);
  const signature = await sign(r, signer, statementOf(attestation, proposal));
  await r.issuance.connect(r.outsider).attest(attestation, proposal, signature);
}

export async function file(
  r: Registry,
  requestId: bigint,
  proposal: Proposal = proposalOf(),
): Promise<void> {
  await r.issuance.connect(r.operator).file(requestId, proposal, DOCUMENT, 0);
}

export async function noticeOver(): Promise<void> {
  await networkHelpers.time.increase(NOTICE_SECONDS);
}

/** A request up to the end of its notice. */
export async function filed(r: Registry, proposal: Proposal = proposalOf()): Promise<bigint> {
  const requestId = await propose(r, proposal);
  await attest(r, requestId, proposal);
  await file(r, requestId, proposal);
  await noticeOver();
  return requestId;
}

/** A whole issue; answers the token id. */
export async function issue(r: Registry, proposal: Proposal = proposalOf()): Promise<bigint> {
  const requestId = await filed(r, proposal);
  await r.issuance.connect(r.authority).issue(requestId, proposal, DOCUMENT);
  return r.issuance.tokenIdOf(proposal);
}

/** A registry in which the owner holds 10,000 g of one id. */
export async function issuedRegistry() {
  const r = await registry();
  const tokenId = await issue(r);
  return { ...r, tokenId };
}

export type IssuedRegistry = Awaited<ReturnType<typeof issuedRegistry>>;

/** Retires grams of an account and answers the retirement's id. */
export async function retire(
  r: IssuedRegistry,
  holder: Signer,
  grams: bigint,
  purpose = 3,
): Promise<string> {
  const token = r.token.connect(holder);
  const content = id("retirement");
  const retirementId = await token.retire.staticCall(r.tokenId, grams, purpose, content);
  await token.retire(r.tokenId, grams, purpose, content);
  return retirementId;
}

export { id, ZeroHash };
