import type { Pool } from "pg";
import { explain, isRefusalCode } from "../domain/errors.ts";
import type { Refusal, RefusalValues } from "../domain/result.ts";
import {
  findOperation,
  findResult,
  type OperationRow,
  type OperationState,
} from "./queries/operations.ts";

/** Why a command came to nothing. */
export type OperationRefusal = {
  code: string;
  detail: string;
  detailZh: string;
  field: string | null;
  values: RefusalValues;
};

/** A command as people follow it. */
export type OperationView = {
  id: string;
  kind: string;
  state: OperationState;
  createdAt: string;
  transactionHash: string | null;
  blockNumber: number | null;
  refusal: OperationRefusal | null;
  result: Readonly<Record<string, unknown>> | null;
  record: Readonly<Record<string, unknown>>;
};

function refusalView(refusal: Refusal): OperationRefusal {
  return {
    code: refusal.code,
    detail: explain(refusal, "en"),
    detailZh: explain(refusal, "zh"),
    field: refusal.field ?? null,
    values: refusal.values ?? {},
  };
}

function valuesOf(value: unknown): RefusalValues {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter(([, one]) => typeof one === "string" || typeof one === "number"),
  );
}

function refusalOf(
  state: OperationState,
  code: string | null,
  detail: Readonly<Record<string, unknown>> | null,
): OperationRefusal | null {
  if (state === "reverted") {
    // Why is not in a block; the simulation before it had passed.
    return refusalView({ code: "TRANSACTION_REVERTED", values: { reason: "status 0" } });
  }
  if (state === "displaced") return refusalView({ code: "TRANSACTION_DISPLACED" });
  if (state !== "refused") return null;
  const values = valuesOf(detail?.values);
  const field = typeof detail?.field === "string" ? { field: detail.field } : {};
  return code !== null && isRefusalCode(code)
    ? refusalView({ code, values, ...field })
    : refusalView({ code: "CONTRACT_REFUSED", values: { ...values, name: code ?? "?" } });
}

/** What people are shown of an operation; what it brought about is read from the mirror now. */
export async function viewOperation(pool: Pool, row: OperationRow): Promise<OperationView> {
  const isMined = row.state === "included" || row.state === "final";
  const result =
    row.state === "completed" ? row.detail : isMined ? await findResult(pool, row) : null;
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    createdAt: row.createdAt.toISOString(),
    transactionHash: row.transactionHash,
    blockNumber: row.blockNumber,
    refusal: refusalOf(row.state, row.code, row.detail),
    result,
    record: recordOf(row.body),
  };
}

function recordOf({
  record,
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return typeof record === "object" && record !== null ? (record as Record<string, unknown>) : {};
}

/** What people are shown of a command that was stored just now. */
export function queuedView(
  { id, kind, body }: Pick<OperationRow, "id" | "kind" | "body">,
  createdAt: Date,
): OperationView {
  return {
    ...{ id, kind, state: "queued", createdAt: createdAt.toISOString() },
    ...{ transactionHash: null, blockNumber: null, refusal: null, result: null },
    record: recordOf(body),
  };
}

/** An operation with the key and programme it belongs to; undefined when there is none. */
export async function loadOperation(
  pool: Pool,
  id: string,
): Promise<{ operation: OperationView; apiKeyId: string; programme: number | null } | undefined> {
  const row = await findOperation(pool, id);
  if (row === undefined) return undefined;
  const { apiKeyId, programme } = row;
  return { apiKeyId, programme, operation: await viewOperation(pool, row) };
}
