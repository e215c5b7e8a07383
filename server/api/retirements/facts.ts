import type { Pool } from "pg";
import type { RetirementView } from "../../database/queries/certificates.ts";
import { findMethodology, findMirrorPosition } from "../../database/queries/sources.ts";
import { decodedTokenId } from "../../database/queries/units.ts";
import type { RetiredUnits } from "../../domain/certificate.ts";
import type { MethodologyStatus } from "../../domain/methodology/schema.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { readPublished } from "../documents.ts";

const statuses: Readonly<Record<number, MethodologyStatus>> = {
  1: "official",
  2: "published",
  3: "demonstration",
};

/** The lines of retirements, as the documents state them. */
export function retiredUnitsOf(retirements: readonly RetirementView[]): RetiredUnits[] {
  return retirements.flatMap((retirement) =>
    retirement.lines.map((line) => {
      const { programme, methodology, firstDay, endDay } = decodedTokenId(line.tokenId);
      return {
        retirementId: retirement.retirementId,
        tokenId: line.tokenId,
        grams: BigInt(line.grams),
        firstSerial: BigInt(line.firstSerial),
        endSerial: BigInt(line.endSerial),
        programme,
        methodology,
        period: { firstDay, endDay },
        transactionHash: retirement.transactionHash,
        content: retirement.content,
      };
    }),
  );
}

/** What stands behind the methodologies of these units; one that is not known counts as a demonstration. */
export async function statusesOf(
  pool: Pool,
  units: readonly RetiredUnits[],
): Promise<MethodologyStatus[]> {
  const keys = new Map(units.map((one) => [`${one.programme}/${one.methodology}`, one]));
  return Promise.all(
    [...keys.values()].map(async ({ programme, methodology }) => {
      const registered = await findMethodology(pool, programme, methodology);
      return statuses[registered?.status ?? 0] ?? "demonstration";
    }),
  );
}

/** NOT_FINAL_YET for a block that may still go away. */
async function requireFinal(pool: Pool, block: number): Promise<Result<true>> {
  const position = await findMirrorPosition(pool);
  return position !== undefined && block <= position.finalBlock
    ? succeed(true)
    : refuse("NOT_FINAL_YET", { values: { block } });
}

/**
 * What a document says besides the chain's own record: its published content, and what stands behind
 * the units. Documents are made of final blocks only. NOT_FINAL_YET.
 */
export async function statedIn(
  { pool, store }: ApiDependencies,
  of: { readonly blockNumber: number; readonly content: string },
  retirements: readonly RetirementView[],
): Promise<
  Result<{
    content: Readonly<Record<string, unknown>> | undefined;
    statuses: readonly MethodologyStatus[];
  }>
> {
  const isFinal = await requireFinal(pool, of.blockNumber);
  if (!isFinal.ok) return isFinal;
  const [content, statuses] = await Promise.all([
    readPublished(store, of.content),
    statusesOf(pool, retiredUnitsOf(retirements)),
  ]);
  return succeed({ content, statuses });
}
