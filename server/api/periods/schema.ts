import { dateField, hashField, uuidField } from "../validation.ts";
import { z } from "../zod.ts";

export const periodBody = z
  .strictObject({
    sourceId: hashField,
    first: dateField,
    end: dateField.openapi({ description: "First day after the period", example: "2018-09-02" }),
    openFindings: z.enum(["refuse", "leaveOut"]).optional().openapi({
      description:
        "What findings without a decision do: stop the close (refuse, the default), or leave their reports out for good",
    }),
  })
  .openapi("PeriodBody");

export const batchParams = z.strictObject({ id: uuidField });

export const periodSchema = z
  .object({ first: z.string(), end: z.string() })
  .openapi("Period", { description: "Days in China time; the end is not included" });

export const batchSchema = z
  .object({
    batchId: z.string(),
    sourceId: z.string(),
    firstDay: z.number().int(),
    endDay: z.number().int(),
    period: periodSchema,
    root: z.string(),
    totalMilligrams: z.string(),
    count: z.string().openapi({ description: "Leaves, those without grams included" }),
    depth: z.number().int(),
    leafFileHash: z.string(),
    accepted: z.string().openapi({ description: "Activities credited: leaves with grams" }),
    duplicates: z.string(),
  })
  .openapi("Batch");
