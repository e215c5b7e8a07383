import { pageSchema } from "../page.ts";
import { dateField, hashField, pageFields, textField, uuidField } from "../validation.ts";
import { z } from "../zod.ts";

const reasonField = textField(2_000).openapi({ description: "Why; kept with the decision" });
const kindField = z
  .string()
  .regex(/^[\w:-]{1,80}$/)
  .openapi({
    description:
      "overlap, meter-overlap, person-day, limit:<quantity> or exclusion:<group of rules/behaviour-exclusions.yaml>",
    example: "overlap",
  });

export const findingQuery = z.strictObject({
  sourceId: hashField.optional(),
  state: z.enum(["open", "released", "refused"]).optional(),
  ...pageFields,
});

export const findingSchema = z
  .object({
    day: z.string(),
    platform: z.string(),
    row: z.string().openapi({ description: "Pseudonym of the reported row" }),
    kind: z.string(),
    sourceId: z.string(),
    detail: z.record(z.string(), z.string()).openapi({
      description: "Numbers and names of rules, never a reported value of a person or place",
    }),
    state: z.enum(["open", "released", "refused"]),
    foundAt: z.string(),
    reason: z.string().nullable(),
    decidedAt: z.string().nullable(),
  })
  .openapi("Finding");
export const findingsSchema = pageSchema(findingSchema);

export const findingDecisionBody = z
  .strictObject({
    findings: z
      .array(
        z.strictObject({
          day: dateField,
          platform: textField(100),
          row: uuidField,
          kind: kindField,
        }),
      )
      .min(1)
      .max(1_000),
    decision: z.enum(["released", "refused"]),
    reason: reasonField,
  })
  .openapi("FindingDecisionBody");
export const decidedSchema = z.object({ decided: z.number().int() });

export const appealBody = z
  .strictObject({
    id: uuidField.openapi({ description: "A UUID you make; the same again changes nothing" }),
    orderNo: textField(100).openapi({ description: "The platform's own number of the row" }),
    day: dateField.openapi({
      description: "The day the row was refused; of a finding the day of the activity",
    }),
    reason: reasonField,
  })
  .openapi("AppealBody");
export const appealQuery = z.strictObject({
  state: z.enum(["open", "upheld", "dismissed"]).optional(),
  ...pageFields,
});
export const appealParams = z.strictObject({ id: uuidField });
export const appealSchema = z
  .object({
    id: z.string(),
    platform: z.string(),
    row: z.string(),
    day: z.string(),
    about: z.enum(["refusal", "finding"]),
    subject: z.string().openapi({ description: "Code of the refusal, or kind of the finding" }),
    reason: z.string(),
    filedAt: z.string(),
    state: z.enum(["open", "upheld", "dismissed"]),
    decisionReason: z.string().nullable(),
    decidedAt: z.string().nullable(),
  })
  .openapi("Appeal");
export const appealsSchema = pageSchema(appealSchema);
export const appealDecisionBody = z
  .strictObject({ decision: z.enum(["upheld", "dismissed"]), reason: reasonField })
  .openapi("AppealDecisionBody");

const measureField = z.string().max(80).openapi({
  description: 'What was counted: "activities", "milligrams" or "behaviour.quantity"',
  example: "metro-trip.distance",
});
export const figureBody = z
  .strictObject({
    id: uuidField.openapi({ description: "A UUID you make; the same again changes nothing" }),
    sourceId: hashField,
    first: dateField,
    end: dateField.openapi({ description: "First day after the period", example: "2018-09-02" }),
    measure: measureField,
    value: z
      .string()
      .regex(/^(0|[1-9]\d{0,17})(\.\d{1,6})?$/)
      .openapi({ description: "Decimal, in the measure's unit", example: "36412" }),
    provider: textField(200).openapi({ description: "Who counted", example: "票务清分中心" }),
    document: hashField.openapi({ description: "Hash of the document it was read from" }),
  })
  .openapi("IndependentFigureBody");
export const figureQuery = z.strictObject({ sourceId: hashField });
export const figuresSchema = z.object({
  items: z.array(
    z
      .object({
        id: z.string(),
        first: z.string(),
        end: z.string(),
        measure: z.string(),
        value: z.string(),
        provider: z.string(),
        document: z.string(),
        filedAt: z.string(),
      })
      .openapi("IndependentFigure"),
  ),
});

export const assessmentBody = z
  .strictObject({ sourceId: hashField, first: dateField, end: dateField })
  .openapi("AssessmentBody");
