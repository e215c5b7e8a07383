import type { BaseContract, ContractMethod, ContractRunner } from "ethers";
import hre, { network } from "hardhat";
import type { accessManagerAbi } from "../../server/chain/abi/accessManager.ts";
import type { certificateAbi } from "../../server/chain/abi/certificate.ts";
import type { issuanceAbi } from "../../server/chain/abi/issuance.ts";
import type { programmesAbi } from "../../server/chain/abi/programmes.ts";
import type { reductionTokenAbi } from "../../server/chain/abi/reductionToken.ts";
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
export const ROLE = { authority: 1, operator: 2, reviewer: 3, applicant: 4 } as const;
export const STATE = {
  proposed: 1,
  filed: 2,
  issued: 3,
  rejected: 4,
  withdrawn: 5,
  expired: 6,
} as const;
/** 1 September 2018, China time. */
export const FIRST_DAY = 17_775;
export const ASSET = id("fleet");
export const OTHER_ASSET = id("other fleet");
export const DOCUMENT = id("document");
export const NOTICE_SECONDS = 3_600n;
export const RESERVATION_SECONDS = 86_400n;

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
    | "setCallback"
    | "callbackFailed"
    | "callbackError"
    | "execute"
    | "isValidSignature"
  >("ContractWallet", [owner]);

/** The five contracts and nothing in them. The registrar is who deployed them. */
export async function bareRegistry() {
  const [registrar, authority, operator, reviewer, applicant, owner, enterprise, outsider] =
    await ethers.getSigners();
  const from = registrar!.address;
  const nonce = await registrar!.getNonce();
  const at = (k: number) => ethers.getCreateAddress({ from, nonce: nonce + k });
  const manager = await create<FunctionName<typeof accessManagerAbi>>("AccessManager", [from]);
  const programmes = await create<FunctionName<typeof programmesAbi>>("Programmes", [at(0), at(4)]);
  const sources = await create<FunctionName<typeof sourcesAbi>>("Sources", [at(0), at(1), at(3)]);
  const issuance = await create<FunctionName<typeof issuanceAbi>>("Issuance", [
    at(1),
    at(2),
    at(4),
  ]);
  const token = await create<FunctionName<typeof reductionTokenAbi>>("ReductionToken", [
    at(1),
    at(3),
  ]);
  const certificate = await create<FunctionName<typeof certificateAbi>>("Certificate", [
    at(4),
    at(1),
  ]);
  return {
    manager,
    programmes,
    sources,
    issuance,
    token,
    certificate,
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

/** A statement that fits the proposal; valid for a year of chain time. */
export async function statementOf(
  requestId: bigint,
  proposal: Proposal,
  reviewer: string,
  changes: Partial<Record<string, unknown>> = {},
) {
  return {
    requestId,
    root: proposal.root,
    totalMilligrams: proposal.totalMilligrams,
    firstDay: proposal.firstDay,
    endDay: proposal.endDay,
    methodology: METHODOLOGY,
    reportHash: proposal.reportHash,
    kind: 2,
    favourable: true,
    validUntil: BigInt(await networkHelpers.time.latest()) + 31_536_000n,
    reviewer,
    ...changes,
  };
}

export type Statement = Awaited<ReturnType<typeof statementOf>>;

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

export async function sign(r: Registry, signer: Signer, statement: Statement): Promise<string> {
  const domain = {
    name: "Tanpu Issuance",
    version: "1",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: await r.issuance.getAddress(),
  };
  return signer.signTypedData(domain, STATEMENT_TYPES, statement);
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
  const statement = await statementOf(requestId, proposal, signer.address, changes);
  await r.issuance.connect(r.outsider).attest(statement, await sign(r, signer, statement));
}

export async function file(r: Registry, requestId: bigint): Promise<void> {
  await r.issuance.connect(r.operator).file(requestId, DOCUMENT, 0);
}

export async function noticeOver(): Promise<void> {
  await networkHelpers.time.increase(NOTICE_SECONDS);
}

/** A request up to the end of its notice. */
export async function filed(r: Registry, proposal: Proposal = proposalOf()): Promise<bigint> {
  const requestId = await propose(r, proposal);
  await attest(r, requestId, proposal);
  await file(r, requestId);
  await noticeOver();
  return requestId;
}

/** A whole issue; answers the token id. */
export async function issue(r: Registry, proposal: Proposal = proposalOf()): Promise<bigint> {
  const requestId = await filed(r, proposal);
  await r.issuance.connect(r.authority).issue(requestId, DOCUMENT);
  return (await r.issuance.requestOf(requestId)).tokenId;
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
