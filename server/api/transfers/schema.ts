import { documentSchema } from "../documents.ts";
import { addressField, fenField, gramsField, tokenIdField } from "../validation.ts";
import { z } from "../zod.ts";

export const transferBody = z
  .strictObject({
    tokenId: tokenIdField,
    to: addressField,
    grams: gramsField,
    priceFenPerTonne: fenField.optional().openapi({
      description:
        "Agreed price in fen per tonne. The amount grams × price / 1,000,000, rounded half up to the fen, is recorded; money moves elsewhere.",
    }),
    document: documentSchema.optional(),
  })
  .openapi("TransferBody");
