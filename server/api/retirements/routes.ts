import {
  listRetirements,
  type RetirementView,
  retirementList,
} from "../../database/queries/certificates.ts";
import { findRetirement, findToken } from "../../database/queries/single.ts";
import { purposes, retirementContent } from "../../domain/certificate.ts";
import { parsePeriod } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { accountOf, type Caller } from "../auth.ts";
import { defineCommand } from "../command.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { publish, readPublished } from "../documents.ts";
import { type Prepared, transactionOf } from "../idempotency.ts";
import { pageRequest } from "../page.ts";
import { defineRoute } from "../route.ts";
import type { z } from "../zod.ts";
import { retirementDocument } from "./document.ts";
import { requireFinal, retiredUnitsOf, statusesOf } from "./facts.ts";
import {
  retirementBody,
  retirementPage,
  retirementParams,
  retirementQuery,
  retirementSchema,
} from "./schema.ts";

async function retirement(
  caller: Caller,
  body: z.infer<typeof retirementBody>,
  { prisma, store }: ApiDependencies,
): Promise<Result<Prepared>> {
  const signer = accountOf(caller);
  if (!signer.ok) return signer;
  const { tokenId, grams, beneficiary, statement } = body;
  const purpose = purposes.find(({ id }) => id === body.purpose);
  if (purpose === undefined) {
    return refuse("PURPOSE_UNKNOWN", { field: "purpose", values: { purpose: body.purpose } });
  }
  const period = parsePeriod(body.period.first, body.period.end);
  if (!period.ok) return period;
  const token = await findToken(prisma, tokenId);
  if (!token) {
    return refuse("NOT_FOUND", { field: "tokenId", values: { what: "token", id: tokenId } });
  }
  const stated = retirementContent({
    programme: token.programme,
    beneficiary: {
      name: beneficiary.name,
      ...(beneficiary.registerNumber === undefined
        ? {}
        : { registerNumber: beneficiary.registerNumber }),
    },
    purpose: purpose.id,
    subject: statement ?? `${purpose.en} ${purpose.zh}`,
    tokenId,
    grams: BigInt(grams),
  });
  const content = await publish(store, {
    ...(stated as object),
    holder: signer.value,
    period: body.period,
    ...(statement === undefined ? {} : { statement }),
  });
  return succeed(
    transactionOf("retire", signer.value, {
      tokenId,
      grams,
      purpose: purpose.number,
      content,
      record: { content },
    }),
  );
}

async function requireRetirement(
  { prisma }: ApiDependencies,
  id: string,
): Promise<Result<RetirementView>> {
  const found = await findRetirement(prisma, id);
  return found ? succeed(found) : refuse("RETIREMENT_UNKNOWN", { values: { retirement: id } });
}

const commandRoute = defineCommand({
  path: "/v1/retirements",
  action: "units.retire",
  tag: "Units",
  summary: "Retire units of the key's account for ever 注销",
  body: retirementBody,
  refusals: ["NOT_FOUND", "ACCOUNT_MISMATCH", "DATE_MALFORMED", "PERIOD_EMPTY"],
  prepare: ({ caller, body }, dependencies) => retirement(caller, body, dependencies),
});

export const retirementRoutes = [
  commandRoute,
  defineRoute({
    method: "get",
    path: "/v1/retirements",
    action: "registry.read",
    tag: "Units",
    summary: "Retirements, the newest first",
    query: retirementQuery,
    success: { status: 200, description: "One page", schema: retirementPage },
    refusals: ["CURSOR_INVALID"],
    handle: async (call, { pool }) => {
      const page = pageRequest(retirementList, call.query);
      if (!page.ok) return page;
      const { holder, tokenId } = call.query;
      const filter = {
        ...(holder === undefined ? {} : { holder }),
        ...(tokenId === undefined ? {} : { tokenId }),
      };
      return succeed({ json: await listRetirements(pool, filter, page.value) });
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/retirements/{id}",
    action: "registry.read",
    tag: "Units",
    summary: "A retirement with its serials",
    params: retirementParams,
    success: { status: 200, description: "The retirement", schema: retirementSchema },
    refusals: ["RETIREMENT_UNKNOWN"],
    handle: async (call, dependencies) => {
      const found = await requireRetirement(dependencies, call.params.id);
      return found.ok ? succeed({ json: found.value }) : found;
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/retirements/{id}/document",
    action: "registry.read",
    tag: "Units",
    summary: "注销证明: statement of retirement, printable, in both languages",
    params: retirementParams,
    success: { status: 200, description: "HTML page", mediaType: "text/html" },
    refusals: ["RETIREMENT_UNKNOWN", "NOT_FINAL_YET"],
    handle: async (call, dependencies) => {
      const found = await requireRetirement(dependencies, call.params.id);
      if (!found.ok) return found;
      const isFinal = await requireFinal(dependencies.pool, found.value.blockNumber);
      if (!isFinal.ok) return isFinal;
      const [content, statuses] = await Promise.all([
        readPublished(dependencies.store, found.value.content),
        statusesOf(dependencies.pool, retiredUnitsOf([found.value])),
      ]);
      return succeed({
        content: retirementDocument({ retirement: found.value, content, statuses }),
        mediaType: "text/html; charset=utf-8",
      });
    },
  }),
];
