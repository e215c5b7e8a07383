import type { Pool } from "pg";
import { z } from "zod";
import { fromHex } from "../../domain/bytes.ts";
import type { HashSuite } from "../../domain/hashSuite.ts";
import type { AnyMethodology } from "../../domain/methodology/catalogue.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { AssessRules } from "../../intake/assess/assess.ts";
import { closePeriod as closeBatch } from "../../intake/batch.ts";
import type { ProgrammeRules } from "../../intake/ruleFiles.ts";
import type { BlobStore } from "../../platform/store.ts";
import type { Operation } from "../ledger.ts";
import { hash, small } from "./fields.ts";

/** What closing a period needs besides its command. */
export type CloseContext = {
  readonly pool: Pool;
  readonly suite: HashSuite;
  readonly store: BlobStore;
  /** Rules of every programme, which rank the platforms' reports. */
  readonly rules: readonly ProgrammeRules[];
  /** Texts of the methodologies reports were quantified by, by content hash `0x…`. */
  readonly methodologies: ReadonlyMap<string, AnyMethodology>;
  /** What periods are looked at for before they close. */
  readonly assess: AssessRules;
};

const body = z.object({
  sourceId: hash,
  firstDay: small,
  endDay: small,
  openFindings: z.enum(["refuse", "leaveOut"]).default("refuse"),
});

/**
 * Closes a source's period: the activities behind its reports become a tree. Works off chain; the
 * result is what the issuance request will state. Closing again under the same id gives the same batch.
 */
export async function closePeriod(
  operation: Operation,
  context: CloseContext,
): Promise<Result<Record<string, unknown>>> {
  const { sourceId, firstDay, endDay, openFindings } = body.parse(operation.body);
  const rules = await rulesOf(context, sourceId);
  if (!rules.ok) return rules;
  const { pool, suite, store, methodologies, assess } = context;
  const closed = await closeBatch({
    pool,
    suite,
    store,
    rankOf: rules.value.rankOf,
    programme: rules.value.programme,
    methodologies,
    assess,
    leaveOutOpen: openFindings === "leaveOut",
    sourceId: fromHex(sourceId),
    period: { firstDay, endDay },
    batchId: operation.id,
  });
  if (!closed.ok) return closed;
  return succeed({ ...closed.value, totalMilligrams: closed.value.totalMilligrams.toString() });
}

/** The rules of the programme that a source belongs to. NOT_FOUND for an unknown source or no rules. */
async function rulesOf(context: CloseContext, sourceId: string): Promise<Result<ProgrammeRules>> {
  const found = await context.pool.query<{ programme: bigint | string }>(
    "SELECT programme FROM mirror.source WHERE source_id = $1",
    [Buffer.from(fromHex(sourceId))],
  );
  const programme = found.rows[0]?.programme;
  if (programme === undefined) {
    return refuse("NOT_FOUND", { field: "sourceId", values: { what: "source", id: sourceId } });
  }
  const rules = context.rules.find((candidate) => candidate.programme === Number(programme));
  return rules
    ? succeed(rules)
    : refuse("NOT_FOUND", { values: { what: "rule file of programme", id: Number(programme) } });
}
