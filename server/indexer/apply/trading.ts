import type { Change, Records, Row, Stamp } from "./records.ts";

const NOBODY = `0x${"0".repeat(40)}`;

const someoneOrNull = (address: string): string | null => (address === NOBODY ? null : address);

const pledge = (pledgeId: string, row: Row): readonly Change[] => [
  { update: "pledge", key: { pledge_id: pledgeId }, row },
];

const movement = (
  kind: string,
  { place }: Stamp,
  told: { programme: number; tokenId: string; grams: bigint },
  more: Row = {},
): readonly Change[] => {
  const { programme, tokenId, grams } = told;
  const row = { ...place, programme, token_id: tokenId, kind, grams, ...more };
  return [{ insert: "pool_movement", row }];
};

/** Orders in escrow and their trades, pledges, and the pools of personal accounts. */
export const tradingRecords: Records = {
  OrderListed: (told, { at, block_number }) => [
    {
      insert: "sell_order",
      row: {
        order_id: told.orderId,
        seller: told.seller,
        exchange: told.exchange,
        token_id: told.tokenId,
        grams: told.grams,
        least_grams: told.leastGrams,
        min_price_fen_per_tonne: told.minPriceFenPerTonne,
        payment: told.payment,
        expiry: told.expiry,
        nonce: told.nonce,
        left_grams: told.grams,
        block_number,
        listed_at: at,
      },
    },
  ],
  OrderReturned: ({ orderId, grams, by }, { at }) => [
    {
      update: "sell_order",
      key: { order_id: orderId },
      row: { returned_grams: grams, returned_by: someoneOrNull(by), ended_at: at },
      subtract: { left_grams: grams },
    },
  ],
  TradeSettled: (told, { at, block_number, transaction }) => [
    {
      insert: "trade",
      row: {
        exchange: told.exchange,
        trade_id: told.tradeId,
        sell_order_id: told.sellOrderId,
        buy_order_id: told.buyOrderId,
        seller: told.seller,
        buyer: told.buyer,
        token_id: told.tokenId,
        grams: told.grams,
        fen: told.fen,
        payment: told.payment,
        custodian: someoneOrNull(told.custodian),
        transaction_hash: transaction,
        block_number,
        settled_at: at,
      },
    },
    {
      update: "sell_order",
      key: { order_id: told.sellOrderId },
      subtract: { left_grams: told.grams },
    },
  ],
  TradeFailed: (told, { place }) => [
    {
      insert: "trade_failure",
      row: {
        ...place,
        exchange: told.exchange,
        trade_id: told.tradeId,
        reason: told.reason,
        details: told.details,
      },
    },
  ],
  SettlementPaymentSet: (told, { place }) => [
    {
      insert: "payment_token",
      row: {
        ...place,
        programme: told.programme,
        token: told.token,
        units_per_fen: told.unitsPerFen,
        payment: told.payment,
        effective_at: told.effectiveAt,
        document: told.document,
      },
    },
  ],

  PledgeOffered: (told, { at, block_number }) => [
    {
      insert: "pledge",
      row: {
        pledge_id: told.pledgeId,
        owner: told.owner,
        creditor: told.creditor,
        token_id: told.tokenId,
        grams: told.grams,
        accept_by: told.acceptBy,
        due_at: told.dueAt,
        document: told.document,
        salt: told.salt,
        block_number,
        offered_at: at,
      },
    },
  ],
  PledgeAccepted: ({ pledgeId }) => pledge(pledgeId, { state: "running" }),
  PledgeTakenBack: ({ pledgeId }, { at }) =>
    pledge(pledgeId, { state: "taken back", ended_at: at }),
  PledgeReleased: ({ pledgeId }, { at }) => pledge(pledgeId, { state: "released", ended_at: at }),
  PledgeClaimed: ({ pledgeId, ripeAt, document }) =>
    pledge(pledgeId, { state: "claimed", ripe_at: ripeAt, claim_document: document }),
  PledgeStayed: ({ pledgeId, authority, document }) =>
    pledge(pledgeId, { state: "stayed", stay_authority: authority, stay_document: document }),
  PledgeStayLifted: ({ pledgeId, authority, document }) =>
    pledge(pledgeId, {
      ...{ state: "running", ripe_at: null },
      ...{ stay_authority: authority, stay_document: document },
    }),
  PledgeForeclosed: ({ pledgeId }, { at }) =>
    pledge(pledgeId, { state: "foreclosed", ended_at: at }),

  PoolAnchored: (told, { at, block_number, transaction }) => [
    {
      insert: "pool_epoch",
      row: {
        programme: told.programme,
        epoch: told.epoch,
        root: told.root,
        total_milligrams: told.totalMilligrams,
        count: told.count,
        depth: told.depth,
        file_hash: told.fileHash,
        floor_grams: told.floorGrams,
        lower_from: told.lowerFrom === 0n ? null : told.lowerFrom,
        transaction_hash: transaction,
        block_number,
        anchored_at: at,
      },
    },
  ],
  PoolReceived: (told, stamp) =>
    movement("received", stamp, told, { counterparty: someoneOrNull(told.from) }),
  PoolWithdrawn: (told, stamp) =>
    movement("withdrawn", stamp, told, { counterparty: told.to, document: told.document }),
  PoolRetired: (told, stamp) =>
    movement("retired", stamp, told, { retirement_id: told.retirementId }),
  PoolVoided: (told, stamp) => movement("voided", stamp, told, { deficit_grams: told.deficit }),
};

/** Signed orders that were used up or given up, whatever they order. */
export const intentRecords: Records = {
  IntentUsed: ({ digest, signer, nonce }, { place, transaction }, { contract }) => [
    {
      insert: "intent",
      row: { ...place, contract, digest, signer, nonce, transaction_hash: transaction },
    },
  ],
  NoncesCancelled: ({ signer, word, mask }, { place }, { contract }) => [
    { insert: "nonce_cancellation", row: { ...place, contract, signer, word, mask } },
  ],
};
