import type { Pool } from "pg";
import { checkMandate, type Mandate } from "../domain/account.ts";
import { chinaDay } from "../domain/period.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { alone, move } from "./accountActs.ts";
import type { Person } from "./persons.ts";

const LONGEST_MANDATE_DAYS = 1_827;

/** Gives an agent a mandate (打包委托); the same id again changes nothing. MANDATE_TERM_WRONG, IDEMPOTENCY_KEY_CONFLICT. */
export async function giveMandate(
  pool: Pool,
  person: Person,
  of: {
    id: string;
    agent: string;
    mostGrams: bigint | null;
    firstDay: number;
    endDay: number;
    textHash: string;
    now: number;
  },
): Promise<Result<true>> {
  const { firstDay, endDay } = of;
  const days = endDay - firstDay;
  if (firstDay < chinaDay(of.now) || days < 1 || days > LONGEST_MANDATE_DAYS) {
    return refuse("MANDATE_TERM_WRONG");
  }
  const made = await pool.query(
    `INSERT INTO ledger.mandate (mandate, programme, participant, agent, most_milligrams, first_day, end_day, text_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
    [
      ...[of.id, person.programme, person.participant, Buffer.from(of.agent.slice(2), "hex")],
      of.mostGrams === null ? null : (of.mostGrams * 1000n).toString(),
      ...[firstDay, endDay, Buffer.from(of.textHash.slice(2), "hex")],
    ],
  );
  if (made.rowCount === 1) return succeed(true);
  const { rows } = await pool.query(
    "SELECT FROM ledger.mandate WHERE mandate = $1 AND participant = $2 AND agent = $3 AND first_day = $4 AND end_day = $5",
    [of.id, person.participant, Buffer.from(of.agent.slice(2), "hex"), firstDay, endDay],
  );
  return rows.length > 0 ? succeed(true) : refuse("IDEMPOTENCY_KEY_CONFLICT");
}

/** Revokes a mandate at once. NOT_FOUND. */
export async function revokeMandate(
  pool: Pool,
  person: Person,
  mandateId: string,
): Promise<Result<true>> {
  return alone(pool, person.participant, async (client) => {
    const { rowCount } = await client.query(
      "SELECT FROM ledger.mandate WHERE mandate = $1 AND participant = $2",
      [mandateId, person.participant],
    );
    if (rowCount === 0) return refuse("NOT_FOUND", { values: { what: "mandate", id: mandateId } });
    await client.query(
      "INSERT INTO ledger.mandate_end (mandate) VALUES ($1) ON CONFLICT DO NOTHING",
      [mandateId],
    );
    return succeed(true);
  });
}

/**
 * Moves a person's issued grams to the agent's account in the pool, under a running mandate. The same movement id again
 * changes nothing. NOT_FOUND, BALANCE_SHORT and the refusals of `checkMandate`.
 */
export async function moveUnderMandate(
  pool: Pool,
  of: { mandateId: string; movementId: string; agent: string; grams: bigint; now: number },
): Promise<Result<true>> {
  const { rows } = await pool.query<{
    participant: string;
    agent: Buffer;
    most_milligrams: bigint | null;
    first_day: number;
    end_day: number;
  }>(
    "SELECT participant, agent, most_milligrams, first_day, end_day FROM ledger.mandate WHERE mandate = $1",
    [of.mandateId],
  );
  const row = rows[0];
  if (!row) return refuse("NOT_FOUND", { values: { what: "mandate", id: of.mandateId } });
  const { participant } = row;
  return alone(pool, participant, async (client) => {
    const key = `mandate:${of.mandateId}:${of.movementId}`;
    const state = await client.query<{ ended: boolean; done: boolean; moved: string }>(
      `SELECT EXISTS (SELECT FROM ledger.mandate_end WHERE mandate = $1) AS ended,
         EXISTS (SELECT FROM ledger.posting WHERE key = $3) AS done,
         (SELECT coalesce(-sum(e.milligrams), 0) FROM ledger.posting p JOIN ledger.entry e ON e.posting = p.posting
          WHERE p.mandate = $1 AND e.holder = $2) AS moved`,
      [of.mandateId, participant, key],
    );
    if (state.rows[0]?.done) return succeed(true);
    const mandate: Mandate = {
      agent: `0x${row.agent.toString("hex")}`,
      mostMilligrams: row.most_milligrams,
      ...{ firstDay: row.first_day, endDay: row.end_day },
      ended: state.rows[0]?.ended ?? true,
      movedMilligrams: BigInt(state.rows[0]?.moved ?? 0),
    };
    const milligrams = of.grams * 1000n;
    const { agent } = of;
    const allowed = checkMandate(mandate, { agent, milligrams, today: chinaDay(of.now) });
    if (!allowed.ok) return allowed;
    const moved = await move(client, {
      ...{ key, kind: "mandate", participant, gives: "issued", gains: "issued" },
      ...{ milligrams, mandate: of.mandateId },
    });
    return moved.ok ? succeed(true) : moved;
  });
}
