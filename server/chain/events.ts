/**
 * The arguments of every event the mirror is made of, by event name. Programmes, days, kinds and other
 * small numbers are `number`; grams, milligrams, serials and times are `bigint`; hashes, ids (32 bytes)
 * and addresses (20 bytes) are `0x…` lowercase. Names are the contracts' own.
 */
export type EventArguments = {
  ProgrammeCreated: {
    programme: number;
    parent: number;
    tier: number;
    authority: string;
    institution: string;
    document: string;
  };
  ProgrammePaused: { programme: number; document: string };
  ProgrammeResumed: { programme: number; document: string };
  AccountOpened: { programme: number; account: string; institution: string; document: string };
  AccountStandingChanged: {
    programme: number;
    account: string;
    standing: number;
    document: string;
  };
  RoleGranted: {
    programme: number;
    role: number;
    account: string;
    effectiveAt: bigint;
    document: string;
  };
  RoleRevoked: { programme: number; role: number; account: string; document: string };
  ParameterSet: {
    programme: number;
    key: string;
    value: bigint;
    effectiveAt: bigint;
    document: string;
  };
  MethodologyRegistered: {
    programme: number;
    methodology: number;
    contentHash: string;
    class: number;
    status: number;
    firstDay: number;
    endDay: number;
    capMilligrams: bigint;
    document: string;
  };
  SourceRegistered: {
    programme: number;
    methodology: number;
    sourceId: string;
    assetKey: string;
    applicant: string;
    owner: string;
    document: string;
  };
  ExclusionAdded: { classA: number; classB: number };
  DaysBooked: DayRange & { sourceId: string };
  DaysReleased: DayRange & { sourceId: string };
  ExternalRecorded: DayRange & { programme: number; document: string };
  Proposed: {
    requestId: bigint;
    tokenId: string;
    sourceId: string;
    applicant: string;
    firstDay: number;
    endDay: number;
    root: string;
    totalMilligrams: bigint;
    count: bigint;
    depth: number;
    hashSuite: number;
    leafFileHash: string;
    reportHash: string;
  };
  Attested: {
    requestId: bigint;
    reviewer: string;
    institution: string;
    kind: number;
    favourable: boolean;
    validUntil: bigint;
    digest: string;
  };
  Filed: { requestId: bigint; document: string; noticeEnd: bigint };
  Objected: { requestId: bigint; index: number; objector: string; document: string };
  ObjectionDecided: { requestId: bigint; index: number; upheld: boolean; document: string };
  Issued: {
    requestId: bigint;
    tokenId: string;
    owner: string;
    issuedGrams: bigint;
    carryBeforeMilligrams: bigint;
    carryAfterMilligrams: bigint;
    deductedMilligrams: bigint;
    document: string;
  };
  Rejected: { requestId: bigint; document: string };
  Withdrawn: { requestId: bigint };
  Expired: { requestId: bigint };
  TokenSuspended: { tokenId: string; document: string };
  TokenResumed: { tokenId: string; document: string };
  IdStateSet: { tokenId: string; state: number };
  TransferSingle: { operator: string; from: string; to: string; id: string; value: bigint };
  TransferBatch: {
    operator: string;
    from: string;
    to: string;
    ids: readonly string[];
    values: readonly bigint[];
  };
  Retired: {
    retirementId: string;
    tokenId: string;
    holder: string;
    firstSerial: bigint;
    endSerial: bigint;
    purpose: number;
    content: string;
  };
  Certified: {
    certificateId: string;
    holder: string;
    programme: number;
    kind: number;
    retiredGrams: bigint;
    emittedGrams: bigint;
    content: string;
    retirements: readonly string[];
    replaces: string;
  };
  CertificateRevoked: { certificateId: string; document: string };
};

type DayRange = { assetKey: string; class: number; firstDay: number; endDay: number };

export type EventName = keyof EventArguments;

/** Where on the chain an event stands. `logIndex` counts over the whole block. */
export type EventPlace = {
  readonly blockNumber: number;
  readonly transactionIndex: number;
  readonly logIndex: number;
  readonly transactionHash: string;
};

/** An event of one name; of several names, the union, so that the name tells the arguments. */
export type ChainEventOf<Name extends EventName> = Name extends EventName
  ? EventPlace & { readonly name: Name; readonly arguments: Readonly<EventArguments[Name]> }
  : never;

/** An event of one of the registry's contracts, decoded. */
export type ChainEvent = ChainEventOf<EventName>;
