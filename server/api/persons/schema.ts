import { fenField, gramsField, hashField, textField, uuidField } from "../validation.ts";
import { z } from "../zod.ts";

const userId = textField(200).openapi({ description: "The user's id at the platform" });

export const personBody = z.strictObject({ userId }).openapi("PersonBody");

export const benefitBody = z
  .strictObject({
    benefitId: uuidField,
    userId,
    what: textField(500).openapi({ description: "What was given" }),
    fen: fenField
      .regex(/^[1-9]/)
      .optional()
      .openapi({ description: "What it was worth, where it has a price" }),
    documentHash: hashField,
  })
  .openapi("BenefitBody");

export const lotParams = z.strictObject({ lot: uuidField });
export const mandateParams = z.strictObject({ mandate: uuidField });
export const movementBody = z
  .strictObject({
    movementId: uuidField,
    grams: gramsField.refine((text) => text.length <= 15),
  })
  .openapi("MovementBody");

export const doneSchema = z.object({ done: z.literal(true) }).openapi("Done");

export const registeredSchema = z
  .object({
    participant: z.string().openapi({ description: "The pseudonym, a UUID" }),
    programme: z.number().int(),
    platform: z.string(),
    token: z.string().openapi({ description: "Shown once" }),
  })
  .openapi("RegisteredPerson");
