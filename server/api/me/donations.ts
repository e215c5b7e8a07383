import { refuse, succeed } from "../../domain/result.ts";
import { donate, readDonations } from "../../ledger/donations.ts";
import { exampleOf } from "../examples.ts";
import { gramsField, uuidField } from "../validation.ts";
import { z } from "../zod.ts";
import { defineOwn } from "./own.ts";
import { donationSchema } from "./schema.ts";

const donationBody = z
  .strictObject({
    donationId: uuidField,
    cause: z.string().regex(/^[a-z][a-z0-9-]{0,59}$/),
    grams: gramsField.refine((text) => text.length <= 9),
  })
  .openapi("DonationBody");

export const donationRoutes = [
  defineOwn({
    method: "get",
    path: "/v1/me/donations",
    summary: "What one gave to public causes 我的以碳代捐记录",
    answer: "The newest first",
    schema: z.object({ items: z.array(donationSchema) }),
    find: async (person, _, { pool }) =>
      succeed({ items: await readDonations(pool, person.participant) }),
  }),
  defineOwn({
    method: "post",
    path: "/v1/me/donations",
    summary: "Give issued grams to a public cause 以碳代捐",
    description:
      "The grams go to the cause's account in the pool, and the sponsor's part is recorded as owed. The same id again changes nothing.",
    body: donationBody,
    example: { donationId: exampleOf.uuid, cause: "yangtze-fish", grams: "100" },
    refusals: ["NOT_FOUND", "BALANCE_SHORT", "IDEMPOTENCY_KEY_CONFLICT"],
    status: 201,
    answer: "Given",
    schema: z.object({ pledgeFen: z.string() }),
    find: async (person, { body }, { pool, causes }) => {
      const cause = causes.find(
        ({ id, programme }) => id === body.cause && programme === person.programme,
      );
      if (!cause) return refuse("NOT_FOUND", { values: { what: "cause", id: body.cause } });
      return donate(pool, person, { id: body.donationId, cause, grams: BigInt(body.grams) });
    },
  }),
];
