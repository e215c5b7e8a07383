import { foundKinds } from "../../database/queries/search.ts";
import { exampleOf } from "../examples.ts";
import { textField } from "../validation.ts";
import { z } from "../zod.ts";

export const searchQuery = z.strictObject({
  q: textField(80).openapi({
    description:
      "The beginning of an id, hash, key or address (`0x` and at least four digits), a number, or words of a methodology's title",
    example: "0x0100000001",
  }),
});

export const foundSchema = z
  .object({
    items: z.array(
      z.object({
        kind: z.enum(foundKinds),
        id: z.string(),
        programme: z.number().int().nullable(),
        href: z.string().openapi({ description: "Where it is shown" }),
      }),
    ),
    truncated: z.boolean().openapi({ description: "Whether more than 20 of a kind would fit" }),
  })
  .openapi("Found", {
    example: {
      items: [
        {
          kind: "token",
          id: exampleOf.tokenId,
          programme: 1,
          href: `/v1/tokens/${exampleOf.tokenId}`,
        },
      ],
      truncated: false,
    },
  });
