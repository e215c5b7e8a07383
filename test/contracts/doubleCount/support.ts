import { type ActivityTree, NO_OPENING, type Opening } from "../../support/activityTree.ts";
import {
  CLASS,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  id,
  institution,
  join,
  key,
  METHODOLOGY,
  networkHelpers,
  OTHER_ASSET,
  PROGRAMME,
  type Registry,
  ROLE,
  registry,
  type Signer,
  SOURCE,
  setParameters,
  sourceIdOf,
} from "../support.ts";

export const FAULT = {
  duplicate: 1,
  period: 2,
  cap: 3,
  order: 4,
  sum: 5,
  shape: 6,
  unanswered: 7,
} as const;
export const DEMAND = { open: 1, answered: 2, unanswered: 3, reclaimed: 4 } as const;
export const FALLEN = 7;
export const ISSUED = 3;
export const OTHER_PROGRAMME = 2;
export const FAR_ASSET = id("far fleet");
export const OTHER_SOURCE = sourceIdOf(PROGRAMME, METHODOLOGY, OTHER_ASSET);
export const FAR_SOURCE = sourceIdOf(OTHER_PROGRAMME, METHODOLOGY, FAR_ASSET);
/** Of the registry's methodology. */
export const CAP = 1_000_000_000n;
export const DEPOSIT_WEI = 1_000n;
export const DEMAND_SECONDS = 7_200n;
export const REMEDY_SECONDS = 864_000n;
export const PERIOD_DAYS = 3;

/**
 * Three sources that a ride can be reported to: two of one programme, one of another. Requests need no review and
 * no notice. Demands cost a deposit.
 */
export async function challengeRegistry() {
  const r = await registry();
  const signers = await ethers.getSigners();
  const [applicantB, ownerB, farAuthority, farApplicant, farOwner, sister, challenger] =
    signers.slice(8) as [Signer, Signer, Signer, Signer, Signer, Signer, Signer];
  await setParameters(r, {
    "notice.seconds": 0n,
    "review.count": 0n,
    "demand.depositWei": DEPOSIT_WEI,
    "demand.seconds": DEMAND_SECONDS,
    "remedy.seconds": REMEDY_SECONDS,
  });
  await join(r, applicantB.address, "applicantB", ROLE.applicant);
  await join(r, ownerB.address, "ownerB", 0);
  await join(r, sister.address, "owner", 0);
  await r.sources
    .connect(r.operator)
    .registerSource(
      PROGRAMME,
      METHODOLOGY,
      OTHER_ASSET,
      applicantB.address,
      ownerB.address,
      DOCUMENT,
    );
  await createFarProgramme(r, farAuthority, farApplicant, farOwner);
  return {
    ...r,
    applicantB,
    ownerB,
    farAuthority,
    farApplicant,
    farOwner,
    sister,
    challenger,
    asChallenger: r.doubleCount.connect(challenger),
  };
}

export type ChallengeRegistry = Awaited<ReturnType<typeof challengeRegistry>>;

async function createFarProgramme(
  r: Registry,
  authority: Signer,
  applicant: Signer,
  owner: Signer,
): Promise<void> {
  const at = OTHER_PROGRAMME;
  const { programmes, sources } = r;
  await programmes.createProgramme(
    at,
    0,
    2,
    authority.address,
    institution("far authority"),
    DOCUMENT,
  );
  const ours = programmes.connect(authority);
  await ours.openAccount(at, applicant.address, institution("far applicant"), DOCUMENT);
  await ours.openAccount(at, owner.address, institution("far owner"), DOCUMENT);
  await ours.grantRole(at, ROLE.applicant, applicant.address, 0, DOCUMENT);
  await ours.grantRole(at, ROLE.operator, r.operator.address, 0, DOCUMENT);
  for (const name of ["notice.seconds", "review.count", "issue.carry"]) {
    await ours.setParameter(at, key(name), 0, 0, DOCUMENT);
  }
  await ours.setParameter(at, key("issue.granularityGrams"), 1, 0, DOCUMENT);
  await sources
    .connect(authority)
    .registerMethodology(at, id("far method"), CLASS, 3, 17_000, 0, 0, DOCUMENT);
  await sources
    .connect(r.operator)
    .registerSource(at, METHODOLOGY, FAR_ASSET, applicant.address, owner.address, DOCUMENT);
}

/** Who proposes for a source, and which authority decides. */
function partiesOf(sourceId: string): ["applicant" | "applicantB" | "farApplicant", Authority] {
  if (sourceId === OTHER_SOURCE) return ["applicantB", "authority"];
  return sourceId === FAR_SOURCE ? ["farApplicant", "farAuthority"] : ["applicant", "authority"];
}

type Authority = "authority" | "farAuthority";

export type Requested = {
  requestId: bigint;
  proposal: ReturnType<typeof treeProposal>;
  tree: ActivityTree;
};

export function treeProposal(
  tree: ActivityTree,
  sourceId: string = SOURCE,
  firstDay: number = FIRST_DAY,
) {
  return {
    sourceId,
    firstDay,
    endDay: firstDay + PERIOD_DAYS,
    ...tree.head,
    hashSuite: 1,
    leafFileHash: id("leaf file"),
    reportHash: id("report"),
  };
}

/** Proposes a tree. */
export async function request(
  r: ChallengeRegistry,
  tree: ActivityTree,
  sourceId: string = SOURCE,
  firstDay: number = FIRST_DAY,
): Promise<Requested> {
  const proposal = treeProposal(tree, sourceId, firstDay);
  await r.issuance.connect(r[partiesOf(sourceId)[0]]).propose(proposal);
  return { requestId: await r.issuance.requestCount(), proposal, tree };
}

/** Files and issues a request. */
export async function issueRequest(r: ChallengeRegistry, requested: Requested): Promise<bigint> {
  const { requestId, proposal } = requested;
  await r.issuance.connect(r.operator).file(requestId, proposal, DOCUMENT, 0);
  await r.issuance.connect(r[partiesOf(proposal.sourceId)[1]]).issue(requestId, proposal, DOCUMENT);
  return r.issuance.tokenIdOf(proposal);
}

/** Proposes and issues. */
export async function issued(
  r: ChallengeRegistry,
  tree: ActivityTree,
  sourceId: string = SOURCE,
  firstDay: number = FIRST_DAY,
): Promise<Requested & { tokenId: bigint }> {
  const requested = await request(r, tree, sourceId, firstDay);
  return { ...requested, tokenId: await issueRequest(r, requested) };
}

/** The claim of a request by a leaf, and where that has no milligrams by its companion. */
export function claim(requested: Requested, entry: number, carrier?: number) {
  const { requestId, proposal, tree } = requested;
  const companion: Opening = carrier === undefined ? NO_OPENING : tree.opening(carrier);
  return { requestId, proposal, entry: tree.opening(entry), carrier: companion };
}

export const stateOf = async (r: ChallengeRegistry, requested: Requested): Promise<bigint> =>
  (await r.issuance.requestOf(requested.requestId)).state;

export const deductedOf = async (r: ChallengeRegistry, requested: Requested): Promise<bigint> =>
  (await r.issuance.requestOf(requested.requestId)).deductedMilligrams;

export const withdraw = (r: ChallengeRegistry, requested: Requested) =>
  r.issuance
    .connect(r[partiesOf(requested.proposal.sourceId)[0]])
    .withdraw(requested.requestId, requested.proposal);

/** The debt of a request with what is owed and outstanding. */
export async function debtOf(r: ChallengeRegistry, requested: Requested) {
  const [debt, owed, outstanding] = await r.doubleCount.debtOf(requested.requestId);
  return { ...debt.toObject(), owed: owed as bigint, outstanding: outstanding as bigint };
}

export const later = (seconds: bigint) => networkHelpers.time.increase(seconds);
