import type { Pool } from "pg";
import { formatDay } from "../../domain/period.ts";
import {
  bytesOf,
  hexOf,
  hexOrNull,
  type Page,
  type PageRequest,
  pageOf,
  textOrNull,
} from "../codec.ts";

/** An issuance request as the chain knows it. Amounts are decimal text, times unix seconds. */
export type RequestView = {
  requestId: string;
  tokenId: string;
  sourceId: string;
  programme: number;
  methodology: number;
  applicant: string;
  firstDay: number;
  endDay: number;
  /** The two days as dates; the end is not included. */
  period: { first: string; end: string };
  root: string;
  totalMilligrams: string;
  count: string;
  depth: number;
  hashSuite: number;
  leafFileHash: string;
  reportHash: string;
  state: string;
  proposedAt: number;
  filedAt: number | null;
  filingDocument: string | null;
  /** Moved by every pause of the programme since the filing, a running one included. */
  noticeEnd: number | null;
  forwardedAt: number | null;
  forwardingDocument: string | null;
  decidedAt: number | null;
  decisionDocument: string | null;
  owner: string | null;
  issuedGrams: string | null;
  carryBeforeMilligrams: string | null;
  carryAfterMilligrams: string | null;
  /** What challenges took off so far. */
  deductedMilligrams: string;
  /** Open demands; no issue while there is one. */
  holds: number;
  transactionHash: string;
  decisionTransactionHash: string | null;
  blockNumber: number;
};

export type StatementView = {
  reviewer: string;
  institution: string;
  kind: number;
  favourable: boolean;
  validUntil: string;
  digest: string;
  transactionHash: string;
  attestedAt: number;
};

export type ObjectionView = {
  index: number;
  objector: string;
  document: string;
  upheld: boolean | null;
  decisionDocument: string | null;
  objectedAt: number;
};

export type RequestRow = {
  request_id: bigint;
  token_id: Uint8Array;
  source_id: Uint8Array;
  programme: bigint;
  methodology: bigint;
  applicant: Uint8Array;
  first_day: bigint;
  end_day: bigint;
  root: Uint8Array;
  total_milligrams: string;
  count: string;
  depth: number;
  hash_suite: number;
  leaf_file_hash: Uint8Array;
  report_hash: Uint8Array;
  state: string;
  proposed_at: bigint;
  filed_at: bigint | null;
  filing_document: Uint8Array | null;
  notice_end: bigint | null;
  /** Seconds the programme has been paused since the filing; deadlines moved by them. */
  paused_seconds: bigint;
  forwarded_at: bigint | null;
  forwarding_document: Uint8Array | null;
  decided_at: bigint | null;
  decision_document: Uint8Array | null;
  owner: Uint8Array | null;
  issued_grams: bigint | null;
  carry_before_milligrams: string | null;
  carry_after_milligrams: string | null;
  deducted_milligrams: string;
  holds: bigint;
  transaction_hash: Uint8Array;
  decision_transaction_hash: Uint8Array | null;
  block_number: bigint;
};

const secondsOrNull = (value: bigint | null): number | null =>
  value === null ? null : Number(value);

/** A row of mirror.request as it is shown. */
export function requestView(row: RequestRow): RequestView {
  return {
    requestId: row.request_id.toString(),
    tokenId: hexOf(row.token_id),
    sourceId: hexOf(row.source_id),
    programme: Number(row.programme),
    methodology: Number(row.methodology),
    applicant: hexOf(row.applicant),
    firstDay: Number(row.first_day),
    endDay: Number(row.end_day),
    period: { first: formatDay(Number(row.first_day)), end: formatDay(Number(row.end_day)) },
    root: hexOf(row.root),
    totalMilligrams: row.total_milligrams,
    count: row.count,
    depth: row.depth,
    hashSuite: row.hash_suite,
    leafFileHash: hexOf(row.leaf_file_hash),
    reportHash: hexOf(row.report_hash),
    state: row.state,
    proposedAt: Number(row.proposed_at),
    filedAt: secondsOrNull(row.filed_at),
    filingDocument: hexOrNull(row.filing_document),
    noticeEnd: row.notice_end === null ? null : Number(row.notice_end + row.paused_seconds),
    forwardedAt: secondsOrNull(row.forwarded_at),
    forwardingDocument: hexOrNull(row.forwarding_document),
    decidedAt: secondsOrNull(row.decided_at),
    decisionDocument: hexOrNull(row.decision_document),
    owner: hexOrNull(row.owner),
    issuedGrams: textOrNull(row.issued_grams),
    carryBeforeMilligrams: row.carry_before_milligrams,
    carryAfterMilligrams: row.carry_after_milligrams,
    deductedMilligrams: row.deducted_milligrams,
    holds: Number(row.holds),
    transactionHash: hexOf(row.transaction_hash),
    decisionTransactionHash: hexOrNull(row.decision_transaction_hash),
    blockNumber: Number(row.block_number),
  };
}

/** The list's name in its cursors, and the form of their parts. */
export const requestList = { name: "requests", forms: [/^\d{1,19}$/] } as const;

/** Requests from the newest to the oldest. */
export async function listRequests(
  pool: Pool,
  filter: { tokenId?: string; sourceId?: string; state?: string },
  page: PageRequest,
): Promise<Page<RequestView>> {
  const { rows } = await pool.query<RequestRow>(
    `SELECT r.*, coalesce((
       SELECT sum(coalesce(p.resumed_at, extract(epoch FROM now())::bigint) - p.paused_at)
       FROM mirror.pause p WHERE p.programme = r.programme AND p.paused_at >= r.filed_at), 0)::bigint AS paused_seconds
     FROM mirror.request r
     WHERE ($1::bytea IS NULL OR token_id = $1) AND ($2::bytea IS NULL OR source_id = $2)
       AND ($3::text IS NULL OR state = $3) AND ($4::bigint IS NULL OR request_id < $4)
     ORDER BY request_id DESC LIMIT $5`,
    [
      filter.tokenId === undefined ? null : bytesOf(filter.tokenId),
      filter.sourceId === undefined ? null : bytesOf(filter.sourceId),
      filter.state ?? null,
      page.after?.[0] ?? null,
      page.limit + 1,
    ],
  );
  return pageOf(requestList.name, rows, page.limit, {
    view: requestView,
    key: (row) => [row.request_id.toString()],
  });
}

export async function listStatements(pool: Pool, requestId: bigint): Promise<StatementView[]> {
  const { rows } = await pool.query<{
    reviewer: Buffer;
    institution: Buffer;
    kind: number;
    favourable: boolean;
    valid_until: string;
    digest: Buffer;
    transaction_hash: Buffer;
    attested_at: bigint;
  }>(
    `SELECT reviewer, institution, kind, favourable, valid_until, digest, transaction_hash, attested_at
     FROM mirror.statement WHERE request_id = $1 ORDER BY block_number, digest`,
    [requestId],
  );
  return rows.map((row) => ({
    reviewer: hexOf(row.reviewer),
    institution: hexOf(row.institution),
    kind: row.kind,
    favourable: row.favourable,
    validUntil: row.valid_until,
    digest: hexOf(row.digest),
    transactionHash: hexOf(row.transaction_hash),
    attestedAt: Number(row.attested_at),
  }));
}

export async function listObjections(pool: Pool, requestId: bigint): Promise<ObjectionView[]> {
  const { rows } = await pool.query<{
    index: bigint;
    objector: Buffer;
    document: Buffer;
    upheld: boolean | null;
    decision_document: Buffer | null;
    objected_at: bigint;
  }>("SELECT * FROM mirror.objection WHERE request_id = $1 ORDER BY index", [requestId]);
  return rows.map((row) => ({
    index: Number(row.index),
    objector: hexOf(row.objector),
    document: hexOf(row.document),
    upheld: row.upheld,
    decisionDocument: hexOrNull(row.decision_document),
    objectedAt: Number(row.objected_at),
  }));
}
