import type { Pool } from "pg";
import { fromHex, toUint } from "../../domain/bytes.ts";
import { formatDay } from "../../domain/period.ts";
import { decodeTokenId, describeTokenId } from "../../domain/tokenId.ts";
import { formatKilograms, formatTonnes } from "../../domain/units.ts";
import { bytesOf, hexOf, hexOrNull, type Page, type PageRequest, pageOf } from "../codec.ts";

/** One amount in the three units people ask for. */
export type AmountView = { grams: string; kilograms: string; tonnes: string };

export function amountView(grams: bigint): AmountView {
  return {
    grams: grams.toString(),
    kilograms: formatKilograms(grams),
    tonnes: formatTonnes(grams),
  };
}

export type DecodedTokenId = {
  version: number;
  programme: number;
  methodology: number;
  firstDay: number;
  endDay: number;
  period: { first: string; end: string };
  binding: string;
  en: string;
  zh: string;
};

/** What a token id says by itself. Throws a RangeError on an id of another version: the mirror holds none. */
export function decodedTokenId(tokenId: string): DecodedTokenId {
  const parts = decodeTokenId(toUint(fromHex(tokenId)));
  if (!parts.ok) throw new RangeError(`the mirror holds an unreadable token id ${tokenId}`);
  const { firstDay, endDay } = parts.value;
  return {
    ...parts.value,
    period: { first: formatDay(firstDay), end: formatDay(endDay) },
    ...describeTokenId(parts.value),
  };
}

/** The units of one id. issued = held + retired + void. */
export type TokenView = {
  tokenId: string;
  decoded: DecodedTokenId;
  programme: number;
  methodology: number;
  requestId: string;
  sourceId: string;
  owner: string;
  state: string;
  stateDocument: string | null;
  issuedGrams: string;
  heldGrams: string;
  retiredGrams: string;
  voidGrams: string;
  supply: { issued: AmountView; held: AmountView; retired: AmountView; void: AmountView };
  issuedAt: number;
  transactionHash: string;
  blockNumber: number;
};

export type TokenRow = {
  token_id: Uint8Array;
  programme: bigint;
  methodology: bigint;
  request_id: bigint;
  source_id: Uint8Array;
  owner: Uint8Array;
  issued_grams: bigint;
  retired_grams: bigint;
  void_grams: bigint;
  state: string;
  state_document: Uint8Array | null;
  issued_at: bigint;
  transaction_hash: Uint8Array;
  block_number: bigint;
};

/** A row of mirror.token as it is shown. */
export function tokenView(row: TokenRow): TokenView {
  const tokenId = hexOf(row.token_id);
  const held = row.issued_grams - row.retired_grams - row.void_grams;
  return {
    tokenId,
    decoded: decodedTokenId(tokenId),
    programme: Number(row.programme),
    methodology: Number(row.methodology),
    requestId: row.request_id.toString(),
    sourceId: hexOf(row.source_id),
    owner: hexOf(row.owner),
    state: row.state,
    stateDocument: hexOrNull(row.state_document),
    issuedGrams: row.issued_grams.toString(),
    heldGrams: held.toString(),
    retiredGrams: row.retired_grams.toString(),
    voidGrams: row.void_grams.toString(),
    supply: {
      issued: amountView(row.issued_grams),
      held: amountView(held),
      retired: amountView(row.retired_grams),
      void: amountView(row.void_grams),
    },
    issuedAt: Number(row.issued_at),
    transactionHash: hexOf(row.transaction_hash),
    blockNumber: Number(row.block_number),
  };
}

export const tokenList = { name: "tokens", forms: [/^0x[0-9a-f]{64}$/] } as const;

/** All ids, in their own order: by programme, methodology and period. */
export async function listTokens(
  pool: Pool,
  filter: { programme?: number },
  page: PageRequest,
): Promise<Page<TokenView>> {
  const after = page.after?.[0];
  const { rows } = await pool.query<TokenRow>(
    `SELECT * FROM mirror.token
     WHERE ($1::bigint IS NULL OR programme = $1) AND ($2::bytea IS NULL OR token_id > $2)
     ORDER BY token_id LIMIT $3`,
    [filter.programme ?? null, after === undefined ? null : bytesOf(after), page.limit + 1],
  );
  return pageOf(tokenList.name, rows, page.limit, {
    view: tokenView,
    key: (row) => [hexOf(row.token_id)],
  });
}

export type HoldingView = { tokenId: string; account: string; held: AmountView; grams: string };

export const holdingList = { name: "holdings", forms: [/^0x[0-9a-f]{64}$/] } as const;

/** What an account holds; ids it holds nothing of any more are left out. */
export async function listHoldings(
  pool: Pool,
  account: string,
  page: PageRequest,
): Promise<Page<HoldingView>> {
  const after = page.after?.[0];
  const { rows } = await pool.query<{ token_id: Buffer; account: Buffer; grams: bigint }>(
    `SELECT token_id, account, grams FROM mirror.holding
     WHERE account = $1 AND grams > 0 AND ($2::bytea IS NULL OR token_id > $2)
     ORDER BY token_id LIMIT $3`,
    [bytesOf(account), after === undefined ? null : bytesOf(after), page.limit + 1],
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

export type TransferView = {
  /** Null at issue. */
  from: string | null;
  /** Null at retirement. */
  to: string | null;
  grams: string;
  movedAt: number;
  transactionHash: string;
  blockNumber: number;
  logIndex: number;
};

/** The first `limit` movements of an id, in chain order. */
export async function listTransfers(
  pool: Pool,
  tokenId: string,
  limit: number,
): Promise<TransferView[]> {
  const { rows } = await pool.query<{
    sender: Buffer | null;
    recipient: Buffer | null;
    grams: bigint;
    moved_at: bigint;
    transaction_hash: Buffer;
    block_number: bigint;
    log_index: number;
  }>(
    `SELECT * FROM mirror.transfer WHERE token_id = $1
     ORDER BY block_number, log_index, sub_index LIMIT $2`,
    [bytesOf(tokenId), limit],
  );
  return rows.map((row) => ({
    from: hexOrNull(row.sender),
    to: hexOrNull(row.recipient),
    grams: row.grams.toString(),
    movedAt: Number(row.moved_at),
    transactionHash: hexOf(row.transaction_hash),
    blockNumber: Number(row.block_number),
    logIndex: row.log_index,
  }));
}
