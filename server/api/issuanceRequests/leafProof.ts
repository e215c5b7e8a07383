import type { RequestView } from "../../database/queries/requests.ts";
import { fromHex, toHex } from "../../domain/bytes.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { readLeafProof } from "../../intake/leafProof.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { hashField, requestIdField } from "../validation.ts";
import { z } from "../zod.ts";

export const leafParams = z.strictObject({
  id: requestIdField,
  index: z
    .string()
    .regex(/^(0|[1-9]\d{0,9})$/)
    .openapi({ description: "Place of the leaf in its tree, from 0" }),
});

const milligrams = z.string().openapi({ description: "Milligrams, decimal" });

export const leafProofSchema = z
  .object({
    requestId: z.string(),
    leafFileHash: z.string(),
    root: z.string(),
    totalMilligrams: milligrams,
    count: z.string(),
    depth: z.number().int(),
    index: z.string(),
    leaf: z.object({
      fingerprint: hashField,
      milligrams,
      beneficiary: hashField,
      evidence: hashField,
    }),
    siblings: z.array(z.object({ hash: hashField, sum: milligrams })).openapi({
      description:
        "From the lowest level to the top. node = H(0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum), sums of 16 bytes; bit i of the index says whether the node at level i is a right one",
    }),
  })
  .openapi("LeafProof");

/** A leaf of a request's published file, with what leads from it to the root on chain. NOT_FOUND. */
export async function leafProofOf(
  { suite, store }: ApiDependencies,
  request: RequestView,
  place: string,
): Promise<Result<z.infer<typeof leafProofSchema>>> {
  const { requestId, leafFileHash, root, totalMilligrams, count, depth } = request;
  const index = Number(place);
  const head = {
    root: fromHex(root),
    totalMilligrams: BigInt(totalMilligrams),
    count: Number(count),
    depth,
  };
  const proof =
    index < head.count
      ? await readLeafProof({ suite, store }, leafFileHash, head, index)
      : undefined;
  if (!proof) return refuse("NOT_FOUND", { values: { what: "leaf", id: place } });
  const { leaf, siblings } = proof;
  return succeed({
    ...{ requestId, leafFileHash, root, totalMilligrams, count, depth, index: place },
    leaf: {
      fingerprint: toHex(leaf.fingerprint),
      milligrams: leaf.milligrams.toString(),
      beneficiary: toHex(leaf.beneficiary),
      evidence: toHex(leaf.evidence),
    },
    siblings: siblings.map(({ hash, sum }) => ({ hash: toHex(hash), sum: sum.toString() })),
  });
}
