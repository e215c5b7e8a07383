import { movementKinds } from "../../database/queries/history.ts";
import { certificateSchema } from "../certificates/schema.ts";
import { objectionSchema, requestSchema, statementSchema } from "../issuanceRequests/schema.ts";
import { periodSchema } from "../periods/schema.ts";
import { amountSchema, retirementSchema } from "../retirements/schema.ts";
import { methodologySchema, sourceSchema } from "../sources/schema.ts";
import { addressField, pageFields, tokenIdField } from "../validation.ts";
import { z } from "../zod.ts";

export const tokenParams = z.strictObject({ id: tokenIdField });
export const accountParams = z.strictObject({ address: addressField });
export const tokenQuery = z.strictObject({
  programme: z
    .string()
    .regex(/^\d{1,10}$/)
    .optional(),
  ...pageFields,
});
export const holdingQuery = z.strictObject({
  at: z
    .string()
    .regex(/^(\d{1,12}|\d{4}-\d{2}-\d{2})$/)
    .optional()
    .openapi({
      description:
        "What was held at the end of a block, or at the end of a day in China time; now when left out 历史时点余额",
      example: "2026-11-20",
    }),
  ...pageFields,
});
export const historyQuery = z.strictObject(pageFields);
export const serialParams = z.strictObject({
  id: tokenIdField,
  serial: z
    .string()
    .regex(/^(0|[1-9]\d{0,17})$/)
    .openapi({ description: "Serial of a retired gram, from 0", example: "12" }),
});

export const tokenSchema = z
  .object({
    tokenId: z.string(),
    decoded: z
      .object({
        version: z.number().int(),
        programme: z.number().int(),
        methodology: z.number().int(),
        firstDay: z.number().int(),
        endDay: z.number().int(),
        period: periodSchema,
        binding: z.string(),
        en: z.string(),
        zh: z.string(),
      })
      .openapi({ description: "What the id says by itself" }),
    programme: z.number().int(),
    methodology: z.number().int(),
    requestId: z.string(),
    sourceId: z.string(),
    owner: z.string(),
    state: z.string(),
    stateDocument: z.string().nullable(),
    issuedGrams: z.string(),
    heldGrams: z.string(),
    retiredGrams: z.string(),
    voidGrams: z.string(),
    supply: z.object({
      issued: amountSchema,
      held: amountSchema,
      retired: amountSchema,
      void: amountSchema,
    }),
    issuedAt: z.number().int(),
    transactionHash: z.string(),
    blockNumber: z.number().int(),
  })
  .openapi("Token", { description: "issued = held + retired + void" });

export const holdingSchema = z
  .object({ tokenId: z.string(), account: z.string(), grams: z.string(), held: amountSchema })
  .openapi("Holding");

export const movementSchema = z
  .object({
    kind: z.enum(movementKinds).openapi({
      description:
        "issued 签发, moved 转让, retired 注销, voided 作废, reissued 补发, forced 司法划转或非交易过户",
    }),
    from: z.string().nullable(),
    to: z.string().nullable(),
    operator: z.string().openapi({ description: "Account or contract that moved the units" }),
    grams: z.string(),
    amount: amountSchema,
    reason: z.string().nullable().openapi({
      description: "The act, or the number of the request whose debt it was for, as 32 bytes",
    }),
    movedAt: z.number().int(),
    transactionHash: z.string(),
    blockNumber: z.number().int(),
    logIndex: z.number().int(),
  })
  .openapi("Movement");

/** What units of an id rest on. */
const origin = {
  token: tokenSchema,
  source: sourceSchema.nullable(),
  methodology: methodologySchema.nullable(),
  request: requestSchema.nullable(),
  statements: z.array(statementSchema),
  objections: z.array(objectionSchema),
};
const blobsSchema = z
  .record(z.string(), z.string().nullable())
  .openapi({ description: "Hashes to fetch from /v1/blobs/{hash}" });

export const serialSchema = z
  .object({
    serial: z.string(),
    retirement: retirementSchema,
    certificates: z.array(certificateSchema),
    ...origin,
    blobs: blobsSchema,
  })
  .openapi("SerialProvenance");

export const provenanceSchema = z
  .object({
    ...origin,
    transfers: z.array(
      z.object({
        from: z.string().nullable(),
        to: z.string().nullable(),
        grams: z.string(),
        movedAt: z.number().int(),
        transactionHash: z.string(),
        blockNumber: z.number().int(),
        logIndex: z.number().int(),
      }),
    ),
    retirements: z.array(retirementSchema),
    certificates: z.array(certificateSchema),
    blobs: blobsSchema,
    truncated: z.boolean().openapi({
      description: "Whether there are more movements or retirements than are shown",
    }),
  })
  .openapi("Provenance");
