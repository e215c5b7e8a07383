import {
  type CertificateView,
  certificateList,
  findRetirements,
  listCertificates,
} from "../../database/queries/certificates.ts";
import { findCertificate } from "../../database/queries/single.ts";
import type { Json } from "../../domain/canonical.ts";
import { certificateKinds, neutralityCertificate } from "../../domain/certificate.ts";
import { countInventory } from "../../domain/inventory.ts";
import { parsePeriod } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { accountOf, type Caller } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { publish, readPublished } from "../documents.ts";
import { acceptCommand, accountLane, type Prepared } from "../idempotency.ts";
import { operationSchema } from "../operations/schema.ts";
import { pageRequest } from "../page.ts";
import { requireFinal, retiredUnitsOf, statusesOf } from "../retirements/facts.ts";
import { defineRoute } from "../route.ts";
import type { z } from "../zod.ts";
import { certificateDocument } from "./document.ts";
import {
  certificateBody,
  certificatePage,
  certificateParams,
  certificateQuery,
  certificateSchema,
} from "./schema.ts";

type CertificateBody = z.infer<typeof certificateBody>;

async function certificate(
  caller: Caller,
  body: CertificateBody,
  { pool, store, factors }: ApiDependencies,
): Promise<Result<Prepared>> {
  const signer = accountOf(caller);
  if (!signer.ok) return signer;
  const { event, retirementIds } = body;
  const period = parsePeriod(event.first, event.end);
  if (!period.ok) return period;
  const lines = body.inventory.map(({ description: _, ...line }) => line);
  const inventory = countInventory(lines, factors);
  if (!inventory.ok) return inventory;
  const found = new Map(
    (await findRetirements(pool, retirementIds)).map((one) => [one.retirementId, one]),
  );
  const retirements = retirementIds.flatMap((id) => found.get(id) ?? []);
  const unknown = retirementIds.find((id) => !found.has(id));
  if (unknown !== undefined) {
    return refuse("RETIREMENT_UNKNOWN", {
      field: "retirementIds",
      values: { retirement: unknown },
    });
  }
  const kind = certificateKinds.find(({ id }) => id === body.kind);
  const units = retiredUnitsOf(retirements);
  const stated = neutralityCertificate({
    kind: body.kind,
    beneficiary: { name: event.organiser, ...body.beneficiary },
    subject: {
      title: event.name,
      organiser: event.organiser,
      place: event.place,
      period: period.value,
      boundary: event.boundary,
    },
    inventory: inventory.value,
    retirements: units,
    statuses: await statusesOf(pool, units),
  });
  const content = await publish(store, {
    ...(stated as object),
    holder: signer.value,
    inventoryAsStated: body.inventory as unknown as Json,
  });
  const emittedGrams = inventory.value.emittedGrams.toString();
  return succeed({
    kind: "certify",
    lane: accountLane(signer.value),
    signer: signer.value,
    body: {
      retirements: retirementIds,
      emittedGrams,
      kind: kind?.number ?? 1,
      content,
      replaces: "0",
      record: { content, emittedGrams },
    },
  });
}

async function requireCertificate(
  { prisma }: ApiDependencies,
  id: string,
): Promise<Result<CertificateView>> {
  const found = await findCertificate(prisma, id);
  return found ? succeed(found) : refuse("NOT_FOUND", { values: { what: "certificate", id } });
}

export const certificateRoutes = [
  defineRoute({
    method: "post",
    path: "/v1/certificates",
    action: "certificate.certify",
    tag: "Certificates",
    summary: "Certify an event's neutrality from the key's own retirements 碳中和证明",
    isCommand: true,
    body: certificateBody,
    success: {
      status: 202,
      description: "The operation; its record holds emittedGrams",
      schema: operationSchema,
    },
    refusals: [
      "RETIREMENT_UNKNOWN",
      "INVENTORY_EMPTY",
      "QUANTITY_MALFORMED",
      "FACTOR_UNIT_MISMATCH",
    ],
    handle: (call, dependencies) =>
      acceptCommand(call, dependencies, () => certificate(call.caller, call.body, dependencies)),
  }),
  defineRoute({
    method: "get",
    path: "/v1/certificates",
    action: "registry.read",
    tag: "Certificates",
    summary: "Certificates, the newest first",
    query: certificateQuery,
    success: { status: 200, description: "One page", schema: certificatePage },
    refusals: ["CURSOR_INVALID"],
    handle: async (call, { pool }) => {
      const page = pageRequest(certificateList, call.query);
      if (!page.ok) return page;
      const { holder } = call.query;
      const filter = holder === undefined ? {} : { holder };
      return succeed({ json: await listCertificates(pool, filter, page.value) });
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/certificates/{id}",
    action: "registry.read",
    tag: "Certificates",
    summary: "A certificate and the retirements it consumed",
    params: certificateParams,
    success: { status: 200, description: "The certificate", schema: certificateSchema },
    refusals: ["NOT_FOUND"],
    handle: async (call, dependencies) => {
      const found = await requireCertificate(dependencies, call.params.id);
      return found.ok ? succeed({ json: found.value }) : found;
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/certificates/{id}/document",
    action: "registry.read",
    tag: "Certificates",
    summary: "The certificate as a printable page in both languages",
    params: certificateParams,
    success: { status: 200, description: "HTML page", mediaType: "text/html" },
    refusals: ["NOT_FOUND", "NOT_FINAL_YET"],
    handle: async (call, dependencies) => {
      const found = await requireCertificate(dependencies, call.params.id);
      if (!found.ok) return found;
      const isFinal = await requireFinal(dependencies.pool, found.value.blockNumber);
      if (!isFinal.ok) return isFinal;
      const retirements = await findRetirements(dependencies.pool, found.value.retirements);
      const [content, statuses] = await Promise.all([
        readPublished(dependencies.store, found.value.content),
        statusesOf(dependencies.pool, retiredUnitsOf(retirements)),
      ]);
      return succeed({
        content: certificateDocument({ certificate: found.value, retirements, content, statuses }),
        mediaType: "text/html; charset=utf-8",
      });
    },
  }),
];
