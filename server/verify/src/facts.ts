import type { Result as Arguments } from "ethers";

/*
 * What the chain says, folded from its events into plain values. No I/O here: the checks and their
 * tests work on these values alone. Addresses and hashes are lowercase hex.
 */

/** An event after decoding. */
export type ChainEvent = { name: string; args: Arguments; blockNumber: number };

export type Proposal = {
  requestId: bigint;
  tokenId: bigint;
  applicant: string;
  sourceId: string;
  firstDay: number;
  endDay: number;
  root: string;
  totalMilligrams: bigint;
  count: number;
  depth: number;
  hashSuite: number;
  leafFileHash: string;
  reportHash: string;
};

export type Source = {
  programme: number;
  methodology: number;
  assetKey: string;
  applicant: string;
  owner: string;
};

export type RegisteredMethodology = { contentHash: string; capMilligrams: bigint };

export type Statement = { reviewer: string; institution: string; favourable: boolean };

export type Issue = {
  requestId: bigint;
  owner: string;
  issuedGrams: bigint;
  carryBeforeMilligrams: bigint;
  carryAfterMilligrams: bigint;
  deductedMilligrams: bigint;
  blockNumber: number;
};

export type RetiredOnChain = {
  retirementId: string;
  tokenId: bigint;
  holder: string;
  firstSerial: bigint;
  endSerial: bigint;
  purpose: number;
  content: string;
};

export type CertifiedOnChain = {
  certificateId: bigint;
  holder: string;
  kind: number;
  retiredGrams: bigint;
  emittedGrams: bigint;
  content: string;
  retirements: string[];
};

/** Grams of one token id: who holds them, and what came into being and left. */
export type Movements = { held: Map<string, bigint>; mintedGrams: bigint; burnedGrams: bigint };

export type ChainFacts = {
  proposals: Map<bigint, Proposal>;
  sources: Map<string, Source>;
  /** By `programme/methodology`. */
  methodologies: Map<string, RegisteredMethodology>;
  /** By account. */
  institutions: Map<string, string>;
  statements: Map<bigint, Statement[]>;
  /** By token id. */
  issues: Map<bigint, Issue[]>;
  movements: Map<bigint, Movements>;
  retired: Map<string, RetiredOnChain>;
  /** Retirements of a token id in the order of the chain. */
  retiredOf: Map<bigint, RetiredOnChain[]>;
  certificates: Map<bigint, CertifiedOnChain>;
  revoked: Set<bigint>;
};

export function emptyFacts(): ChainFacts {
  return {
    proposals: new Map(),
    sources: new Map(),
    methodologies: new Map(),
    institutions: new Map(),
    statements: new Map(),
    issues: new Map(),
    movements: new Map(),
    retired: new Map(),
    retiredOf: new Map(),
    certificates: new Map(),
    revoked: new Set(),
  };
}

const NOBODY = `0x${"00".repeat(20)}`;

const hex = (args: Arguments, name: string): string => String(args.getValue(name)).toLowerCase();
const integer = (args: Arguments, name: string): bigint => BigInt(args.getValue(name));
const small = (args: Arguments, name: string): number => Number(args.getValue(name));

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Moves grams of a token id; the zero address makes and takes them. */
export function move(
  facts: ChainFacts,
  tokenId: bigint,
  from: string,
  to: string,
  grams: bigint,
): void {
  const movements = facts.movements.get(tokenId) ?? {
    held: new Map(),
    mintedGrams: 0n,
    burnedGrams: 0n,
  };
  facts.movements.set(tokenId, movements);
  if (from === NOBODY) movements.mintedGrams += grams;
  else movements.held.set(from, (movements.held.get(from) ?? 0n) - grams);
  if (to === NOBODY) movements.burnedGrams += grams;
  else movements.held.set(to, (movements.held.get(to) ?? 0n) + grams);
}

function proposalOf(args: Arguments): Proposal {
  const proposal: Arguments = args.getValue("proposal");
  return {
    requestId: integer(args, "requestId"),
    tokenId: integer(args, "tokenId"),
    applicant: hex(args, "applicant"),
    sourceId: hex(proposal, "sourceId"),
    firstDay: small(proposal, "firstDay"),
    endDay: small(proposal, "endDay"),
    root: hex(proposal, "root"),
    totalMilligrams: integer(proposal, "totalMilligrams"),
    count: small(proposal, "count"),
    depth: small(proposal, "depth"),
    hashSuite: small(proposal, "hashSuite"),
    leafFileHash: hex(proposal, "leafFileHash"),
    reportHash: hex(proposal, "reportHash"),
  };
}

function retiredOf(args: Arguments): RetiredOnChain {
  return {
    retirementId: hex(args, "retirementId"),
    tokenId: integer(args, "tokenId"),
    holder: hex(args, "holder"),
    firstSerial: integer(args, "firstSerial"),
    endSerial: integer(args, "endSerial"),
    purpose: small(args, "purpose"),
    content: hex(args, "content"),
  };
}

function certifiedOf(args: Arguments): CertifiedOnChain {
  const retirements: Arguments = args.getValue("retirements");
  return {
    certificateId: integer(args, "certificateId"),
    holder: hex(args, "holder"),
    kind: small(args, "kind"),
    retiredGrams: integer(args, "retiredGrams"),
    emittedGrams: integer(args, "emittedGrams"),
    content: hex(args, "content"),
    retirements: retirements.toArray().map((id) => String(id).toLowerCase()),
  };
}

function issueOf(args: Arguments, blockNumber: number): Issue {
  return {
    requestId: integer(args, "requestId"),
    owner: hex(args, "owner"),
    issuedGrams: integer(args, "issuedGrams"),
    carryBeforeMilligrams: integer(args, "carryBeforeMilligrams"),
    carryAfterMilligrams: integer(args, "carryAfterMilligrams"),
    deductedMilligrams: integer(args, "deductedMilligrams"),
    blockNumber,
  };
}

type Fold = (facts: ChainFacts, event: ChainEvent) => void;

const folds: Readonly<Record<string, Fold>> = {
  ProgrammeCreated: (facts, { args }) => {
    facts.institutions.set(hex(args, "authority"), hex(args, "institution"));
  },
  AccountOpened: (facts, { args }) => {
    facts.institutions.set(hex(args, "account"), hex(args, "institution"));
  },
  MethodologyRegistered: (facts, { args }) => {
    facts.methodologies.set(`${small(args, "programme")}/${small(args, "methodology")}`, {
      contentHash: hex(args, "contentHash"),
      capMilligrams: integer(args, "capMilligrams"),
    });
  },
  SourceRegistered: (facts, { args }) => {
    facts.sources.set(hex(args, "sourceId"), {
      programme: small(args, "programme"),
      methodology: small(args, "methodology"),
      assetKey: hex(args, "assetKey"),
      applicant: hex(args, "applicant"),
      owner: hex(args, "owner"),
    });
  },
  Proposed: (facts, { args }) => {
    const proposal = proposalOf(args);
    facts.proposals.set(proposal.requestId, proposal);
  },
  Attested: (facts, { args }) => {
    append(facts.statements, integer(args, "requestId"), {
      reviewer: hex(args, "reviewer"),
      institution: hex(args, "institution"),
      favourable: args.getValue("favourable") === true,
    });
  },
  Issued: (facts, { args, blockNumber }) => {
    append(facts.issues, integer(args, "tokenId"), issueOf(args, blockNumber));
  },
  TransferSingle: (facts, { args }) => {
    const tokenId = integer(args, "id");
    move(facts, tokenId, hex(args, "from"), hex(args, "to"), integer(args, "value"));
  },
  TransferBatch: (facts, { args }) => {
    // By place: `values` is also a method of what ethers returns.
    const [ids, grams]: Arguments[] = [args[3], args[4]];
    ids?.toArray().forEach((id, place) => {
      move(facts, BigInt(id), hex(args, "from"), hex(args, "to"), BigInt(grams?.[place] ?? 0));
    });
  },
  Retired: (facts, { args }) => {
    const retired = retiredOf(args);
    facts.retired.set(retired.retirementId, retired);
    append(facts.retiredOf, retired.tokenId, retired);
  },
  Certified: (facts, { args }) => {
    const certified = certifiedOf(args);
    facts.certificates.set(certified.certificateId, certified);
  },
  CertificateRevoked: (facts, { args }) => {
    facts.revoked.add(integer(args, "certificateId"));
  },
};

/** Folds events, oldest first. Events this checker does not know are passed over. */
export function foldEvents(events: readonly ChainEvent[]): ChainFacts {
  const facts = emptyFacts();
  for (const event of events) folds[event.name]?.(facts, event);
  return facts;
}
