import { busTripSchema, metroTripSchema } from "../../domain/activity.ts";
import { hashField } from "../validation.ts";
import { z } from "../zod.ts";

/** More rows than this come in several requests. */
export const MOST_ROWS = 1_000;

// Built anew, because `.openapi` exists only on schemas made after it was added.
export const busTrip = z.object(busTripSchema.shape).openapi("BusTrip");
export const metroTrip = z.object(metroTripSchema.shape).openapi("MetroTrip");

/** A row of a methodology with formulas; its own fields stand beside these. */
export const activityRow = z
  .looseObject({
    orderNo: z.string().min(1).max(100).openapi({
      description: "The platform's own number of this row; repeating it changes nothing",
    }),
    userId: z.string().min(1).max(100).openapi({
      description: "The platform's own number of the person; kept as a keyed pseudonym only",
    }),
    behaviour: z.string().min(1).max(100),
    corrects: z.string().max(100).optional().openapi({
      description: "orderNo of the platform's earlier row that this one takes the place of",
    }),
    plate: z.string().max(100).optional().openapi({
      description: "The car it was done with; kept as a keyed pseudonym only",
    }),
    meter: z.string().max(100).optional().openapi({
      description: "The meter it was read from; kept as a keyed pseudonym only",
    }),
  })
  .openapi("ActivityRow");

const sourceField = hashField.optional().openapi({
  description: "May be left out while the programme has exactly one source",
});

export const activitiesQuery = z.strictObject({ sourceId: sourceField });

export const activitiesBody = z
  .strictObject({
    sourceId: sourceField,
    // Rows are judged one by one: a wrong one is refused and does not hold up the others.
    rows: z
      .array(z.unknown())
      .min(1)
      .openapi({
        description: `At most ${MOST_ROWS} rows. A source's methodology says which members a row has: of the first form a BusTrip or a MetroTrip, with formulas orderNo, userId, behaviour and the fields it names. Every row may also have \`corrects\` (orderNo of your earlier row that it takes the place of), \`plate\` or \`meter\`. Raw values are neither stored nor logged.`,
        items: {
          anyOf: [
            { $ref: "#/components/schemas/BusTrip" },
            { $ref: "#/components/schemas/MetroTrip" },
            { $ref: "#/components/schemas/ActivityRow" },
          ],
        },
      }),
  })
  .openapi("ActivitiesBody");

export const activityResultSchema = z
  .object({
    index: z.number().int(),
    result: z.enum(["accepted", "duplicate", "reduced", "refused"]).openapi({
      description:
        "accepted and duplicate are provisional until the period is closed; reduced is a correction after that",
    }),
    day: z
      .string()
      .optional()
      .openapi({ description: "Day in China time the activity counts for" }),
    milligrams: z.string().optional(),
    of: z.enum(["own-report", "another-platform"]).optional().openapi({
      description: "Of a duplicate: whose report of the same activity came before",
    }),
    code: z.string().optional(),
    field: z.string().optional(),
    detail: z.string().optional(),
    detailZh: z.string().optional(),
  })
  .openapi("ActivityResult");
export type ActivityResult = z.infer<typeof activityResultSchema>;

export const activitiesAnswer = z.object({ results: z.array(activityResultSchema) });
