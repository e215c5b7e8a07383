import type { Pool } from "pg";
import { z } from "zod";
import { inTransaction } from "../../database/inTransaction.ts";
import { fromHex } from "../../domain/bytes.ts";
import { type Result, succeed } from "../../domain/result.ts";
import { type AssessRules, assessPeriod as assess } from "../../intake/assess/assess.ts";
import type { Operation } from "../ledger.ts";
import { hash, small } from "./fields.ts";

const body = z.object({ sourceId: hash, firstDay: small, endDay: small });

/** Looks at a source's period before it is closed; the result counts its findings by state. */
export async function assessPeriod(
  operation: Operation,
  { pool, rules }: { pool: Pool; rules: AssessRules },
): Promise<Result<Record<string, unknown>>> {
  const { sourceId, firstDay, endDay } = body.parse(operation.body);
  const period = { firstDay, endDay };
  return succeed(
    await inTransaction(pool, (client) => assess(client, fromHex(sourceId), period, rules)),
  );
}
