import {
  type CertificateView,
  certificateList,
  findRetirements,
  listCertificates,
} from "../../database/queries/certificates.ts";
import { findCertificate } from "../../database/queries/single.ts";
import type { Json } from "../../domain/canonical.ts";
import {
  type Beneficiary,
  certificateKinds,
  neutralityCertificate,
} from "../../domain/certificate.ts";
import { countInventory } from "../../domain/inventory.ts";
import { parsePeriod } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { accountOf, type Caller, requireProgramme } from "../auth.ts";
import { defineCommand } from "../command.ts";
import type { ApiDependencies } from "../dependencies.ts";
import {
  type Document,
  decisionBody,
  publish,
  publishDecision,
  readPublished,
} from "../documents.ts";
import { exampleOf } from "../examples.ts";
import { type Prepared, transactionOf } from "../idempotency.ts";
import { defineList, defineRead, present } from "../read.ts";
import { retiredUnitsOf, statedIn, statusesOf } from "../retirements/facts.ts";
import { defineRoute } from "../route.ts";
import type { z } from "../zod.ts";
import { certificateDocument } from "./document.ts";
import {
  certificateBody,
  certificateParams,
  certificateQuery,
  certificateSchema,
} from "./schema.ts";

type CertificateBody = z.infer<typeof certificateBody>;

/** Whom the certificate speaks for: the organiser, unless somebody else is named. */
function beneficiaryOf({ beneficiary, event }: CertificateBody): Beneficiary {
  if (beneficiary === undefined) return { name: event.organiser };
  const { name, registerNumber } = beneficiary;
  return registerNumber === undefined ? { name } : { name, registerNumber };
}

async function certificate(
  caller: Caller,
  body: CertificateBody,
  dependencies: ApiDependencies,
): Promise<Result<Prepared>> {
  const { pool, store, factors } = dependencies;
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
  const beneficiary = beneficiaryOf(body);
  const replaced = await checkReplaced(body.replaces, beneficiary, dependencies);
  if (!replaced.ok) return replaced;
  const kind = certificateKinds.find(({ id }) => id === body.kind);
  const units = retiredUnitsOf(retirements);
  const stated = neutralityCertificate({
    kind: body.kind,
    beneficiary,
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
    ...(body.replaces === undefined ? {} : { replaces: body.replaces }),
  });
  const content = await publish(store, {
    ...(stated as object),
    holder: signer.value,
    inventoryAsStated: body.inventory as unknown as Json,
  });
  const emittedGrams = inventory.value.emittedGrams.toString();
  return succeed(
    transactionOf("certify", signer.value, {
      retirements: retirementIds,
      emittedGrams,
      kind: kind?.number ?? 1,
      content,
      replaces: body.replaces ?? "0",
      record: { content, emittedGrams },
    }),
  );
}

const sameBeneficiary = (one: unknown, other: Beneficiary): boolean => {
  const { name, registerNumber } = (one ?? {}) as Partial<Record<keyof Beneficiary, unknown>>;
  return name === other.name && (registerNumber ?? null) === (other.registerNumber ?? null);
};

/**
 * A certificate that takes over a revoked one's retirements speaks for the same beneficiary. That the
 * other is revoked and the holder's own is the contract's to say. NOT_FOUND, CERTIFICATE_BENEFICIARY.
 */
async function checkReplaced(
  id: string | undefined,
  beneficiary: Beneficiary,
  dependencies: ApiDependencies,
): Promise<Result<true>> {
  if (id === undefined) return succeed(true);
  const replaced = await requireCertificate(dependencies, id, "replaces");
  if (!replaced.ok) return replaced;
  const content = await readPublished(dependencies.store, replaced.value.content);
  if (content === undefined) {
    const values = { what: "published content", id: replaced.value.content };
    return refuse("NOT_FOUND", { field: "replaces", values });
  }
  return sameBeneficiary(content.beneficiary, beneficiary)
    ? succeed(true)
    : refuse("CERTIFICATE_BENEFICIARY", { field: "beneficiary", values: { certificateId: id } });
}

async function requireCertificate(
  { prisma }: ApiDependencies,
  id: string,
  field?: string,
): Promise<Result<CertificateView>> {
  const found = await findCertificate(prisma, id);
  if (found) return succeed(found);
  const values = { what: "certificate", id };
  return refuse("NOT_FOUND", { values, ...(field === undefined ? {} : { field }) });
}

/** Publishes why a certificate is revoked and prepares the authority's transaction. */
async function revocation(
  caller: Caller,
  { id, document }: { id: string; document: Document },
  dependencies: ApiDependencies,
): Promise<Result<Prepared>> {
  const signer = accountOf(caller);
  if (!signer.ok) return signer;
  const found = await requireCertificate(dependencies, id);
  if (!found.ok) return found;
  const own = requireProgramme(caller, found.value.programme);
  if (!own.ok) return own;
  const about = { certificateId: id };
  const record = await publishDecision(dependencies.store, "revoke-certificate", about, document);
  return succeed(
    transactionOf("revoke-certificate", signer.value, {
      certificateId: id,
      document: record.hash,
      record: { document: record },
    }),
  );
}

export const certificateRoutes = [
  defineCommand({
    path: "/v1/certificates",
    action: "certificate.certify",
    tag: "Certificates",
    summary: "Certify an event's neutrality from the key's own retirements 碳中和证明",
    body: certificateBody,
    example: {
      retirementIds: [exampleOf.hash],
      kind: "neutralitySelfDeclared",
      event: {
        name: "示例会议 Example conference",
        organiser: "示例企业 Example enterprise",
        place: "深圳 Shenzhen",
        ...exampleOf.days,
        boundary: "会场用电 Electricity of the venue",
      },
      inventory: [
        {
          activity: "electricity",
          quantity: "1850",
          unit: "kWh",
          factorId: "electricity-guangdong-2022",
        },
      ],
    },
    description:
      "A certificate consumes its retirements once. `replaces` names a revoked certificate of the same holder and beneficiary, whose retirements the new one takes over.",
    answer: "The operation; its record holds emittedGrams",
    refusals: [
      "NOT_FOUND",
      "CERTIFICATE_BENEFICIARY",
      "RETIREMENT_UNKNOWN",
      "INVENTORY_EMPTY",
      "QUANTITY_MALFORMED",
      "FACTOR_UNIT_MISMATCH",
    ],
    prepare: ({ caller, body }, dependencies) => certificate(caller, body, dependencies),
  }),
  defineCommand({
    path: "/v1/certificates/{id}/revocation",
    action: "certificate.revoke",
    tag: "Certificates",
    summary: "Revoke a certificate 撤销证明",
    description:
      "Revoking frees nothing: the retirements stay consumed until the holder's replacement takes them.",
    params: certificateParams,
    body: decisionBody,
    example: { document: exampleOf.document },
    refusals: ["NOT_FOUND", "PROGRAMME_MISMATCH"],
    prepare: ({ caller, params, body }, dependencies) =>
      revocation(caller, { ...params, ...body }, dependencies),
  }),
  defineList({
    path: "/v1/certificates",
    tag: "Certificates",
    summary: "Certificates, the newest first 证明清单",
    query: certificateQuery,
    item: certificateSchema,
    list: certificateList,
    rows: ({ query: { holder } }, { pool }, page) =>
      listCertificates(pool, present({ holder }), page),
  }),
  defineRead({
    path: "/v1/certificates/{id}",
    tag: "Certificates",
    summary: "A certificate and the retirements it consumed 证明及其使用的注销记录",
    params: certificateParams,
    answer: "The certificate",
    schema: certificateSchema,
    refusals: ["NOT_FOUND"],
    find: ({ params }, dependencies) => requireCertificate(dependencies, params.id),
  }),
  defineRoute({
    method: "get",
    path: "/v1/certificates/{id}/document",
    action: "registry.read",
    tag: "Certificates",
    summary: "The certificate as a printable page in both languages 证明文件",
    params: certificateParams,
    success: { status: 200, description: "HTML page", mediaType: "text/html" },
    refusals: ["NOT_FOUND", "NOT_FINAL_YET"],
    handle: async (call, dependencies) => {
      const found = await requireCertificate(dependencies, call.params.id);
      if (!found.ok) return found;
      const certificate = found.value;
      const retirements = await findRetirements(dependencies.pool, certificate.retirements);
      const stated = await statedIn(dependencies, certificate, retirements);
      if (!stated.ok) return stated;
      return succeed({
        content: certificateDocument({ certificate, retirements, ...stated.value }),
        mediaType: "text/html; charset=utf-8",
      });
    },
  }),
];
