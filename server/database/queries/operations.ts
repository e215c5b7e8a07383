import type { Pool } from "pg";
import { prepared } from "../client.ts";
import { bytesOf, hexOf, hexOrNull } from "../codec.ts";

/**
 * Where a command stands. Nothing is written back for it: `queued` has no nonce, `sent` is not in the
 * mirror, `included`, `reverted` and `final` are, and `displaced` lost its nonce to other bytes.
 */
export const operationStates = [
  "queued",
  "sent",
  "included",
  "final",
  "reverted",
  "displaced",
  "refused",
  "completed",
] as const;
export type OperationState = (typeof operationStates)[number];

export type OperationRow = {
  id: string;
  kind: string;
  apiKeyId: string;
  programme: number | null;
  body: Readonly<Record<string, unknown>>;
  createdAt: Date;
  state: OperationState;
  /** Of the newest attempt, or of the one that the chain took. */
  transactionHash: string | null;
  blockNumber: number | null;
  code: string | null;
  detail: Readonly<Record<string, unknown>> | null;
  /** When its end was recorded that the chain does not know. */
  endedAt: Date | null;
  /** The last final block of the mirror when this was read; null for what has no nonce. */
  finalBlock: number | null;
  /** Nothing can change any more: its end is not on the chain, or in a final block of it. */
  isSettled: boolean;
};

type Row = {
  id: string;
  kind: string;
  api_key_id: string;
  programme: bigint | null;
  body: Record<string, unknown>;
  created_at: Date;
  outcome: "refused" | "completed" | null;
  code: string | null;
  detail: Record<string, unknown> | null;
  ended_at: Date | null;
  nonce: bigint | null;
  newest_hash: Buffer | null;
  mined_hash: Buffer | null;
  mined_is_ours: boolean;
  block_number: bigint | null;
  status: number | null;
  final_block: bigint | null;
};

function stateOf(row: Row): OperationState {
  if (row.outcome !== null) return row.outcome;
  if (row.nonce === null) return "queued";
  if (row.mined_hash === null) return "sent";
  if (!row.mined_is_ours) return "displaced";
  if (row.status === 0) return "reverted";
  return isFinal(row) ? "final" : "included";
}

function isFinal(row: Row): boolean {
  return (
    row.block_number !== null && row.final_block !== null && row.block_number <= row.final_block
  );
}

/** Names where an operation stands: the same name, nothing new to tell. */
export function placeOf({
  state,
  blockNumber,
}: Pick<OperationRow, "state" | "blockNumber">): string {
  return blockNumber === null ? state : `${state}.${blockNumber}`;
}

/** A command and where it stands: the join of what was ordered with what the chain says. */
export async function findOperation(pool: Pool, id: string): Promise<OperationRow | undefined> {
  return (await findOperations(pool, [id]))[0];
}

/** The same for many at once, in no order; ids that nobody ordered are left out. */
export async function findOperations(pool: Pool, ids: readonly string[]): Promise<OperationRow[]> {
  const { rows } = await pool.query<Row>(
    prepared(
      "operation view",
      `SELECT o.id::text, o.kind, o.api_key_id::text, k.programme, o.body, o.created_at,
            r.kind AS outcome, r.code, r.detail, r.created_at AS ended_at, n.nonce,
            newest.tx_hash AS newest_hash, t.hash AS mined_hash,
            (ours.tx_hash IS NOT NULL OR t.operation_id = o.id) IS TRUE AS mined_is_ours,
            t.block_number, t.status, c.final_block
     FROM app.operation o
     JOIN app.api_key k ON k.id = o.api_key_id
     LEFT JOIN app.outcome r ON r.operation_id = o.id
     LEFT JOIN app.operation_nonce n ON n.operation_id = o.id
     LEFT JOIN LATERAL (
       SELECT a.tx_hash FROM app.attempt a WHERE a.operation_id = o.id
       ORDER BY a.attempt DESC LIMIT 1) newest ON true
     LEFT JOIN mirror.checkpoint c ON c.chain_id = n.chain_id
     LEFT JOIN mirror.transaction t
       ON t.signer = n.signer AND t.nonce = n.nonce AND c.chain_id = n.chain_id
     LEFT JOIN app.attempt ours ON ours.operation_id = o.id AND ours.tx_hash = t.hash
     WHERE o.id = ANY($1::uuid[])`,
      [ids],
    ),
  );
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    apiKeyId: row.api_key_id,
    programme: row.programme === null ? null : Number(row.programme),
    body: row.body,
    createdAt: row.created_at,
    state: stateOf(row),
    transactionHash: hexOrNull(row.mined_is_ours ? row.mined_hash : row.newest_hash),
    blockNumber: row.block_number === null ? null : Number(row.block_number),
    code: row.code,
    detail: row.detail,
    endedAt: row.ended_at,
    finalBlock: row.final_block === null ? null : Number(row.final_block),
    isSettled: row.outcome !== null || isFinal(row),
  }));
}

/** The key's operations behind a place in the order of storing, oldest first, at most `most`. */
export async function findOperationsBehind(
  pool: Pool,
  apiKeyId: string,
  sequence: bigint,
  most: number,
): Promise<{ id: string; sequence: bigint }[]> {
  const { rows } = await pool.query<{ id: string; sequence: bigint }>(
    `SELECT id::text, sequence FROM app.operation
     WHERE api_key_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`,
    [apiKeyId, sequence, most],
  );
  return rows;
}

/** The key's newest operations, newest first. */
export async function findNewestOperations(
  pool: Pool,
  apiKeyId: string,
  most: number,
): Promise<{ id: string; sequence: bigint }[]> {
  const { rows } = await pool.query<{ id: string; sequence: bigint }>(
    `SELECT id::text, sequence FROM app.operation
     WHERE api_key_id = $1 ORDER BY sequence DESC LIMIT $2`,
    [apiKeyId, most],
  );
  return rows;
}

type Found = Record<string, unknown>;

// What each kind of transaction brought about, found by its hash in the mirror.
const resultQueries: Readonly<
  Record<string, { sql: string; view: (row: Found) => Found; by?: "document" }>
> = {
  propose: {
    sql: "SELECT request_id, token_id FROM mirror.request WHERE transaction_hash = $1",
    view: (row) => ({ requestId: String(row.request_id), tokenId: hexOf(row.token_id as Buffer) }),
  },
  attest: {
    sql: "SELECT request_id, digest, reviewer FROM mirror.statement WHERE transaction_hash = $1",
    view: (row) => ({
      requestId: String(row.request_id),
      digest: hexOf(row.digest as Buffer),
      reviewer: hexOf(row.reviewer as Buffer),
    }),
  },
  issue: {
    sql: `SELECT request_id, token_id, issued_grams, carry_before_milligrams, carry_after_milligrams
          FROM mirror.request WHERE decision_transaction_hash = $1`,
    view: (row) => ({
      requestId: String(row.request_id),
      tokenId: hexOf(row.token_id as Buffer),
      issuedGrams: String(row.issued_grams),
      carryBeforeMilligrams: String(row.carry_before_milligrams),
      carryAfterMilligrams: String(row.carry_after_milligrams),
    }),
  },
  object: {
    // The document names the request and the objector, who objects to a request once.
    by: "document",
    sql: "SELECT request_id, index FROM mirror.objection WHERE document = $1",
    view: (row) => ({ requestId: String(row.request_id), index: Number(row.index) }),
  },
  transfer: {
    // By the block, which begins the key of movements: an index on hashes would be dear to write and serve nothing else.
    sql: `SELECT token_id, sender, recipient, grams FROM mirror.transfer
          WHERE block_number = (SELECT block_number FROM mirror.transaction WHERE hash = $1) AND transaction_hash = $1
          ORDER BY log_index, sub_index LIMIT 1`,
    view: (row) => ({
      tokenId: hexOf(row.token_id as Buffer),
      from: hexOrNull(row.sender as Buffer | null),
      to: hexOrNull(row.recipient as Buffer | null),
      grams: String(row.grams),
    }),
  },
  retire: {
    sql: "SELECT retirement_id, grams, content FROM mirror.retirement WHERE transaction_hash = $1",
    view: (row) => ({
      retirementId: hexOf(row.retirement_id as Buffer),
      grams: String(row.grams),
      content: hexOf(row.content as Buffer),
    }),
  },
  certify: {
    sql: `SELECT certificate_id, retired_grams, emitted_grams, content
          FROM mirror.certificate WHERE transaction_hash = $1`,
    view: (row) => ({
      certificateId: hexOf(row.certificate_id as Buffer),
      retiredGrams: String(row.retired_grams),
      emittedGrams: String(row.emitted_grams),
      content: hexOf(row.content as Buffer),
    }),
  },
};

/** What an included transaction brought about; null for kinds whose success says everything. */
export async function findResult(
  pool: Pool,
  { kind, transactionHash, body }: Pick<OperationRow, "kind" | "transactionHash" | "body">,
): Promise<Found | null> {
  const query = resultQueries[kind];
  const key = query?.by === "document" ? body.document : transactionHash;
  if (query === undefined || typeof key !== "string") return null;
  const { rows } = await pool.query<Found>(query.sql, [bytesOf(key)]);
  return rows[0] === undefined ? null : query.view(rows[0]);
}
