import { findRepeat, insertOperation } from "../database/commands.ts";
import { loadOperation, type OperationView, queuedView } from "../database/operationView.ts";
import type { Json } from "../domain/canonical.ts";
import { contentHash } from "../domain/canonical.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import type { ApiDependencies } from "./dependencies.ts";
import type { Answer, Call } from "./route.ts";

/** A command ready to be stored. */
export type Prepared = {
  readonly kind: string;
  readonly lane: string;
  /** Account that signs, `0x…`; null for work off chain. */
  readonly signer: string | null;
  readonly body: Readonly<Record<string, unknown>>;
};

/** The lane of an account's transactions. */
function accountLane(account: string): string {
  return `account:${account}`;
}

/** A command that becomes a transaction of the signer's account. */
export function transactionOf(kind: string, signer: string, body: Prepared["body"]): Prepared {
  return { kind, lane: accountLane(signer), signer, body };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The operation id that the client chose. IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_MALFORMED. */
function operationIdOf(header: string | undefined): Result<string> {
  if (header === undefined) return refuse("IDEMPOTENCY_KEY_MISSING");
  // The draft standard writes the key as a quoted string.
  const id = header.trim().replace(/^"(.*)"$/, "$1");
  return UUID.test(id) ? succeed(id.toLowerCase()) : refuse("IDEMPOTENCY_KEY_MALFORMED");
}

/**
 * Stores a command under its Idempotency-Key and answers with its operation. A repeat of the same
 * content by the same key is answered from what is stored, without looking at the registry again;
 * IDEMPOTENCY_KEY_CONFLICT for other content.
 */
export async function acceptCommand<P, Q, B>(
  call: Call<P, Q, B>,
  dependencies: ApiDependencies,
  prepare: () => Promise<Result<Prepared>>,
): Promise<Result<Answer>> {
  const { suite } = dependencies;
  const id = operationIdOf(call.header("idempotency-key"));
  if (!id.ok) return id;
  const apiKeyId = call.caller.key?.id;
  if (apiKeyId === undefined) return refuse("UNAUTHENTICATED");
  const wanted = {
    id: id.value,
    apiKeyId,
    contentHash: contentHash(suite, {
      route: `POST ${call.path}`,
      body: (call.rawBody ?? null) as Json,
      keyId: apiKeyId,
    }),
  };
  const view = await storeOnce(dependencies, wanted, prepare);
  if (!view.ok) return view;
  return succeed({
    status: 202,
    headers: { location: `/v1/operations/${id.value}` },
    json: view.value,
  });
}

/** The operation as it stands: what was stored just now is queued, and needs no look. */
async function storeOnce(
  { pool }: ApiDependencies,
  wanted: { id: string; apiKeyId: string; contentHash: Uint8Array },
  prepare: () => Promise<Result<Prepared>>,
): Promise<Result<OperationView>> {
  const known = await findRepeat(pool, wanted);
  if (!known.ok) return known;
  if (known.value === "new") {
    const prepared = await prepare();
    if (!prepared.ok) return prepared;
    const stored = await insertOperation(pool, { ...wanted, ...prepared.value });
    if (!stored.ok) return stored;
    if (stored.value.isNew)
      return succeed(queuedView({ id: wanted.id, ...prepared.value }, stored.value.createdAt));
  }
  const view = await loadOperation(pool, wanted.id);
  if (view === undefined) throw new Error("a stored operation cannot be read back");
  return succeed(view.operation);
}
