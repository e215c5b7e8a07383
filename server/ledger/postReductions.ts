import type { ClientBase, Pool } from "pg";
import { inTransaction } from "../database/inTransaction.ts";
import type { HolderKind } from "../domain/account.ts";
import { largestRemainder } from "../domain/splitAmount.ts";
import { beginPosting, institutionOf, type Posting } from "./posting.ts";

type Reduction = {
  key: string;
  batch: string;
  programme: number;
  participant: string;
  milligrams: bigint;
  issued: boolean;
};

/** The account that holds what corrections took away after a period was closed. */
export const CORRECTED = "corrected";

/** Corrections of closed periods that the ledger has not followed; of a batch that fell, none. */
const OPEN = `
  SELECT 'correction:' || d.row_key || ':' || d.correction AS key, d.batch_id AS batch, p.programme, r.participant,
    d.milligrams, EXISTS (SELECT FROM ledger.posting i WHERE i.batch = d.batch_id AND i.kind = 'issue') AS issued
  FROM intake.reduction d
  JOIN ledger.posting p ON p.batch = d.batch_id AND p.kind = 'pending'
  JOIN intake.report r ON r.day = d.day AND r.platform = d.platform AND r.row_key = d.row_key
  WHERE NOT EXISTS (SELECT FROM ledger.posting c WHERE c.key = 'correction:' || d.row_key || ':' || d.correction)
    AND NOT EXISTS (SELECT FROM ledger.posting f WHERE f.batch = d.batch_id AND f.kind = 'fall'
      AND NOT EXISTS (SELECT FROM ledger.posting a WHERE a.reverses = f.posting))
  ORDER BY d.filed_at, d.row_key, d.correction`;

/**
 * Takes away what late corrections say: from what is pending of the batch, shared over all who had a part of it, or, once
 * it was issued, whole grams from the person's units as far as they go; the rest is shown as owed. The grams stay in the
 * pool, with the programme. Each correction once; gives how many were posted.
 */
export async function postReductions(pool: Pool): Promise<number> {
  const { rows } = await pool.query<
    Omit<Reduction, "programme" | "milligrams"> & { programme: bigint; milligrams: bigint }
  >(OPEN);
  for (const row of rows) {
    const reduction = {
      ...row,
      programme: Number(row.programme),
      milligrams: BigInt(row.milligrams),
    };
    await inTransaction(pool, (client) => postReduction(client, reduction));
  }
  return rows.length;
}

async function postReduction(client: ClientBase, of: Reduction): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
    `tanpu/ledger/${of.participant}`,
  ]);
  const made = await beginPosting(client, {
    ...{ key: of.key, kind: "correction", programme: of.programme, batch: of.batch },
  });
  if (made === undefined) return;
  const programme = await institutionOf(client, "programme", of.programme, CORRECTED);
  const parts = of.issued ? await ofUnits(client, of) : await ofPending(client, of);
  const entries = parts.flatMap((part) => [
    { ...part, milligrams: -part.milligrams },
    { ...part, kind: "programme" as const, holder: programme },
  ]);
  await write(client, made, of.participant, entries);
}

const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b);

type Part = { kind: HolderKind; holder: string; compartment: string; milligrams: bigint };

async function ofPending(client: ClientBase, of: Reduction): Promise<Part[]> {
  const { rows } = await client.query<{ kind: HolderKind; holder: string; mg: string }>(
    `SELECT e.holder_kind AS kind, e.holder, sum(e.milligrams) AS mg
     FROM ledger.posting p JOIN ledger.entry e ON e.posting = p.posting AND e.month = p.month
     WHERE p.batch = $1 AND e.actor = $2 AND e.compartment = 'pending' GROUP BY 1, 2 HAVING sum(e.milligrams) > 0
     ORDER BY 1, 2`,
    [of.batch, of.participant],
  );
  const weights = rows.map(({ mg }) => BigInt(mg));
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  const taken = largestRemainder(lesser(of.milligrams, whole), weights);
  return rows
    .map(({ kind, holder }, place) => {
      return { kind, holder, compartment: "pending", milligrams: taken[place] ?? 0n };
    })
    .filter(({ milligrams }) => milligrams > 0n);
}

async function ofUnits(client: ClientBase, of: Reduction): Promise<Part[]> {
  const { rows } = await client.query<{ compartment: string; mg: string }>(
    `SELECT compartment, sum(milligrams) AS mg FROM ledger.entry
     WHERE holder = $1 AND compartment IN ('issued', 'recorded') GROUP BY 1 HAVING sum(milligrams) > 0 ORDER BY 1`,
    [of.participant],
  );
  // Less than a gram was never anybody's unit.
  let left = of.milligrams - (of.milligrams % 1000n);
  const person = { kind: "person" as const, holder: of.participant };
  const parts: Part[] = [];
  for (const { compartment, mg } of rows) {
    const has = BigInt(mg);
    const milligrams = lesser(has, left);
    if (milligrams > 0n) parts.push({ ...person, compartment, milligrams });
    left -= milligrams;
  }
  if (left > 0n) parts.push({ ...person, compartment: "owed", milligrams: left });
  return parts;
}

async function write(
  client: ClientBase,
  made: Posting,
  actor: string,
  entries: readonly Part[],
): Promise<void> {
  await client.query(
    `INSERT INTO ledger.entry (month, posting, holder_kind, holder, actor, compartment, milligrams)
     SELECT $1, $2, kind, holder, $3, compartment, mg
     FROM unnest($4::ledger.holder_kind[], $5::uuid[], $6::ledger.compartment[], $7::bigint[])
       AS e (kind, holder, compartment, mg)`,
    [
      ...[made.month, made.posting.toString(), actor],
      ...[entries.map(({ kind }) => kind), entries.map(({ holder }) => holder)],
      entries.map(({ compartment }) => compartment),
      entries.map(({ milligrams }) => milligrams.toString()),
    ],
  );
}
