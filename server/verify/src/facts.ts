import type { Result as Arguments } from "ethers";

/*
 * What the chain says, folded from its events into plain values. No I/O here: the checks and their
 * tests work on these values alone. Addresses and hashes are lowercase hex.
 */

/** An event after decoding. */
export type ChainEvent = {
  name: string;
  args: Arguments;
  blockNumber: number;
  transactionHash: string;
};

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
  /** The source as it was then: it may have been transferred since. */
  source: Source | undefined;
};

export type Source = {
  programme: number;
  methodology: number;
  assetKey: string;
  applicant: string;
  owner: string;
};

export type RegisteredMethodology = { contentHash: string; capMilligrams: bigint };

export type Statement = {
  requestId: bigint;
  reviewer: string;
  institution: string;
  kind: number;
  favourable: boolean;
  validUntil: bigint;
  digest: string;
  transactionHash: string;
};

export type Issue = {
  requestId: bigint;
  owner: string;
  issuedGrams: bigint;
  carryBeforeMilligrams: bigint;
  carryAfterMilligrams: bigint;
  deductedMilligrams: bigint;
  blockNumber: number;
};

/** Grams of one id that left by a retirement, by their serials. */
export type RetiredLine = { tokenId: bigint; firstSerial: bigint; endSerial: bigint };

export type RetiredOnChain = {
  retirementId: string;
  holder: string;
  purpose: number;
  content: string;
  lines: readonly RetiredLine[];
};

/** A line with the retirement it belongs to. */
export type RetiredLineOf = RetiredLine & { retirementId: string };

export type CertifiedOnChain = {
  certificateId: bigint;
  holder: string;
  kind: number;
  retiredGrams: bigint;
  emittedGrams: bigint;
  content: string;
  retirements: string[];
};

/** Grams of one token id: who holds them, what came into being and left, and what corrections did. */
export type Movements = {
  held: Map<string, bigint>;
  mintedGrams: bigint;
  burnedGrams: bigint;
  voidedGrams: bigint;
  reissuedGrams: bigint;
};

export type ChainFacts = {
  proposals: Map<bigint, Proposal>;
  sources: Map<string, Source>;
  /** By `programme/methodology`. */
  methodologies: Map<string, RegisteredMethodology>;
  /** By account. */
  institutions: Map<string, string>;
  statements: Map<bigint, Statement[]>;
  /** Milligrams taken off a request so far. */
  deductedMilligrams: Map<bigint, bigint>;
  /** By token id. */
  issues: Map<bigint, Issue[]>;
  movements: Map<bigint, Movements>;
  retired: Map<string, RetiredOnChain>;
  /** Retired lines of a token id in the order of the chain. */
  retiredOf: Map<bigint, RetiredLineOf[]>;
  certificates: Map<bigint, CertifiedOnChain>;
  revoked: Set<bigint>;
  /** Ids behind a certificate that are shown to carry an open debt, until they are mended. */
  impaired: Map<bigint, Set<bigint>>;
};

export function emptyFacts(): ChainFacts {
  return {
    proposals: new Map(),
    sources: new Map(),
    methodologies: new Map(),
    institutions: new Map(),
    statements: new Map(),
    deductedMilligrams: new Map(),
    issues: new Map(),
    movements: new Map(),
    retired: new Map(),
    retiredOf: new Map(),
    certificates: new Map(),
    revoked: new Set(),
    impaired: new Map(),
  };
}

/** Movements of a token id that nothing happened to yet. */
export function noMovements(): Movements {
  return {
    held: new Map(),
    mintedGrams: 0n,
    burnedGrams: 0n,
    voidedGrams: 0n,
    reissuedGrams: 0n,
  };
}

function movementsOf(facts: ChainFacts, tokenId: bigint): Movements {
  const movements = facts.movements.get(tokenId) ?? noMovements();
  facts.movements.set(tokenId, movements);
  return movements;
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
  const movements = movementsOf(facts, tokenId);
  if (from === NOBODY) movements.mintedGrams += grams;
  else movements.held.set(from, (movements.held.get(from) ?? 0n) - grams);
  if (to === NOBODY) movements.burnedGrams += grams;
  else movements.held.set(to, (movements.held.get(to) ?? 0n) + grams);
}

function proposalOf(facts: ChainFacts, args: Arguments): Proposal {
  const proposal: Arguments = args.getValue("proposal");
  return {
    source: facts.sources.get(hex(proposal, "sourceId")),
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

function lineOf(args: Arguments): RetiredLine {
  return {
    tokenId: integer(args, "tokenId"),
    firstSerial: integer(args, "firstSerial"),
    endSerial: integer(args, "endSerial"),
  };
}

function retire(facts: ChainFacts, args: Arguments, lines: readonly RetiredLine[]): void {
  const retirementId = hex(args, "retirementId");
  facts.retired.set(retirementId, {
    retirementId,
    holder: hex(args, "holder"),
    purpose: small(args, "purpose"),
    content: hex(args, "content"),
    lines,
  });
  for (const line of lines) append(facts.retiredOf, line.tokenId, { ...line, retirementId });
}

function statementOf(args: Arguments, transactionHash: string): Statement {
  return {
    requestId: integer(args, "requestId"),
    reviewer: hex(args, "reviewer"),
    institution: hex(args, "institution"),
    kind: small(args, "kind"),
    favourable: args.getValue("favourable") === true,
    validUntil: integer(args, "validUntil"),
    digest: hex(args, "digest"),
    transactionHash,
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
  SourceTransferred: (facts, { args }) => {
    const source = facts.sources.get(hex(args, "sourceId"));
    if (!source) return;
    const parties = { applicant: hex(args, "applicant"), owner: hex(args, "owner") };
    facts.sources.set(hex(args, "sourceId"), { ...source, ...parties });
  },
  Proposed: (facts, { args }) => {
    const proposal = proposalOf(facts, args);
    facts.proposals.set(proposal.requestId, proposal);
  },
  Attested: (facts, { args, transactionHash }) => {
    append(facts.statements, integer(args, "requestId"), statementOf(args, transactionHash));
  },
  Deducted: (facts, { args }) => {
    facts.deductedMilligrams.set(integer(args, "requestId"), integer(args, "deductedMilligrams"));
  },
  Restored: (facts, { args }) => {
    facts.deductedMilligrams.set(integer(args, "requestId"), integer(args, "deductedMilligrams"));
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
  Retired: (facts, { args }) => retire(facts, args, [lineOf(args)]),
  RetiredBatch: (facts, { args }) => {
    const lines: Arguments = args.getValue("lines");
    retire(facts, args, lines.toArray().map(lineOf));
  },
  Voided: (facts, { args }) => {
    movementsOf(facts, integer(args, "tokenId")).voidedGrams += integer(args, "grams");
  },
  Reissued: (facts, { args }) => {
    movementsOf(facts, integer(args, "tokenId")).reissuedGrams += integer(args, "grams");
  },
  Certified: (facts, { args }) => {
    const certified = certifiedOf(args);
    facts.certificates.set(certified.certificateId, certified);
  },
  CertificateImpaired: (facts, { args }) => {
    const certificateId = integer(args, "certificateId");
    const ids = facts.impaired.get(certificateId) ?? new Set<bigint>();
    facts.impaired.set(certificateId, ids.add(integer(args, "tokenId")));
  },
  CertificateMended: (facts, { args }) => {
    facts.impaired.get(integer(args, "certificateId"))?.delete(integer(args, "tokenId"));
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
