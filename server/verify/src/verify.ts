import { type HashSuite, loadHashSuite } from "../../domain/hashSuite.ts";
import { formatTokenId } from "../../domain/tokenId.ts";
import { type ChainView, readChain, readIdentity } from "./chain.ts";
import { type CertificateCase, checkCertificates } from "./checks/certificateChecks.ts";
import { checkIdentity } from "./checks/chainChecks.ts";
import {
  checkCarry,
  checkIssuedGrams,
  checkIssuedOnce,
  checkReviewers,
} from "./checks/issueChecks.ts";
import { checkLeafFile } from "./checks/leafChecks.ts";
import { checkMethodology } from "./checks/methodologyChecks.ts";
import {
  checkRetirementDocuments,
  checkRetirements,
  type RetirementCase,
} from "./checks/retirementChecks.ts";
import { checkRide } from "./checks/rideChecks.ts";
import {
  checkStatements,
  type SignedStatement,
  type SigningPlace,
} from "./checks/statementChecks.ts";
import { type Balance, checkSerials, checkSupply } from "./checks/supplyChecks.ts";
import {
  checkBundle,
  checkTokenId,
  isKnown,
  type KnownRequest,
  type RequestFacts,
} from "./checks/tokenChecks.ts";
import { type Issue, noMovements, type Statement } from "./facts.ts";
import { openFiles, type PublishedFiles } from "./files.ts";
import type { Bundle, Certificate, Ride } from "./formats.ts";
import { type Check, fail, notProvable, type Report, reportOf } from "./report.ts";
import { openRpc } from "./rpc.ts";
import { Unusable } from "./unusable.ts";

export type { Check, Report } from "./report.ts";

type NamedRide = { name: string; ride: Ride };
type Ground = { suite: HashSuite; files: PublishedFiles; chain: ChainView; signing: SigningPlace };

function requestOf({ facts }: ChainView, bundle: Bundle): RequestFacts {
  const proposal = facts.proposals.get(bundle.requestId);
  const source = proposal?.source;
  const methodology =
    source && facts.methodologies.get(`${source.programme}/${source.methodology}`);
  return { proposal, source, methodology };
}

/** The source's issue before this one. Issues are folded in the order of the chain, one to an id. */
function issueBefore({ facts }: ChainView, issue: Issue, sourceId: string): Issue | undefined {
  const ofSource = [...facts.issues.values()]
    .flat()
    .filter(({ requestId }) => facts.proposals.get(requestId)?.sourceId === sourceId);
  return ofSource[ofSource.indexOf(issue) - 1];
}

async function issueChecks(
  { chain, signing }: Ground,
  bundle: Bundle,
  { proposal, source }: KnownRequest,
): Promise<Check[]> {
  const { facts } = chain;
  const issues = facts.issues.get(bundle.tokenId) ?? [];
  const [issue] = issues;
  const once = checkIssuedOnce(issues, proposal);
  const supply = await chain.supplyOf(bundle.tokenId);
  const movements = facts.movements.get(bundle.tokenId) ?? noMovements();
  const balances: Balance[] = [];
  for (const [account, foldedGrams] of movements.held) {
    const answeredGrams = await chain.balanceOf(account, bundle.tokenId);
    balances.push({ account, foldedGrams, answeredGrams });
  }
  const retired = facts.retiredOf.get(bundle.tokenId) ?? [];
  const supplyChecks = [
    ...checkSupply(issue, supply, movements, balances, retired),
    checkSerials(retired, supply),
  ];
  if (!issue) return [once, ...supplyChecks];
  const rules = await chain.rulesAt(source.programme, issue.blockNumber);
  const statements = facts.statements.get(bundle.requestId) ?? [];
  const { institutions } = facts;
  return [
    checkReviewers(statements, proposal.applicant, institutions, rules.review),
    checkStatements(await signedBy(chain, statements), proposal, signing),
    once,
    checkIssuedGrams(issue, proposal, rules, facts.deductedMilligrams.get(issue.requestId) ?? 0n),
    checkCarry(issue, issueBefore(chain, issue, proposal.sourceId)),
    ...supplyChecks,
  ];
}

/** Statements with the signatures that came with them, and what contracts among the reviewers say. */
async function signedBy(
  chain: ChainView,
  statements: readonly Statement[],
): Promise<SignedStatement[]> {
  const signed: SignedStatement[] = [];
  for (const statement of statements) {
    const { reviewer, digest, transactionHash } = statement;
    const signature = await chain.signatureIn(transactionHash);
    const accepted =
      signature === undefined
        ? undefined
        : await chain.acceptsSignature(reviewer, digest, signature);
    signed.push({ statement, signature, accepted });
  }
  return signed;
}

async function leavingChecks({ suite, files, chain }: Ground, bundle: Bundle): Promise<Check[]> {
  const retirements: RetirementCase[] = [];
  for (const retirement of bundle.retirements) {
    retirements.push({ retirement, document: await files.blob(retirement.content) });
  }
  const certificates: CertificateCase[] = [];
  for (const certificate of bundle.certificates) {
    certificates.push({
      certificate,
      document: await files.blob(certificate.content),
      consumed: await consumedOf(chain, certificate),
    });
  }
  return [
    ...checkRetirements(suite, bundle.retirements, chain.facts.retired),
    checkRetirementDocuments(retirements),
    ...checkCertificates(suite, certificates, chain.facts),
  ];
}

async function consumedOf(chain: ChainView, { retirements }: Certificate): Promise<Set<string>> {
  const consumed = new Set<string>();
  for (const retirement of retirements) {
    if (await chain.isConsumed(retirement)) consumed.add(retirement);
  }
  return consumed;
}

const named = (subject: string, checks: readonly Check[]): Check[] =>
  checks.map((check) => ({ ...check, subject }));

async function checkToken(ground: Ground, bundle: Bundle, rides: readonly NamedRide[]) {
  const { suite, files, chain } = ground;
  const subject = formatTokenId(bundle.tokenId);
  const request = requestOf(chain, bundle);
  const about = checkBundle(bundle, request);
  if (!isKnown(request)) return named(subject, [about]);
  const { proposal } = request;
  const methodology = checkMethodology(
    suite,
    await files.blob(request.methodology.contentHash),
    request.methodology,
  );
  const leaves = checkLeafFile(
    suite,
    await files.blob(proposal.leafFileHash),
    proposal,
    request.methodology.capMilligrams,
  );
  const { file, tree } = leaves;
  const rideGround = { proposal, file, tree, methodology: methodology.methodology };
  return [
    ...named(subject, [
      about,
      checkTokenId(suite, bundle.tokenId, request),
      methodology.check,
      ...leaves.checks,
      ...(await issueChecks(ground, bundle, request)),
      ...(await leavingChecks(ground, bundle)),
    ]),
    ...rides.flatMap(({ name, ride }) =>
      named(`${subject} rides/${name}`, checkRide(suite, ride, rideGround)),
    ),
  ];
}

async function selectBundles(files: PublishedFiles, tokenId?: bigint): Promise<Bundle[]> {
  const bundles = await files.bundles();
  const chosen = tokenId === undefined ? bundles : bundles.filter((it) => it.tokenId === tokenId);
  if (chosen.length > 0) return chosen;
  throw new Unusable(
    tokenId === undefined
      ? "The folder has no token in tokens/."
      : `The folder has no token ${formatTokenId(tokenId)} in tokens/.`,
  );
}

function strayRides(rides: readonly NamedRide[], bundles: readonly Bundle[]): Check[] {
  const stray = rides.find(({ ride }) => !bundles.some(({ tokenId }) => tokenId === ride.tokenId));
  if (!stray) return [];
  return [
    fail("ride.token", [
      `The ride rides/${stray.name} names a token that was not published.`,
      `行程 rides/${stray.name} 所指的减排量未公布。`,
    ]),
  ];
}

/**
 * Checks a published folder against a chain node and nothing else. Stops after the checks of the
 * chain when it is another chain or other code. Throws `Unusable` when files or node cannot be read.
 */
export async function verify(of: {
  filesFolder: string;
  rpcUrl: string;
  /** All published tokens when undefined. */
  tokenId?: bigint | undefined;
}): Promise<Report> {
  const suite = await loadHashSuite("keccak");
  const files = openFiles(of.filesFolder, suite);
  const manifest = await files.manifest();
  const bundles = await selectBundles(files, of.tokenId);
  const rides = await files.rides();
  const rpc = openRpc(of.rpcUrl);

  const checks = checkIdentity(manifest, await readIdentity(rpc, manifest));
  if (checks.some(({ result }) => result === "fail")) return reportOf(checks);
  const chain = await readChain(rpc, manifest);
  const signing = { chainId: manifest.chainId, issuance: manifest.contracts.issuance.address };
  for (const bundle of bundles) {
    const own = rides.filter(({ ride }) => ride.tokenId === bundle.tokenId);
    checks.push(...(await checkToken({ suite, files, chain, signing }, bundle, own)));
  }
  if (of.tokenId === undefined) checks.push(...strayRides(rides, bundles));
  if (rides.length === 0) {
    checks.push(notProvable("ride.fingerprints", ["No ride was published.", "未公布行程。"]));
  }
  await chain.requireUnmoved();
  return reportOf(checks);
}
