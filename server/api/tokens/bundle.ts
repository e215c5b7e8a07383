import {
  type RetirementLineView,
  retirementLinesOf,
  validCertificatesOf,
} from "../../database/queries/certificates.ts";
import { findRequest } from "../../database/queries/single.ts";
import { findMethodology, findSource } from "../../database/queries/sources.ts";
import type { TokenView } from "../../database/queries/units.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { z } from "../zod.ts";

/** What tanpu-verify reads beside the blobs and the chain; see server/verify/README.md. */
export const bundleSchema = z
  .object({
    format: z.literal("tanpu-bundle/1"),
    suite: z.literal("keccak"),
    tokenId: z.string(),
    requestId: z.string(),
    sourceId: z.string(),
    assetKey: z.string(),
    methodologyHash: z.string(),
    leafFileHash: z.string(),
    reportHash: z.string(),
    retirements: z.array(
      z.object({
        retirementId: z.string(),
        holder: z.string(),
        purpose: z.number().int(),
        content: z.string(),
        tokenId: z.string(),
        firstSerial: z.string(),
        endSerial: z.string(),
        lines: z
          .array(
            z.object({
              tokenId: z.string(),
              firstSerial: z.string(),
              endSerial: z.string(),
              beneficiary: z.string(),
            }),
          )
          .optional()
          .openapi({ description: "Of a batch, all lines of its record: its id is made of them" }),
      }),
    ),
    certificates: z.array(
      z.object({
        certificateId: z.string(),
        holder: z.string(),
        retirements: z.array(z.string()),
        retiredGrams: z.string(),
        emittedGrams: z.string(),
        kind: z.number().int(),
        content: z.string(),
      }),
    ),
  })
  .openapi("Bundle", {
    description:
      "What a token id rests on and what became of its grams, for a check without this server: every hash and amount is compared with the chain.",
  });
export type Bundle = z.infer<typeof bundleSchema>;

const NO_COMMITMENT = `0x${"0".repeat(64)}`;

/** A line as the chain hashes it, where no commitment is zero. */
function bundledLine({ tokenId, firstSerial, endSerial, beneficiary }: RetirementLineView) {
  return { tokenId, firstSerial, endSerial, beneficiary: beneficiary ?? NO_COMMITMENT };
}

/**
 * The bundle of a token id, with all of its retirements and the valid certificates made of them.
 * Undefined while the mirror does not hold everything a bundle names.
 */
export async function bundleOf(
  { pool, prisma }: ApiDependencies,
  token: TokenView,
): Promise<Bundle | undefined> {
  const [request, source, methodology, lines] = await Promise.all([
    findRequest(prisma, BigInt(token.requestId)),
    findSource(pool, token.sourceId),
    findMethodology(pool, token.programme, token.methodology),
    retirementLinesOf(pool, token.tokenId),
  ]);
  if (!request || !source || !methodology) return undefined;
  const ids = lines.map(({ retirementId }) => retirementId);
  const certificates = await validCertificatesOf(pool, ids);
  return {
    format: "tanpu-bundle/1",
    suite: "keccak",
    tokenId: token.tokenId,
    requestId: token.requestId,
    sourceId: token.sourceId,
    assetKey: source.assetKey,
    methodologyHash: methodology.contentHash,
    leafFileHash: request.leafFileHash,
    reportHash: request.reportHash,
    retirements: lines.map(({ lines: all, ...line }) => ({
      ...line,
      tokenId: token.tokenId,
      ...(all === undefined ? {} : { lines: all.map(bundledLine) }),
    })),
    certificates: certificates.map((one) => ({
      certificateId: one.certificateId,
      holder: one.holder,
      retirements: one.retirements,
      retiredGrams: one.retiredGrams,
      emittedGrams: one.emittedGrams,
      kind: one.kind,
      content: one.content,
    })),
  };
}
