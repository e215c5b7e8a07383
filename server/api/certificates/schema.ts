import { inventoryLineSchema } from "../../domain/inventory.ts";
import { beneficiarySchema } from "../retirements/schema.ts";
import { addressField, dateField, hashField, pageFields, textField } from "../validation.ts";
import { z } from "../zod.ts";

export const certificateParams = z.strictObject({ id: hashField });

export const certificateQuery = z.strictObject({ holder: addressField.optional(), ...pageFields });

const lineSchema = inventoryLineSchema
  .extend({ description: textField(500).optional() })
  .strict()
  .openapi("InventoryLine");

export const certificateBody = z
  .strictObject({
    retirementIds: z.array(hashField).min(1).max(64),
    kind: z.enum(["neutralitySelfDeclared", "neutralityThirdParty"]),
    beneficiary: beneficiarySchema.optional().openapi({
      description: "Left out: the organiser of the event",
    }),
    event: z.strictObject({
      name: textField(300),
      organiser: textField(200),
      place: textField(200),
      first: dateField,
      end: dateField,
      boundary: textField(5_000).openapi({
        description: "What was counted and what was left out, in words",
      }),
    }),
    replaces: hashField.optional().openapi({
      description: "Id of the revoked certificate that this one replaces",
    }),
    inventory: z.array(lineSchema).min(1).max(200).openapi({
      description:
        "Emissions are computed from sourced factors only; a line without one is shown as missing and never estimated.",
    }),
  })
  .openapi("CertificateBody");

export const certificateSchema = z
  .object({
    certificateId: z.string(),
    holder: z.string(),
    programme: z.number().int(),
    kind: z.number().int(),
    state: z.string().openapi({ description: "valid, revoked or replaced" }),
    impaired: z.boolean().openapi({
      description: "Whether units behind it are shown to carry an open debt 存在瑕疵",
    }),
    retiredGrams: z.string(),
    emittedGrams: z.string(),
    content: z.string(),
    replaces: z.string().nullable(),
    revocationDocument: z.string().nullable(),
    retirements: z.array(z.string()),
    transactionHash: z.string(),
    blockNumber: z.number().int(),
    certifiedAt: z.number().int(),
  })
  .openapi("Certificate");
