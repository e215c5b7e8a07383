import { type Result, succeed } from "../../domain/result.ts";
import { priceFenOf } from "../../domain/units.ts";
import { accountOf, type Caller } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { publish } from "../documents.ts";
import { acceptCommand, accountLane, type Prepared } from "../idempotency.ts";
import { operationSchema } from "../operations/schema.ts";
import { defineRoute } from "../route.ts";
import type { z } from "../zod.ts";
import { transferBody } from "./schema.ts";

async function transfer(
  caller: Caller,
  body: z.infer<typeof transferBody>,
  { store }: ApiDependencies,
): Promise<Result<Prepared>> {
  const signer = accountOf(caller);
  if (!signer.ok) return signer;
  const { tokenId, to, grams, priceFenPerTonne, document } = body;
  const price =
    priceFenPerTonne === undefined
      ? {}
      : {
          priceFenPerTonne,
          amountFen: priceFenOf(BigInt(grams), BigInt(priceFenPerTonne)).toString(),
          rounding: "half up to the fen",
        };
  const documentHash =
    document === undefined
      ? undefined
      : await publish(store, {
          format: "tanpu-document/1",
          decision: "transfer",
          tokenId,
          number: document.number,
          date: document.date,
          title: document.title ?? null,
        });
  return succeed({
    kind: "transfer",
    lane: accountLane(signer.value),
    signer: signer.value,
    body: {
      to,
      tokenId,
      grams,
      record: {
        ...price,
        ...(document === undefined ? {} : { document: { ...document, hash: documentHash } }),
      },
    },
  });
}

export const transferRoutes = [
  defineRoute({
    method: "post",
    path: "/v1/transfers",
    action: "units.transfer",
    tag: "Units",
    summary: "Transfer units from the key's account",
    isCommand: true,
    body: transferBody,
    success: {
      status: 202,
      description: "The operation; its record holds the price and amountFen",
      schema: operationSchema,
    },
    refusals: ["ACCOUNT_MISMATCH"],
    handle: (call, dependencies) =>
      acceptCommand(call, dependencies, () => transfer(call.caller, call.body, dependencies)),
  }),
];
