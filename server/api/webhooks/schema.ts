import { exampleOf } from "../examples.ts";
import { uuidField } from "../validation.ts";
import { z } from "../zod.ts";

export const webhookBody = z.strictObject({
  url: z.string().min(1).max(2_000).openapi({ example: "https://example.com/tanpu" }),
});
export const webhookParams = z.strictObject({ id: uuidField });
export const messageParams = z.strictObject({ id: uuidField, message: uuidField });

const webhook = {
  id: z.string().openapi({ format: "uuid" }),
  url: z.string(),
  createdAt: z.string().openapi({ format: "date-time" }),
};

export const webhookSchema = z.object(webhook).openapi("Webhook");
export const webhooksSchema = z.object({ items: z.array(webhookSchema) });

export const newWebhookSchema = z
  .object({
    ...webhook,
    secret: z.string().openapi({
      description: "Signs every message (HMAC-SHA256, Standard Webhooks); shown only here.",
      example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }),
  })
  .openapi("NewWebhook");

export const deliveriesSchema = z.object({
  items: z.array(
    z
      .object({
        id: z.string().openapi({ format: "uuid", description: "The header webhook-id" }),
        operationId: z.string().nullable().openapi({ format: "uuid" }),
        subject: z.string().nullable().openapi({
          description:
            "What it is about when it is no command: certificate, retirement or token, with its id",
        }),
        place: z.string().openapi({ description: "The state told, with its block" }),
        state: z.enum(["waiting", "delivered", "dead"]),
        attempts: z.number().int(),
        lastStatus: z.number().int().nullable(),
        lastFailure: z.string().nullable(),
        nextAt: z.string().nullable(),
        createdAt: z.string().openapi({ format: "date-time" }),
      })
      .openapi("WebhookDelivery", {
        example: {
          id: exampleOf.uuid,
          operationId: exampleOf.uuid,
          subject: null,
          place: "final.44",
          state: "waiting",
          attempts: 2,
          lastStatus: 503,
          lastFailure: null,
          nextAt: "2026-11-21T11:48:36.000Z",
          createdAt: "2026-11-21T11:47:36.000Z",
        },
      }),
  ),
});
