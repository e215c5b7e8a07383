import type { RequestView } from "../../database/queries/requests.ts";
import { type Result, succeed } from "../../domain/result.ts";
import { accountOf, type Caller, requireProgramme } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { type Document, publishDecision } from "../documents.ts";
import { type Prepared, transactionOf } from "../idempotency.ts";
import { requireRequest } from "./routes.ts";

/** Who asks, and about which request. */
export type RequestCall = { readonly caller: Caller; readonly params: { readonly id: string } };

/** What a command about a request adds to the request's number. */
type FieldsOf = (
  request: RequestView,
  signer: string,
) => Promise<Result<Readonly<Record<string, unknown>>>>;

/** Prepares a transaction of the caller's account about one request, of any programme. NOT_FOUND. */
export async function aboutRequest(
  kind: string,
  { caller, params }: RequestCall,
  dependencies: ApiDependencies,
  fieldsOf: FieldsOf,
): Promise<Result<Prepared>> {
  const signer = accountOf(caller);
  if (!signer.ok) return signer;
  const request = await requireRequest(dependencies, params.id);
  if (!request.ok) return request;
  const fields = await fieldsOf(request.value, signer.value);
  if (!fields.ok) return fields;
  return succeed(transactionOf(kind, signer.value, { requestId: params.id, ...fields.value }));
}

/** The same for those who act for one programme. NOT_FOUND, PROGRAMME_MISMATCH. */
export function decision(
  kind: string,
  call: RequestCall,
  dependencies: ApiDependencies,
  fieldsOf: FieldsOf,
): Promise<Result<Prepared>> {
  return aboutRequest(kind, call, dependencies, async (request, signer) => {
    const own = requireProgramme(call.caller, request.programme);
    return own.ok ? fieldsOf(request, signer) : own;
  });
}

/** Publishes the document of a decision: the chain gets its hash, the record what people cite. */
export async function documented(
  { store }: ApiDependencies,
  of: {
    kind: string;
    request: RequestView;
    document: Document;
    more?: Readonly<Record<string, string | number | boolean>>;
  },
) {
  const { requestId, tokenId } = of.request;
  const about = { ...of.more, requestId, tokenId };
  const record = await publishDecision(store, of.kind, about, of.document);
  return { document: record.hash, record: { document: record } };
}
