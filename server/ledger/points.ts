import type { ClientBase, Pool } from "pg";
import { checkPointsLock } from "../domain/account.ts";
import { chinaDay } from "../domain/period.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { alone, move } from "./accountActs.ts";
import { readBalances } from "./accountReads.ts";
import type { Person } from "./persons.ts";

/**
 * Locks issued grams behind points, one point a gram: from then on they are no units of the person's. The same id again
 * changes nothing. BALANCE_SHORT, POINTS_TERM_TOO_LONG; IDEMPOTENCY_KEY_CONFLICT when the id is another lot's.
 */
export async function lockPoints(
  pool: Pool,
  person: Person,
  of: { lotId: string; grams: bigint; endDay: number; now: number },
): Promise<Result<true>> {
  return alone(pool, person.participant, async (client) => {
    const known = await findLot(client, of.lotId);
    if (known) {
      const same = known.participant === person.participant && known.grams === of.grams;
      return same && known.endDay === of.endDay
        ? succeed(true)
        : refuse("IDEMPOTENCY_KEY_CONFLICT");
    }
    const balances = await readBalances(client, person.participant);
    const checked = checkPointsLock(balances, of, of.now);
    if (!checked.ok) return checked;
    const moved = await move(client, {
      ...{ key: `lock-points:${of.lotId}`, kind: "lock-points", gives: "issued", gains: "points" },
      ...{ participant: person.participant, milligrams: checked.value.milligrams },
    });
    if (!moved.ok) return moved;
    const grams = of.grams.toString();
    await client.query(
      `INSERT INTO ledger.points (lot, programme, participant, grams, points, end_day) VALUES ($1, $2, $3, $4, $4, $5)`,
      [of.lotId, person.programme, person.participant, grams, of.endDay],
    );
    return succeed(true);
  });
}

type Lot = { participant: string; grams: bigint; endDay: number; state: string | null };

async function findLot(client: ClientBase | Pool, lotId: string): Promise<Lot | undefined> {
  const { rows } = await client.query<{
    participant: string;
    grams: bigint | string;
    end_day: number;
    kind: string | null;
  }>(
    `SELECT l.participant, l.grams, l.end_day, e.kind FROM ledger.points l LEFT JOIN ledger.points_end e USING (lot)
     WHERE l.lot = $1`,
    [lotId],
  );
  const row = rows[0];
  return (
    row && {
      participant: row.participant,
      grams: BigInt(row.grams),
      endDay: row.end_day,
      state: row.kind,
    }
  );
}

/** How a lot of points can end: by the person, by use at the platform, or with its day. */
const ENDS = {
  cancelled: { kind: "cancel-points", gains: "issued" },
  used: { kind: "use-points", gains: "spent" },
  expired: { kind: "expire-points", gains: "issued" },
} as const;

/**
 * Ends a lot of points: cancelled or expired, its grams are units again; used, they are spent and wait for retirement.
 * `mayEnd` says whether the lot is the caller's to end. The same end again changes nothing. NOT_FOUND, POINTS_ENDED.
 */
export async function endPoints(
  pool: Pool,
  of: {
    lotId: string;
    how: "cancelled" | "used";
    now: number;
    mayEnd: (participant: string) => Promise<boolean>;
  },
): Promise<Result<true>> {
  const lot = await findLot(pool, of.lotId);
  if (!lot || !(await of.mayEnd(lot.participant))) {
    return refuse("NOT_FOUND", { values: { what: "lot of points", id: of.lotId } });
  }
  return alone(pool, lot.participant, async (client) => {
    const now = await findLot(client, of.lotId);
    if (now?.state === of.how) return succeed(true);
    if (!now || now.state !== null) return refuse("POINTS_ENDED");
    const over = chinaDay(of.now) >= now.endDay;
    const how = over ? "expired" : of.how;
    const { kind, gains } = ENDS[how];
    const moved = await move(client, {
      ...{ key: `${kind}:${of.lotId}`, kind, gives: "points", gains },
      ...{ participant: now.participant, milligrams: now.grams * 1000n },
    });
    if (!moved.ok) return moved;
    await client.query("INSERT INTO ledger.points_end (lot, kind) VALUES ($1, $2)", [
      of.lotId,
      how,
    ]);
    return how === "expired" && of.how === "used" ? refuse("POINTS_ENDED") : succeed(true);
  });
}
