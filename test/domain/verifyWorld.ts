import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  AbiCoder,
  encodeBytes32String,
  id,
  keccak256,
  TypedDataEncoder,
  Wallet,
  ZeroAddress,
  ZeroHash,
} from "ethers";
import { fromHex, toHex, utf8 } from "../../server/domain/bytes.ts";
import { canonicalJson, type Json } from "../../server/domain/canonical.ts";
import { neutralityCertificate, retirementContent } from "../../server/domain/certificate.ts";
import { beneficiaryOf, evidenceOf } from "../../server/domain/commitment.ts";
import { carrierTimeFingerprints } from "../../server/domain/fingerprint.ts";
import { keyRingOf } from "../../server/domain/keyRing.ts";
import { encodeLeafFile } from "../../server/domain/leafFile.ts";
import { STATEMENT_DOMAIN, statementMembers } from "../../server/domain/reviewStatement.ts";
import { buildTree, encodeLeaves, type Leaf } from "../../server/domain/sumTree.ts";
import { encodeTokenId, formatTokenId, sourceIdOf } from "../../server/domain/tokenId.ts";
import { demoMethodology, suite, unwrap } from "./support.ts";
import {
  addressOf,
  codeOfContract,
  contractNames,
  type Emitted,
  type FakeChain,
  hashOfBlock,
} from "./verifyNode.ts";

/*
 * A small registry, made by hand: one token of two rides, of which three platforms reported the
 * first; one transfer, two retirements, one certificate. Everything agrees; tests break it.
 */

const FIRST_DAY = 17_775;
const RIDE_AT = 1_535_765_630;
const ASSET = id("fleet");
const COMMON_KEY = id("common key");
const PARTICIPANT = id("participant").slice(0, 34);
const SALTS = { beneficiary: id("salt 1"), evidence: id("salt 2") };
const EVIDENCE = { behaviour: "bus-trip", parameterIndex: 0, quantities: { trips: "1" } };
const WINDOW_SECONDS = 360;
const DOCUMENT = id("document");
export const BUS_MILLIGRAMS = 371_000n;

const walletOf = (name: string): Wallet => new Wallet(id(`account ${name}`));
export const account = (name: string): string => walletOf(name).address.toLowerCase();
export const institution = (name: string): string => id(`institution ${name}`);

const keys = keyRingOf(suite, { commonKey: fromHex(COMMON_KEY), programmeKeys: new Map() });
const reports = [
  { platform: "transit-operator", carrier: "01620D", card: "CARD1", at: RIDE_AT },
  { platform: "map-app", carrier: "01620D", card: "CARD1", at: RIDE_AT + 80 },
  { platform: "city-app", carrier: "01620D", card: "CARD1", at: RIDE_AT - 85 },
];

function leavesOfRide(rideReports: typeof reports, salt: string): Leaf[] {
  const commitments = {
    beneficiary: beneficiaryOf(suite, fromHex(salt), fromHex(PARTICIPANT)),
    evidence: evidenceOf(suite, fromHex(SALTS.evidence), EVIDENCE),
  };
  const leaves = new Map<string, Leaf>();
  for (const [place, { carrier, card, at }] of rideReports.entries()) {
    const facts = { carrier, card, at, windowSeconds: WINDOW_SECONDS };
    const { first, second } = carrierTimeFingerprints(suite, keys, facts);
    for (const fingerprint of [first, second]) {
      if (leaves.has(toHex(fingerprint))) continue;
      const milligrams = place === 0 && fingerprint === first ? BUS_MILLIGRAMS : 0n;
      leaves.set(toHex(fingerprint), { fingerprint, milligrams, ...commitments });
    }
  }
  return [...leaves.values()];
}

const otherRide = [{ platform: "map-app", carrier: "01620D", card: "CARD2", at: RIDE_AT }];
const leaves = [...leavesOfRide(reports, SALTS.beneficiary), ...leavesOfRide(otherRide, DOCUMENT)]
  .map((leaf) => ({ leaf, text: toHex(leaf.fingerprint) }))
  .sort((a, b) => (a.text < b.text ? -1 : 1))
  .map(({ leaf }) => leaf);
const rideFingerprints = new Set(
  leavesOfRide(reports, SALTS.beneficiary).map(({ fingerprint }) => toHex(fingerprint)),
);

const hashOf = (bytes: Uint8Array): string => toHex(suite.hash(bytes));
const encode = (types: string[], values: unknown[]): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types, values));

const sourceId = sourceIdOf(suite, 1, 1, fromHex(ASSET));
export const tokenId = encodeTokenId(suite, {
  programme: 1,
  methodology: 1,
  firstDay: FIRST_DAY,
  endDay: FIRST_DAY + 1,
  sourceId,
  assetKey: fromHex(ASSET),
});

/** Blobs, bundle and ride as plain JSON, and the chain: everything a test may break before it writes. */
export type World = {
  blobs: Map<string, Uint8Array>;
  manifest: Record<string, unknown>;
  bundle: BundleText;
  ride: RideText;
  chain: FakeChain;
};

type LineText = Record<"tokenId" | "firstSerial" | "endSerial" | "beneficiary", string>;
type RetirementText = Record<"retirementId" | "holder" | "content" | "tokenId", string> & {
  purpose: number;
  firstSerial: string;
  endSerial: string;
  lines?: LineText[];
};
type CertificateText = Record<"certificateId" | "holder" | "content", string> & {
  retirements: string[];
  retiredGrams: string;
  emittedGrams: string;
  kind: number;
};
type BundleText = Record<string, unknown> & {
  leafFileHash: string;
  retirements: RetirementText[];
  certificates: CertificateText[];
};
type RideText = Record<string, unknown> & { reports: typeof reports; leafIndex: number };

function retirement(firstSerial: number, endSerial: number, content: string): RetirementText {
  const holder = account("enterprise");
  const types = ["address", "uint8", "bytes32", "uint256", "uint64", "uint64"];
  const retirementId = encode(types, [holder, 3, content, tokenId, firstSerial, endSerial]);
  return {
    retirementId,
    holder,
    purpose: 3,
    content,
    tokenId: formatTokenId(tokenId),
    firstSerial: String(firstSerial),
    endSerial: String(endSerial),
  };
}

/** One record of two lines of the id; the bundle tells it once for each line. */
function batchRetirement(serials: readonly [number, number][]): RetirementText[] {
  const holder = account("enterprise");
  const lines = serials.map(([first, end], k) => ({
    tokenId: formatTokenId(tokenId),
    firstSerial: String(first),
    endSerial: String(end),
    beneficiary: k === 0 ? ZeroHash : institution("beneficiary"),
  }));
  const words = lines.map((line) => [tokenId, line.firstSerial, line.endSerial, line.beneficiary]);
  const linesHash = encode(["tuple(uint256,uint64,uint64,bytes32)[]"], [words]);
  const types = ["address", "uint8", "bytes32", "bytes32"];
  const retirementId = encode(types, [holder, 2, DOCUMENT, linesHash]);
  return lines.map(({ firstSerial, endSerial }) => ({
    ...{ retirementId, holder, purpose: 2, content: DOCUMENT, tokenId: formatTokenId(tokenId) },
    ...{ firstSerial, endSerial, lines },
  }));
}

const beneficiary = { name: "Enterprise" };

function certificateDocument(retirements: readonly RetirementText[], emittedGrams: bigint): Json {
  const source = { title: "source", status: "published", note: null };
  const factor = { id: "f", value: "1", unit: "kgCO2e/kWh", year: 2020, region: "China", source };
  const line = { activity: "electricity", quantity: "1", unit: "kWh", factor, emittedGrams };
  return neutralityCertificate({
    kind: "neutralitySelfDeclared",
    beneficiary,
    subject: {
      title: "Conference",
      organiser: "Enterprise",
      place: "Shenzhen",
      period: { firstDay: FIRST_DAY, endDay: FIRST_DAY + 1 },
      boundary: "the hall",
    },
    inventory: { counted: [line], factorMissing: [], emittedGrams } as never,
    retirements: retirements.map((it) => ({
      retirementId: it.retirementId,
      tokenId: it.tokenId,
      grams: BigInt(it.endSerial) - BigInt(it.firstSerial),
      firstSerial: BigInt(it.firstSerial),
      endSerial: BigInt(it.endSerial),
      programme: 1,
      methodology: 1,
      period: { firstDay: FIRST_DAY, endDay: FIRST_DAY + 1 },
      transactionHash: DOCUMENT,
      content: it.content,
    })),
    statuses: ["demonstration"],
  });
}

/** The tree's leaf file and what the request says of it. */
function leafFile() {
  const records = encodeLeaves(leaves);
  const tree = unwrap(buildTree(suite, records));
  const bytes = encodeLeafFile({
    header: {
      format: "tanpu-leaves/1",
      suite: "keccak",
      count: tree.count,
      depth: tree.depth,
      totalMilligrams: tree.totalMilligrams.toString(),
      root: toHex(tree.root),
      sourceId: toHex(sourceId),
      first: FIRST_DAY,
      end: FIRST_DAY + 1,
    },
    records,
  });
  return { tree, bytes };
}

/** What the reviewer signs; the proposal's members as the contract orders them. */
async function statementOf(proposal: readonly unknown[]): Promise<SignedStatement> {
  const wallet = walletOf("reviewer");
  const [, firstDay, endDay, root, totalMilligrams] = proposal;
  const attestation = { requestId: 1, kind: 2, favourable: true, validUntil: 9e9 };
  const value = {
    ...{ root, totalMilligrams, firstDay, endDay, methodology: 1, reportHash: proposal[9] },
    ...{ ...attestation, reviewer: account("reviewer") },
  };
  const domain = {
    ...STATEMENT_DOMAIN,
    ...{ chainId: 31_337, verifyingContract: addressOf("issuance") },
  };
  const types = { Statement: [...statementMembers] };
  return {
    digest: TypedDataEncoder.hash(domain, types, value),
    signature: await wallet.signTypedData(domain, types, value),
  };
}

type SignedStatement = { digest: string; signature: string };

function attested({ digest, signature }: SignedStatement, proposal: readonly unknown[]): Emitted {
  const reviewer = account("reviewer");
  const attestation = [1, 2, true, 9e9, reviewer];
  return {
    contract: "issuance",
    name: "Attested",
    args: [1, reviewer, institution("reviewer"), 2, true, 9e9, digest],
    call: { to: "issuance", name: "attest", args: [attestation, proposal, signature] },
  };
}

function proposalOf(leafFileHash: string): readonly unknown[] {
  const { tree } = leafFile();
  return [
    toHex(sourceId),
    FIRST_DAY,
    FIRST_DAY + 1,
    toHex(tree.root),
    tree.totalMilligrams,
    tree.count,
    tree.depth,
    1,
    leafFileHash,
    DOCUMENT,
  ];
}

type Parts = {
  proposal: readonly unknown[];
  statement: SignedStatement;
  methodologyHash: string;
  retirements: RetirementText[];
  certificate: CertificateText;
};

function eventsOf(parts: Parts): Emitted[] {
  const { proposal, statement, methodologyHash, retirements, certificate } = parts;
  const accounts = ["operator", "reviewer", "applicant", "owner", "enterprise"];
  const [applicant, owner, holder] = ["applicant", "owner", "enterprise"].map(account);
  const on = (contract: Emitted["contract"], name: string, ...args: unknown[]): Emitted => ({
    contract,
    name,
    args,
  });
  const authority = [account("authority"), institution("authority")];
  const [batch] = retirements.filter(({ lines }) => lines !== undefined);
  const singles = retirements.filter(({ lines }) => lines === undefined);
  return [
    on("programmes", "ProgrammeCreated", 1, 0, 2, ...authority, DOCUMENT),
    ...accounts.map((name) =>
      on("programmes", "AccountOpened", 1, account(name), institution(name), DOCUMENT),
    ),
    on(
      "sources",
      "MethodologyRegistered",
      1,
      1,
      methodologyHash,
      1,
      3,
      17_000,
      0,
      600_000,
      DOCUMENT,
    ),
    on("sources", "SourceRegistered", 1, 1, toHex(sourceId), ASSET, applicant, owner, DOCUMENT),
    on("issuance", "Proposed", 1, tokenId, toHex(sourceId), applicant, proposal),
    attested(statement, proposal),
    // The day before was issued first and left 500 mg; nobody published its files.
    on("issuance", "Proposed", 2, tokenId - 1n, toHex(sourceId), applicant, proposal),
    on("issuance", "Issued", 2, tokenId - 1n, owner, 10, 0, 500, 0, DOCUMENT),
    on("issuance", "Issued", 1, tokenId, owner, 742, 500, 500, 0, DOCUMENT),
    on("reductionToken", "TransferSingle", owner, ZeroAddress, owner, tokenId, 742),
    on("reductionToken", "TransferSingle", owner, owner, holder, tokenId, 100),
    on("reductionToken", "TransferBatch", owner, owner, holder, [tokenId, tokenId], [150, 50]),
    ...singles.flatMap((it) => {
      const [first, end] = [Number(it.firstSerial), Number(it.endSerial)];
      const values = [first, end, it.purpose, it.content];
      return [
        on("reductionToken", "TransferSingle", holder, holder, ZeroAddress, tokenId, end - first),
        on("reductionToken", "Retired", it.retirementId, tokenId, holder, ...values),
      ];
    }),
    on(
      "reductionToken",
      "TransferBatch",
      holder,
      holder,
      ZeroAddress,
      [tokenId, tokenId],
      [10, 10],
    ),
    on(
      ...(["reductionToken", "RetiredBatch", batch?.retirementId, holder, 2, DOCUMENT] as const),
      batch?.lines?.map((line) => [tokenId, line.firstSerial, line.endSerial, line.beneficiary]),
    ),
    on(
      "certificate",
      "Certified",
      ...[certificate.certificateId, holder, 1, 1, 60, 55, certificate.content],
      certificate.retirements,
      0,
    ),
  ];
}

const textBytes = (value: Json): Uint8Array => utf8(canonicalJson(value));

/** A world in which every check passes. */
export async function makeWorld(): Promise<World> {
  const methodology = textBytes((await demoMethodology()).document);
  const { bytes } = leafFile();
  const retirementDocument = textBytes(
    retirementContent({
      programme: 1,
      beneficiary,
      purpose: "eventNeutrality",
      subject: "Conference",
      tokenId: formatTokenId(tokenId),
      grams: 60n,
    }),
  );
  const retirements = [
    retirement(0, 60, hashOf(retirementDocument)),
    retirement(60, 100, DOCUMENT),
    ...batchRetirement([
      [100, 110],
      [110, 120],
    ]),
  ];
  const [used] = retirements;
  const document = textBytes(certificateDocument([used!], 55n));
  const content = hashOf(document);
  const holder = account("enterprise");
  const ids = [used!.retirementId];
  const certificateId = encode(["address", "bytes32[]", "bytes32"], [holder, ids, content]);
  const certificate: CertificateText = {
    certificateId,
    holder,
    retirements: ids,
    retiredGrams: "60",
    emittedGrams: "55",
    kind: 1,
    content,
  };
  const [methodologyHash, leafFileHash] = [hashOf(methodology), hashOf(bytes)];
  const blobs = [methodology, bytes, retirementDocument, document];
  const proposal = proposalOf(leafFileHash);
  const statement = await statementOf(proposal);
  const events = eventsOf({ proposal, statement, methodologyHash, retirements, certificate });
  return {
    blobs: new Map(blobs.map((blob) => [hashOf(blob), new Uint8Array(blob)])),
    manifest: manifestOf(),
    bundle: {
      format: "tanpu-bundle/1",
      suite: "keccak",
      tokenId: formatTokenId(tokenId),
      requestId: "1",
      sourceId: toHex(sourceId),
      assetKey: ASSET,
      methodologyHash,
      leafFileHash,
      reportHash: DOCUMENT,
      retirements,
      certificates: [certificate],
    },
    ride: rideOf(),
    chain: { chainId: 31_337, events, answers: answersOf(certificate) },
  };
}

function manifestOf() {
  const place = (name: Parameters<typeof addressOf>[0]) => ({
    address: addressOf(name),
    codeHash: keccak256(codeOfContract(name)),
  });
  return {
    chainId: 31_337,
    genesisHash: hashOfBlock(0),
    deployedBlock: 1,
    contracts: Object.fromEntries(contractNames.map((it) => [it, place(it)])),
  };
}

function rideOf(): RideText {
  const isCredited = (leaf: Leaf) =>
    leaf.milligrams > 0n && rideFingerprints.has(toHex(leaf.fingerprint));
  return {
    format: "tanpu-ride/1",
    demonstration: true,
    tokenId: formatTokenId(tokenId),
    commonKey: COMMON_KEY,
    windowSeconds: WINDOW_SECONDS,
    reports: structuredClone(reports),
    leafIndex: leaves.findIndex(isCredited),
    salts: SALTS,
    participant: PARTICIPANT,
    evidence: structuredClone(EVIDENCE),
    milligrams: BUS_MILLIGRAMS.toString(),
  };
}

function answersOf(certificate: CertificateText): FakeChain["answers"] {
  const answers: FakeChain["answers"] = new Map();
  const time = 0x6b000000;
  for (const [key, value] of [
    ["issue.granularityGrams", 1],
    ["issue.carry", 1],
    ["review.count", 1],
  ] as const) {
    answers.set(`parameterat(1,${encodeBytes32String(key)},${time})`, [value]);
  }
  answers.set(`supplyof(${tokenId})`, [true, 1, 742, 120, 0]);
  answers.set(`balanceof(${account("owner")},${tokenId})`, [442]);
  answers.set(`balanceof(${account("enterprise")},${tokenId})`, [180]);
  for (const retirementId of certificate.retirements) {
    answers.set(`isconsumed(${retirementId})`, [true]);
  }
  return answers;
}

/** Writes the files as a registry publishes them, into a new folder. */
export async function writeWorld(world: World): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tanpu-verify-"));
  const put = async (name: string, content: Uint8Array | string): Promise<void> => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  };
  await put("manifest.json", JSON.stringify(world.manifest));
  await put(`tokens/${formatTokenId(tokenId).slice(2)}.json`, JSON.stringify(world.bundle));
  await put("rides/one-ride.json", JSON.stringify(world.ride));
  for (const [hash, bytes] of world.blobs) {
    await put(`blobs/${hash.slice(2, 4)}/${hash.slice(2)}`, bytes);
  }
  return folder;
}

/** Replaces the first event of a name, its arguments changed. */
export function alterEvent(
  world: World,
  name: string,
  change: (args: unknown[]) => void,
  which = 0,
): void {
  const event = world.chain.events.filter((it) => it.name === name)[which]!;
  const args = structuredClone(event.args) as unknown[];
  change(args);
  world.chain.events[world.chain.events.indexOf(event)] = { ...event, args };
}

/** Where the records of the leaf file begin, in its blob. */
export function recordsAt(bytes: Uint8Array): number {
  return bytes.indexOf(0x0a) + 1;
}
