import { busTripSchema, metroTripSchema } from "../../domain/activity.ts";
import { hashField } from "../validation.ts";
import { z } from "../zod.ts";

/** More rows than this come in several requests. */
export const MOST_ROWS = 1_000;

// Built anew, because `.openapi` exists only on schemas made after it was added.
export const busTrip = z.object(busTripSchema.shape).openapi("BusTrip");
export const metroTrip = z.object(metroTripSchema.shape).openapi("MetroTrip");

export const activitiesBody = z
  .strictObject({
    sourceId: hashField.optional().openapi({
      description: "May be left out while the programme has exactly one source",
    }),
    // Rows are judged one by one: a wrong one is refused and does not hold up the others.
    rows: z
      .array(z.unknown())
      .min(1)
      .openapi({
        description: `At most ${MOST_ROWS} rows, each a BusTrip or a MetroTrip. Raw values are neither stored nor logged.`,
        items: {
          oneOf: [
            { $ref: "#/components/schemas/BusTrip" },
            { $ref: "#/components/schemas/MetroTrip" },
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
    code: z.string().optional(),
    field: z.string().optional(),
    detail: z.string().optional(),
    detailZh: z.string().optional(),
  })
  .openapi("ActivityResult");
export type ActivityResult = z.infer<typeof activityResultSchema>;

export const activitiesAnswer = z.object({ results: z.array(activityResultSchema) });
