import { type PurposeId, purposes } from "../../domain/certificate.ts";
import {
  addressField,
  dateField,
  gramsField,
  hashField,
  pageFields,
  textField,
  tokenIdField,
} from "../validation.ts";
import { z } from "../zod.ts";

const purposeIds = purposes.map(({ id }) => id) as [PurposeId, ...PurposeId[]];

export const beneficiarySchema = z
  .strictObject({
    name: textField(200).openapi({
      description: "Name of an organisation. It is published: never a private person's name.",
    }),
    registerNumber: textField(60).optional().openapi({
      description: "Unified social credit code or another public register number",
    }),
  })
  .openapi("Beneficiary");

export const retirementBody = z
  .strictObject({
    tokenId: tokenIdField,
    grams: gramsField,
    purpose: z.enum(purposeIds).openapi({
      description: purposes.map(({ id, zh }) => `${id} ${zh}`).join(", "),
    }),
    beneficiary: beneficiarySchema,
    period: z.strictObject({ first: dateField, end: dateField }).openapi({
      description: "What the retirement is for happened in these days; end not included",
    }),
    statement: textField(2_000).optional(),
  })
  .openapi("RetirementBody");

export const retirementParams = z.strictObject({ id: hashField });

export const retirementQuery = z.strictObject({
  holder: addressField.optional(),
  tokenId: tokenIdField.optional(),
  ...pageFields,
});

export const amountSchema = z
  .object({ grams: z.string(), kilograms: z.string(), tonnes: z.string() })
  .openapi("Amount", { description: "One amount in three units" });

export const retirementSchema = z
  .object({
    retirementId: z.string(),
    holder: z.string(),
    programme: z.number().int(),
    purpose: z.number().int(),
    content: z.string(),
    grams: z.string(),
    retired: amountSchema,
    lines: z.array(
      z.object({
        tokenId: z.string(),
        grams: z.string(),
        firstSerial: z.string(),
        endSerial: z.string().openapi({ description: "Not included" }),
        beneficiary: z.string().nullable().openapi({
          description: "Salted commitment to whom this line serves; null for the holder",
        }),
      }),
    ),
    certificates: z.array(z.string()),
    transactionHash: z.string(),
    blockNumber: z.number().int(),
    retiredAt: z.number().int(),
  })
  .openapi("Retirement");
