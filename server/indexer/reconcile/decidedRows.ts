import type { LastingRows } from "../../database/lastingRows.ts";
import { hex } from "./check.ts";

const BLOCK = "block_number";
const PLACE = "concat_ws(' ', block_number, log_index)";

/**
 * What decisions wrote and nothing changes afterwards, or the columns of it that stay. Compared by replay; the digests that
 * operators exchange do not cover it, because each of these tables shows in the states that they cover.
 */
export const decidedRows: readonly LastingRows[] = [
  {
    ...{ table: "programme", id: "programme::text", block: BLOCK },
    columns: "parent, tier, authority, institution, document, created_at",
  },
  {
    ...{ table: "account", id: hex("account"), block: BLOCK },
    columns: "programme, institution, document, opened_at",
  },
  {
    ...{ table: "recognition", id: "concat_ws(' ', block_number, log_index, what)", block: BLOCK },
    columns: "programme, other, effective_at, document",
  },
  {
    ...{ table: "pause", id: "concat_ws(' ', block_number, log_index)", block: BLOCK },
    columns: "programme, paused_at, document",
  },
  {
    ...{ table: "methodology", id: "concat_ws('/', programme, methodology)", block: BLOCK },
    columns: "content_hash, class, status, first_day, cap_milligrams, document",
  },
  {
    ...{ table: "objection", id: "concat_ws(' ', request_id, index)", block: BLOCK },
    columns: "objector, document, objected_at",
  },
  {
    ...{ table: "partial_freeze", id: "freeze_id::text", block: BLOCK },
    columns:
      "account, token_id, programme, authority, grams, document_number, expires_at, frozen_at",
  },
  {
    ...{ table: "guard_order", id: hex("order_id"), block: BLOCK },
    columns:
      "account, generation, kind, subject, token_id, grams, day_grams, cooling_seconds, placed_at",
  },
  {
    ...{ table: "act", id: hex("act_id"), block: BLOCK },
    columns: `number, programme, proposer, kind, from_account, to_account, liable, token_id, replacement, grams, void_act,
      document, expires_at, proposed_at`,
  },
  {
    ...{ table: "demand", id: "demand_id::text", block: BLOCK },
    columns: "request_id, demander, level, place, deposit_wei, deadline, demanded_at",
  },
  {
    ...{ table: "refutation", id: PLACE, block: BLOCK },
    columns: "request_id, fault, level, place, after_issue, challenger, transaction_hash",
  },
  {
    ...{ table: "debt_account", id: `request_id || ' ' || ${hex("account")}`, block: BLOCK },
    columns: "block_number",
  },
  {
    ...{ table: "debt_payment", id: PLACE, block: BLOCK },
    columns: "request_id, account, token_id, grams, is_repaid",
  },
  {
    ...{ table: "trade", id: `${hex("exchange")} || ' ' || trade_id`, block: BLOCK },
    columns:
      "sell_order_id, buy_order_id, seller, buyer, token_id, grams, fen, payment, custodian, settled_at",
  },
  {
    ...{ table: "sell_order", id: hex("order_id"), block: BLOCK },
    columns:
      "seller, exchange, token_id, grams, least_grams, min_price_fen_per_tonne, payment, expiry, nonce, listed_at",
  },
  {
    ...{ table: "pledge", id: hex("pledge_id"), block: BLOCK },
    columns: "owner, creditor, token_id, grams, accept_by, due_at, document, salt, offered_at",
  },
  {
    ...{ table: "pool_movement", id: PLACE, block: BLOCK },
    columns: "programme, token_id, kind, counterparty, grams, document, retirement_id",
  },
  {
    ...{ table: "pool_epoch", id: "concat_ws(' ', programme, epoch)", block: BLOCK },
    columns: "root, total_milligrams, count, depth, file_hash, floor_grams, anchored_at",
  },
  {
    ...{ table: "intent", id: PLACE, block: BLOCK },
    columns: "digest, contract, signer, nonce, transaction_hash",
  },
  {
    ...{ table: "payment_token", id: PLACE, block: BLOCK },
    columns: "programme, token, units_per_fen, payment, effective_at, document",
  },
];
