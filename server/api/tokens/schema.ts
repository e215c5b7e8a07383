import { certificateSchema } from "../certificates/schema.ts";
import { objectionSchema, requestSchema, statementSchema } from "../issuanceRequests/schema.ts";
import { periodSchema } from "../periods/schema.ts";
import { amountSchema, retirementSchema } from "../retirements/schema.ts";
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
export const holdingQuery = z.strictObject(pageFields);

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

export const provenanceSchema = z
  .object({
    token: tokenSchema,
    source: z
      .object({
        sourceId: z.string(),
        programme: z.number().int(),
        methodology: z.number().int(),
        assetKey: z.string(),
        applicant: z.string(),
        owner: z.string(),
        carryMilligrams: z.string(),
        state: z.string().openapi({ description: "pending, active, suspended or delisted" }),
        document: z.string(),
      })
      .nullable(),
    methodology: z
      .object({
        programme: z.number().int(),
        methodology: z.number().int(),
        contentHash: z.string(),
        class: z.number().int(),
        status: z.number().int(),
        firstDay: z.number().int(),
        endDay: z.number().int(),
        capMilligrams: z.string(),
      })
      .nullable(),
    request: requestSchema.nullable(),
    statements: z.array(statementSchema),
    objections: z.array(objectionSchema),
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
    blobs: z
      .record(z.string(), z.string().nullable())
      .openapi({ description: "Hashes to fetch from /v1/blobs/{hash}" }),
    truncated: z.boolean().openapi({
      description: "Whether there are more movements or retirements than are shown",
    }),
  })
  .openapi("Provenance");
