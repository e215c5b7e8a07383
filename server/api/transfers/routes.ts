import { type Result, succeed } from "../../domain/result.ts";
import { priceFenOf } from "../../domain/units.ts";
import { accountOf, type Caller } from "../auth.ts";
import { defineCommand } from "../command.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { publishDecision } from "../documents.ts";
import { exampleOf } from "../examples.ts";
import { type Prepared, transactionOf } from "../idempotency.ts";
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
  const published =
    document === undefined
      ? {}
      : { document: await publishDecision(store, "transfer", { tokenId }, document) };
  return succeed(
    transactionOf("transfer", signer.value, {
      to,
      tokenId,
      grams,
      record: { ...price, ...published },
    }),
  );
}

export const transferRoutes = [
  defineCommand({
    path: "/v1/transfers",
    action: "units.transfer",
    tag: "Units",
    summary: "Transfer units from the key's account 转让",
    body: transferBody,
    example: {
      tokenId: exampleOf.tokenId,
      to: exampleOf.account,
      grams: "2000000",
      priceFenPerTonne: "4000",
    },
    answer: "The operation; its record holds the price and amountFen",
    refusals: ["ACCOUNT_MISMATCH"],
    prepare: ({ caller, body }, dependencies) => transfer(caller, body, dependencies),
  }),
];
