import { ruleNames } from "../../domain/rules/values.ts";
import { dateField } from "../validation.ts";
import { z } from "../zod.ts";

export const rulesQuery = z.strictObject({
  programme: z
    .string()
    .regex(/^[1-9]\d{0,4}$/)
    .optional()
    .openapi({ description: "Number of the programme; all when left out", example: "4403" }),
  day: dateField
    .optional()
    .openapi({ description: "Day in China time; today when left out", example: "2024-06-01" }),
});

const text = z.object({ en: z.string(), zh: z.string() });

const rowSchema = z.object({
  programme: z.number().int(),
  regulation: z.object({ id: z.string(), title: text }),
  rule: z.enum(ruleNames),
  title: text,
  of: z.string().nullable().openapi({
    description: "What it is about, where not about everything: a class, a product, a district",
  }),
  status: z
    .enum(["in-force", "draft"])
    .openapi({ description: "A draft decides nothing; its value, if any, was not checked" }),
  value: z
    .record(z.string(), z.unknown())
    .nullable()
    .openapi({ description: "Of the form docs/rules.md gives for the rule's name" }),
  source: z
    .object({
      document: z.string(),
      place: z.string(),
      read: z.enum(["text", "public", "memory"]).openapi({
        description: "The passage itself, a public page's account of it, or nobody checked",
      }),
    })
    .nullable(),
  first: dateField,
  end: dateField.nullable().openapi({ description: "Not included; null while no end is decided" }),
  known: z.enum(["day", "month", "year"]).openapi({
    description:
      "How exactly the source gives the first day; else `first` is the first day after that month or year",
  }),
  missing: text.nullable().openapi({ description: "What a draft waits for" }),
});

export const rulesSchema = z
  .object({ day: dateField, items: z.array(rowSchema) })
  .openapi("ProgrammeRules", {
    example: {
      day: "2024-06-01",
      items: [
        {
          programme: 4403,
          regulation: { id: "shenzhen", title: { en: "Shenzhen", zh: "深圳市碳普惠" } },
          rule: "pointsLife",
          title: { en: "Life of points", zh: "积分有效期" },
          of: null,
          status: "in-force",
          value: { mostYears: 10 },
          source: {
            document: "深圳市碳普惠管理办法",
            place: "公开页面 tanpaifang 89792_5（2022-08-26）",
            read: "public",
          },
          first: "2022-08-18",
          end: "2027-08-18",
          known: "day",
          missing: null,
        },
      ],
    },
  });
