import { operationStates } from "../../database/queries/operations.ts";
import { exampleOf } from "../examples.ts";
import { uuidField } from "../validation.ts";
import { z } from "../zod.ts";

export const operationParams = z.strictObject({ id: uuidField });

const operationExample = {
  id: exampleOf.uuid,
  kind: "retire",
  state: "final",
  createdAt: "2026-11-21T11:47:36.000Z",
  transactionHash: exampleOf.hash,
  blockNumber: 44,
  refusal: null,
  result: { retirementId: exampleOf.hash, grams: "1250000", content: exampleOf.hash },
  record: { content: exampleOf.hash },
};

export const operationSchema = z
  .object({
    id: z.string().openapi({ format: "uuid" }),
    kind: z.string(),
    state: z.enum(operationStates).openapi({
      description:
        "queued: stored. sent: signed, not yet in a block. included, final: in a block. completed: done off chain. refused, reverted, displaced: came to nothing, see refusal.",
    }),
    createdAt: z.string().openapi({ format: "date-time" }),
    transactionHash: z.string().nullable(),
    blockNumber: z.number().int().nullable(),
    refusal: z
      .object({
        code: z.string(),
        detail: z.string(),
        detailZh: z.string(),
        field: z.string().nullable(),
        values: z.record(z.string(), z.union([z.string(), z.number()])),
      })
      .nullable(),
    result: z.record(z.string(), z.unknown()).nullable().openapi({
      description: "What came of it: for example requestId, tokenId, retirementId, certificateId.",
    }),
    record: z.record(z.string(), z.unknown()).openapi({
      description: "What was recorded beside the chain: for example the price, document hashes.",
    }),
  })
  .openapi("Operation", {
    example: operationExample,
  });

/** What a stream of events looks like. */
export const eventStreamExample = `retry: 2000

id: included.44
event: operation
data: ${JSON.stringify({ ...operationExample, state: "included" })}

: still here

id: final.44
event: operation
data: ${JSON.stringify(operationExample)}

`;
