import { exampleOf } from "../examples.ts";
import { addressField, hashField, pageFields } from "../validation.ts";
import { z } from "../zod.ts";

const numberField = z
  .string()
  .regex(/^(0|[1-9]\d{0,9})$/)
  .openapi({ example: "1" });

export const sourceParams = z.strictObject({ id: hashField });
export const sourceQuery = z.strictObject({
  programme: numberField.optional(),
  methodology: numberField.optional(),
  state: z.enum(["pending", "active", "suspended", "delisted"]).optional(),
  party: addressField.optional().openapi({ description: "Applicant or owner" }),
  ...pageFields,
});

export const sourceSchema = z
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
  .openapi("Source");

export const methodologyParams = z.strictObject({
  programme: numberField,
  methodology: numberField,
});
export const methodologyQuery = z.strictObject({
  programme: numberField.optional(),
  class: z
    .string()
    .regex(/^\d{1,5}$/)
    .optional(),
  ...pageFields,
});

const methodology = {
  programme: z.number().int(),
  methodology: z.number().int(),
  contentHash: z.string(),
  class: z.number().int(),
  status: z.number().int(),
  firstDay: z.number().int(),
  endDay: z.number().int(),
  capMilligrams: z.string(),
};
export const methodologySchema = z.object(methodology);

export const titledMethodologySchema = z
  .object({
    ...methodology,
    title: z.object({ en: z.string(), zh: z.string() }).nullable().openapi({
      description: "Of the file with this hash; null where the service does not have it",
    }),
  })
  .openapi("Methodology", {
    description:
      "status: 1 official, 2 published, 3 demonstration; endDay 0 while no end is decided",
    example: {
      programme: 1,
      methodology: 1,
      contentHash: exampleOf.hash,
      class: 1,
      status: 3,
      firstDay: 17_532,
      endDay: 0,
      capMilligrams: "600000",
      title: { en: "Riding instead of driving", zh: "绿色出行" },
    },
  });
