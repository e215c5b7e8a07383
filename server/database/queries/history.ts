import type { Pool } from "pg";
import { bytesOf, hexOf, hexOrNull, type Page, type PageRequest, pageOf } from "../codec.ts";
import { type AmountView, amountView, type HoldingView, holdingList } from "./units.ts";

/**
 * What a movement of units was. `reissued`, `voided` and `forced` rest on a decision; the others on the holder's order,
 * and `issued` on a request.
 */
export const movementKinds = [
  "issued",
  "moved",
  "retired",
  "voided",
  "reissued",
  "forced",
] as const;
export type MovementKind = (typeof movementKinds)[number];

export type MovementView = {
  kind: MovementKind;
  from: string | null;
  to: string | null;
  /** Who sent it: the holder, or a contract or account that may. */
  operator: string;
  grams: string;
  amount: AmountView;
  /** The act, or the request whose debt it was for, where a decision moved the units. */
  reason: string | null;
  movedAt: number;
  transactionHash: string;
  blockNumber: number;
  logIndex: number;
};

type MovementRow = {
  block_number: bigint;
  log_index: number;
  sub_index: number;
  operator: Buffer;
  sender: Buffer | null;
  recipient: Buffer | null;
  grams: bigint;
  reason: Buffer | null;
  transaction_hash: Buffer;
  moved_at: bigint;
};

function kindOf({ sender, recipient, reason }: MovementRow): MovementKind {
  if (sender === null) return reason === null ? "issued" : "reissued";
  if (recipient === null) return reason === null ? "retired" : "voided";
  return reason === null ? "moved" : "forced";
}

export const historyList = {
  name: "history",
  forms: [/^\d{1,19}$/, /^\d{1,10}$/, /^\d{1,10}$/],
} as const;

/** Every movement of an id, in the order of the chain. */
export async function listHistory(
  pool: Pool,
  tokenId: string,
  page: PageRequest,
): Promise<Page<MovementView>> {
  const [block = null, log = null, sub = null] = page.after ?? [];
  const { rows } = await pool.query<MovementRow>(
    `SELECT * FROM mirror.transfer
     WHERE token_id = $1
       AND ($2::bigint IS NULL OR (block_number, log_index, sub_index) > ($2, $3::bigint, $4::bigint))
     ORDER BY block_number, log_index, sub_index LIMIT $5`,
    [bytesOf(tokenId), block, log, sub, page.limit + 1],
  );
  return pageOf(historyList.name, rows, page.limit, {
    view: (row) => ({
      kind: kindOf(row),
      from: hexOrNull(row.sender),
      to: hexOrNull(row.recipient),
      operator: hexOf(row.operator),
      grams: row.grams.toString(),
      amount: amountView(row.grams),
      reason: hexOrNull(row.reason),
      movedAt: Number(row.moved_at),
      transactionHash: hexOf(row.transaction_hash),
      blockNumber: Number(row.block_number),
      logIndex: row.log_index,
    }),
    key: (row) => [row.block_number, row.log_index, row.sub_index].map(String),
  });
}

/** A moment of the chain: the end of a block, or the last block before a time in unix seconds. */
export type Moment = { readonly block: number } | { readonly before: number };

/** Whether the mirror has all of a moment: no later block can belong to it. */
export async function hasReached(pool: Pool, moment: Moment): Promise<boolean> {
  const { rows } = await pool.query<{ reached: boolean }>(
    `SELECT coalesce(c.block_number >= $1::bigint OR b.timestamp >= $2::bigint, false) AS reached
     FROM mirror.checkpoint c LEFT JOIN mirror.block b ON b.number = c.block_number`,
    "block" in moment ? [moment.block, null] : [null, moment.before],
  );
  return rows[0]?.reached ?? false;
}

/** What an account held at a moment: what it holds now, less what moved since. */
export async function listHoldingsAt(
  pool: Pool,
  account: string,
  moment: Moment,
  page: PageRequest,
): Promise<Page<HoldingView>> {
  const since = "block" in moment ? "block_number > $2" : "moved_at >= $2";
  const { rows } = await pool.query<{ token_id: Buffer; account: Buffer; grams: bigint }>(
    `WITH since AS (
       SELECT token_id, sum(grams) AS grams FROM (
         SELECT token_id, grams FROM mirror.transfer WHERE recipient = $1 AND ${since}
         UNION ALL
         SELECT token_id, -grams FROM mirror.transfer WHERE sender = $1 AND ${since}) AS moved
       GROUP BY token_id)
     SELECT * FROM (
       SELECT token_id, account, (h.grams - coalesce(s.grams, 0))::bigint AS grams
       FROM mirror.holding h LEFT JOIN since s USING (token_id) WHERE account = $1) AS held
     WHERE grams > 0 AND ($3::bytea IS NULL OR token_id > $3)
     ORDER BY token_id LIMIT $4`,
    [
      bytesOf(account),
      "block" in moment ? moment.block : moment.before,
      page.after?.[0] === undefined ? null : bytesOf(page.after[0]),
      page.limit + 1,
    ],
  );
  return pageOf(holdingList.name, rows, page.limit, {
    view: (row) => ({
      tokenId: hexOf(row.token_id),
      account: hexOf(row.account),
      grams: row.grams.toString(),
      held: amountView(row.grams),
    }),
    key: (row) => [hexOf(row.token_id)],
  });
}

/** The retirement that gave a serial of an id; undefined for a serial that no gram has. */
export async function findRetirementOfSerial(
  pool: Pool,
  tokenId: string,
  serial: bigint,
): Promise<string | undefined> {
  const { rows } = await pool.query<{ retirement_id: Buffer; end_serial: bigint }>(
    `SELECT retirement_id, end_serial FROM mirror.retirement_line
     WHERE token_id = $1 AND first_serial <= $2 ORDER BY first_serial DESC LIMIT 1`,
    [bytesOf(tokenId), serial],
  );
  const row = rows[0];
  return row !== undefined && serial < row.end_serial ? hexOf(row.retirement_id) : undefined;
}
