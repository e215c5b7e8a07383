import {
  listObjections,
  listRequests,
  listStatements,
  type RequestView,
  requestList,
} from "../../database/queries/requests.ts";
import { findRequest } from "../../database/queries/single.ts";
import { findBatch, findMethodology, findSource } from "../../database/queries/sources.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { accountOf, type Caller, requireProgramme } from "../auth.ts";
import { defineCommand } from "../command.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { publish } from "../documents.ts";
import { exampleOf } from "../examples.ts";
import { type Prepared, transactionOf } from "../idempotency.ts";
import { defineList, defineRead, present } from "../read.ts";
import { compareFigures } from "../review/compareFigures.ts";
import { leafParams, leafProofOf, leafProofSchema } from "./leafProof.ts";
import {
  proposalBody,
  requestDetailSchema,
  requestParams,
  requestQuery,
  requestSchema,
} from "./schema.ts";

/** The request with this number. NOT_FOUND. */
export async function requireRequest(
  { prisma }: ApiDependencies,
  requestId: string,
): Promise<Result<RequestView>> {
  const request = await findRequest(prisma, BigInt(requestId));
  return request
    ? succeed(request)
    : refuse("NOT_FOUND", { values: { what: "issuance request", id: requestId } });
}

async function proposal(
  caller: Caller,
  { batchId, report }: { batchId: string; report: Readonly<Record<string, string>> },
  dependencies: ApiDependencies,
): Promise<Result<Prepared>> {
  const { pool, store } = dependencies;
  const signer = accountOf(caller);
  if (!signer.ok) return signer;
  const batch = await findBatch(pool, batchId);
  if (!batch) {
    return refuse("NOT_FOUND", { field: "batchId", values: { what: "batch", id: batchId } });
  }
  const source = await findSource(pool, batch.sourceId);
  if (!source) return refuse("NOT_FOUND", { values: { what: "source", id: batch.sourceId } });
  const own = requireProgramme(caller, source.programme);
  if (!own.ok) return own;
  if (source.applicant !== signer.value) return refuse("ACCOUNT_MISMATCH");
  const compared = await compareFigures(batch, source.programme, dependencies);
  if (!compared.ok) return compared;
  const methodology = await findMethodology(pool, source.programme, source.methodology);
  const reportHash = await publish(store, {
    format: "tanpu-monitoring-report/1",
    report,
    batch,
    programme: source.programme,
    methodology: { number: source.methodology, contentHash: methodology?.contentHash ?? null },
  });
  const { sourceId, firstDay, endDay, root, totalMilligrams, count, depth, leafFileHash } = batch;
  return succeed(
    transactionOf("propose", signer.value, {
      sourceId,
      firstDay,
      endDay,
      root,
      totalMilligrams,
      count,
      depth,
      hashSuite: 1,
      leafFileHash,
      reportHash,
      record: { batchId, reportHash },
    }),
  );
}

export const issuanceRequestRoutes = [
  defineCommand({
    path: "/v1/issuance-requests",
    action: "request.propose",
    tag: "Issuance",
    summary: "File an issuance request for a closed period 申请签发",
    body: proposalBody,
    example: {
      batchId: exampleOf.uuid,
      report: { title: "监测报告 2018-09-01", summary: "公交与地铁出行，一天" },
    },
    refusals: [
      ...(["NOT_FOUND", "ACCOUNT_MISMATCH", "PROGRAMME_MISMATCH"] as const),
      ...(["INDEPENDENT_FIGURE_MISSING", "INDEPENDENT_FIGURE_DIFFERS"] as const),
    ],
    prepare: ({ caller, body }, dependencies) => proposal(caller, body, dependencies),
  }),
  defineList({
    path: "/v1/issuance-requests",
    tag: "Issuance",
    summary: "Issuance requests, the newest first 签发申请清单",
    query: requestQuery,
    item: requestSchema,
    list: requestList,
    rows: ({ query: { tokenId, sourceId, state } }, { pool }, page) =>
      listRequests(pool, present({ tokenId, sourceId, state }), page),
  }),
  defineRead({
    path: "/v1/issuance-requests/{id}",
    tag: "Issuance",
    summary: "An issuance request with its statements and objections 签发申请及其审查意见、异议",
    params: requestParams,
    answer: "The request",
    schema: requestDetailSchema,
    refusals: ["NOT_FOUND"],
    find: async ({ params }, dependencies) => {
      const { pool } = dependencies;
      const request = await requireRequest(dependencies, params.id);
      if (!request.ok) return request;
      const id = BigInt(params.id);
      const [statements, objections] = await Promise.all([
        listStatements(pool, id),
        listObjections(pool, id),
      ]);
      return succeed({ ...request.value, statements, objections });
    },
  }),
  defineRead({
    path: "/v1/issuance-requests/{id}/leaves/{index}",
    tag: "Issuance",
    summary: "A leaf of a request's tree with its proof 减排量树叶子及其证明",
    description:
      "Out of the published leaf file, so there is none before the proposal's block. The proof leads to the root that the chain holds; whoever has the leaf file can compute the same.",
    params: leafParams,
    answer: "The leaf and its siblings",
    schema: leafProofSchema,
    refusals: ["NOT_FOUND"],
    find: async ({ params }, dependencies) => {
      const request = await requireRequest(dependencies, params.id);
      return request.ok ? leafProofOf(dependencies, request.value, params.index) : request;
    },
  }),
];
