import type { Change, Records, Stamp } from "./records.ts";

const decided = (
  actId: string,
  state: string,
  by: string,
  document: string | null,
  { at }: Stamp,
): readonly Change[] => [
  {
    update: "act",
    key: { act_id: actId },
    row: { state, decided_by: by, decision_document: document, decided_at: at },
  },
];

const ended = (demandId: bigint, state: string, { at }: Stamp): readonly Change[] => [
  { update: "demand", key: { demand_id: demandId }, row: { state, ended_at: at } },
];

/** What corrects: acts in two steps, challenges, demands, and the debts that come of them. */
export const correctingRecords: Records = {
  ActProposed: (told, { at, block_number }) => [
    {
      insert: "act",
      row: {
        act_id: told.actId,
        number: told.number,
        programme: told.programme,
        proposer: told.proposer,
        kind: told.kind,
        from_account: told.from,
        to_account: told.to,
        liable: told.liable,
        token_id: told.tokenId,
        replacement: told.replacement,
        grams: told.grams,
        void_act: told.voidAct,
        document: told.document,
        expires_at: told.expiresAt,
        block_number,
        proposed_at: at,
      },
    },
  ],
  ActExecuted: ({ actId, authority, document }, stamp) =>
    decided(actId, "executed", authority, document, stamp),
  ActRejected: ({ actId, authority, document }, stamp) =>
    decided(actId, "rejected", authority, document, stamp),
  ActWithdrawn: ({ actId, operator }, stamp) => decided(actId, "withdrawn", operator, null, stamp),

  LeafDeducted: (told, { block_number, transaction }) => [
    {
      // A leaf that was restored can be deducted again, for another reason.
      upsert: "deduction",
      key: { request_id: told.requestId, leaf_index: told.index },
      row: {
        fault: told.fault,
        milligrams: told.milligrams,
        earlier: told.earlier,
        earlier_index: told.earlierIndex,
        after_issue: told.afterIssue,
        challenger: told.challenger,
        restored: false,
        transaction_hash: transaction,
        block_number,
      },
    },
  ],
  LeafRestored: ({ requestId, index }) => [
    {
      update: "deduction",
      key: { request_id: requestId, leaf_index: index },
      row: { restored: true },
    },
  ],
  TreeRefuted: (told, { place, transaction }) => [
    {
      insert: "refutation",
      row: {
        ...place,
        request_id: told.requestId,
        fault: told.fault,
        level: told.level,
        place: told.index,
        after_issue: told.afterIssue,
        challenger: told.challenger,
        transaction_hash: transaction,
      },
    },
  ],

  DemandOpened: (told, { at, block_number }) => [
    {
      insert: "demand",
      row: {
        demand_id: told.demandId,
        request_id: told.requestId,
        demander: told.demander,
        level: told.level,
        place: told.index,
        deposit_wei: told.depositWei,
        deadline: told.deadline,
        block_number,
        demanded_at: at,
      },
    },
  ],
  DemandAnswered: ({ demandId, answerer }, { at }) => [
    {
      update: "demand",
      key: { demand_id: demandId },
      row: { state: "answered", answerer, ended_at: at },
    },
  ],
  DemandUnanswered: ({ demandId }, stamp) => ended(demandId, "unanswered", stamp),
  DemandReclaimed: ({ demandId }, stamp) => ended(demandId, "reclaimed", stamp),
  DepositCredited: ({ account, depositWei }) => [
    { upsert: "deposit_credit", key: { account } },
    { update: "deposit_credit", key: { account }, subtract: { credit_wei: -depositWei } },
  ],
  DepositsWithdrawn: ({ account, depositsWei }) => [
    { update: "deposit_credit", key: { account }, subtract: { credit_wei: depositsWei } },
  ],

  DebtChanged: (told, { at, block_number }) => [
    {
      upsert: "debt",
      key: { request_id: told.requestId },
      row: {
        token_id: told.tokenId,
        owed_grams: told.owedGrams,
        outstanding_grams: told.outstandingGrams,
        milligrams: told.milligrams,
        is_whole: told.whole,
        deadline: told.deadline,
        // A debt that was paid up to all that was issued can grow by nothing, which opens it no more.
        ...(told.outstandingGrams > 0n ? { is_open: true, closed_at: null } : { is_open: false }),
      },
      first: { opened_at: at, block_number },
      // What grows after its deadline is a new matter: its parties replace only when they are let again.
      flagsWhile: { is_replacing: "deadline" },
    },
  ],
  DebtAccountAdded: ({ requestId, account }, { block_number }) => [
    { upsert: "debt_account", key: { request_id: requestId, account }, first: { block_number } },
  ],
  DebtReplacementAllowed: ({ requestId, deadline, document }) => [
    {
      update: "debt",
      key: { request_id: requestId },
      row: { is_replacing: true, deadline, decision_document: document },
    },
  ],
  DebtVoidDecided: ({ requestId, authority, document }) => [
    {
      update: "debt",
      key: { request_id: requestId },
      row: { decided_by: authority, decision_document: document },
    },
  ],
  DebtVoided: ({ requestId, account, grams }, { place }) => [
    {
      insert: "debt_payment",
      row: { ...place, request_id: requestId, account, token_id: null, grams, is_repaid: false },
    },
  ],
  DebtRepaid: ({ requestId, account, tokenId, grams }, { place }) => [
    {
      insert: "debt_payment",
      row: { ...place, request_id: requestId, account, token_id: tokenId, grams, is_repaid: true },
    },
  ],
  DebtClosed: ({ requestId }, { at }) => [
    {
      update: "debt",
      key: { request_id: requestId },
      row: { is_open: false, outstanding_grams: 0, closed_at: at },
    },
  ],
  IssueBlocked: ({ programme, institution, blocked }, { block_number }) => [
    { upsert: "issue_block", key: { programme, institution }, row: { blocked, block_number } },
  ],
};
