import type { Records } from "./records.ts";

/** What keeps units from moving: partial freezes, the freezes of debts, and guarded accounts. */
export const holdingRecords: Records = {
  GramsFrozen: (told, { at, block_number }) => [
    {
      insert: "partial_freeze",
      row: {
        freeze_id: told.freezeId,
        account: told.account,
        token_id: told.tokenId,
        programme: told.programme,
        authority: told.authority,
        grams: told.grams,
        document_number: told.documentNumber,
        expires_at: told.expiresAt,
        block_number,
        frozen_at: at,
      },
    },
  ],
  FreezeLifted: ({ freezeId, authority, document }, { at }) => [
    {
      update: "partial_freeze",
      key: { freeze_id: freezeId },
      row: { state: "lifted", lifted_by: authority, lift_document: document, ended_at: at },
    },
  ],
  FreezeExpired: ({ freezeId }, { at }) => [
    {
      update: "partial_freeze",
      key: { freeze_id: freezeId },
      row: { state: "expired", ended_at: at },
    },
  ],
  DebtFrozen: ({ requestId, account, tokenId, requestGrams }, { block_number }) => [
    {
      upsert: "debt_freeze",
      key: { request_id: requestId, account, token_id: tokenId },
      row: { grams: requestGrams },
      first: { block_number },
    },
  ],
  DebtLifted: ({ requestId, account, tokenId }) => [
    {
      update: "debt_freeze",
      key: { request_id: requestId, account, token_id: tokenId },
      row: { grams: 0 },
    },
  ],
  GuardTurnedOn: (told, { block_number }) => [
    {
      upsert: "guard",
      key: { account: told.account },
      row: {
        is_on: true,
        second: told.second,
        second_document: null,
        generation: told.generation,
        cooling_seconds: told.coolingSeconds,
        transaction_grams: told.transactionGrams,
        day_grams: told.dayGrams,
      },
      first: { block_number },
    },
    { remove: "guard_trusted", key: { account: told.account } },
  ],
  GuardTurnedOff: ({ account, generation }) => [
    { update: "guard", key: { account }, row: { is_on: false, generation } },
  ],
  GuardTrusted: ({ account, receiver, trusted }, { block_number }) => [
    {
      upsert: "guard_trusted",
      key: { account, receiver },
      row: { trusted },
      first: { block_number },
    },
  ],
  GuardLimitsSet: ({ account, transactionGrams, dayGrams }) => [
    {
      update: "guard",
      key: { account },
      row: { transaction_grams: transactionGrams, day_grams: dayGrams },
    },
  ],
  GuardCoolingSet: ({ account, coolingSeconds }) => [
    { update: "guard", key: { account }, row: { cooling_seconds: coolingSeconds } },
  ],
  GuardSecondSet: ({ account, second, generation }) => [
    { update: "guard", key: { account }, row: { second, generation } },
  ],
  GuardSecondReplaced: ({ account, document }) => [
    { update: "guard", key: { account }, row: { second_document: document } },
  ],
  GuardSpent: ({ account, day, spentGrams }) => [
    { update: "guard", key: { account }, row: { spent_day: day, spent_grams: spentGrams } },
  ],
  GuardOrderPlaced: (told, { at, block_number }) => [
    {
      insert: "guard_order",
      row: {
        order_id: told.orderId,
        account: told.account,
        generation: told.generation,
        kind: told.kind,
        subject: told.subject,
        token_id: told.tokenId,
        grams: told.grams,
        day_grams: told.dayGrams,
        cooling_seconds: told.coolingSeconds,
        ends_at: told.endsAt,
        block_number,
        placed_at: at,
      },
    },
  ],
  GuardOrderConfirmed: ({ orderId, ripeAt, endsAt }) => [
    {
      update: "guard_order",
      key: { order_id: orderId },
      row: { state: "confirmed", ripe_at: ripeAt, ends_at: endsAt },
    },
  ],
  GuardOrderCancelled: ({ orderId, person }) => [
    {
      update: "guard_order",
      key: { order_id: orderId },
      row: { state: "cancelled", cancelled_by: person },
    },
  ],
  GuardOrderDone: ({ orderId }) => [
    { update: "guard_order", key: { order_id: orderId }, row: { state: "done" } },
  ],
};
