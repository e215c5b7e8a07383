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
import { publish } from "../documents.ts";
import { exampleOf } from "../examples.ts";
import { type Prepared, transactionOf } from "../idempotency.ts";
import { defineList, defineRead, present } from "../read.ts";
import { defineRoute } from "../route.ts";
import type { z } from "../zod.ts";
import { retirementDocument } from "./document.ts";
import { statedIn } from "./facts.ts";
import { retirementBody, retirementParams, retirementQuery, retirementSchema } from "./schema.ts";

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
  example: {
    tokenId: exampleOf.tokenId,
    grams: "1250000",
    purpose: "eventNeutrality",
    beneficiary: { name: "示例企业 Example enterprise" },
    period: exampleOf.days,
  },
  refusals: ["NOT_FOUND", "ACCOUNT_MISMATCH", "DATE_MALFORMED", "PERIOD_EMPTY"],
  prepare: ({ caller, body }, dependencies) => retirement(caller, body, dependencies),
});

export const retirementRoutes = [
  commandRoute,
  defineList({
    path: "/v1/retirements",
    tag: "Units",
    summary: "Retirements, the newest first 注销记录清单",
    query: retirementQuery,
    item: retirementSchema,
    list: retirementList,
    rows: ({ query: { holder, tokenId } }, { pool }, page) =>
      listRetirements(pool, present({ holder, tokenId }), page),
  }),
  defineRead({
    path: "/v1/retirements/{id}",
    tag: "Units",
    summary: "A retirement with its serials 注销记录",
    params: retirementParams,
    answer: "The retirement",
    schema: retirementSchema,
    refusals: ["RETIREMENT_UNKNOWN"],
    find: ({ params }, dependencies) => requireRetirement(dependencies, params.id),
  }),
  defineRoute({
    method: "get",
    path: "/v1/retirements/{id}/document",
    action: "registry.read",
    tag: "Units",
    summary: "Statement of retirement, printable, in both languages 注销证明",
    params: retirementParams,
    success: { status: 200, description: "HTML page", mediaType: "text/html" },
    refusals: ["RETIREMENT_UNKNOWN", "NOT_FINAL_YET"],
    handle: async (call, dependencies) => {
      const found = await requireRetirement(dependencies, call.params.id);
      if (!found.ok) return found;
      const retirement = found.value;
      const stated = await statedIn(dependencies, retirement, [retirement]);
      if (!stated.ok) return stated;
      return succeed({
        content: retirementDocument({ retirement, ...stated.value }),
        mediaType: "text/html; charset=utf-8",
      });
    },
  }),
];
