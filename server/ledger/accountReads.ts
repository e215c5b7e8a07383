import type { ClientBase, Pool } from "pg";
import { type Balances, EMPTY_BALANCES } from "../domain/account.ts";
import { formatDay } from "../domain/period.ts";

type Reads = Pool | ClientBase;
const hex = (bytes: Buffer): string => `0x${bytes.toString("hex")}`;

/** What a person has, up to a posting where one is given. */
export async function readBalances(
  client: Reads,
  participant: string,
  through?: bigint,
): Promise<Balances> {
  const { rows } = await client.query<{ compartment: keyof Balances; mg: string }>(
    `SELECT compartment, sum(milligrams) AS mg FROM ledger.entry
     WHERE holder = $1 AND ($2::bigint IS NULL OR posting <= $2) GROUP BY 1`,
    [participant, through?.toString() ?? null],
  );
  return {
    ...EMPTY_BALANCES,
    ...Object.fromEntries(rows.map(({ compartment, mg }) => [compartment, BigInt(mg)])),
  };
}

/**
 * What was reported of a person on sealed days whose period is not closed yet, without rows that met another's: it may
 * still change.
 */
export async function readProvisional(
  client: Reads,
  participant: string,
): Promise<{ milligrams: bigint; activities: number }> {
  const { rows } = await client.query<{ mg: string; n: number }>(
    `SELECT coalesce(sum(r.milligrams), 0) AS mg, count(*)::integer AS n
     FROM intake.sealed_day s JOIN intake.report r ON r.day = s.day
     WHERE r.participant = $1
       AND NOT EXISTS (SELECT FROM intake.membership m
         WHERE m.day = r.day AND m.platform = r.platform AND m.row_key = r.row_key)
       AND NOT EXISTS (SELECT FROM intake.shared h
         WHERE h.day = r.day AND h.platform = r.platform AND h.row_key = r.row_key)`,
    [participant],
  );
  return { milligrams: BigInt(rows[0]?.mg ?? 0), activities: rows[0]?.n ?? 0 };
}

/** One entry of a person's statement. */
export type StatementLine = {
  posting: string;
  at: string;
  kind: string;
  compartment: string;
  milligrams: string;
  activities: number;
  batchId: string | null;
  requestId: string | null;
  tokenId: string | null;
  mandateId: string | null;
};

/** A person's entries of a span of China days, oldest first; `after` is the last one seen. */
export async function readStatement(
  client: Reads,
  of: {
    participant: string;
    first: number;
    end: number;
    limit: number;
    after?: { posting: string; compartment: string };
  },
): Promise<StatementLine[]> {
  const { rows } = await client.query<{
    posting: bigint | string;
    created_at: Date;
    kind: string;
    compartment: string;
    milligrams: bigint | string;
    activities: number;
    batch: string | null;
    request: bigint | string | null;
    token: Buffer | null;
    mandate: string | null;
  }>(
    `SELECT p.posting, p.created_at, p.kind, e.compartment, e.milligrams, e.activities, p.batch, p.request, p.token,
       p.mandate
     FROM ledger.entry e JOIN ledger.posting p ON p.posting = e.posting
     WHERE e.holder = $1 AND ($4::bigint IS NULL OR (p.posting, e.compartment::text) > ($4, $5))
       AND p.created_at >= to_timestamp($2::bigint * 86400 - 28800)
       AND p.created_at < to_timestamp($3::bigint * 86400 - 28800)
     ORDER BY p.posting, e.compartment::text LIMIT $6`,
    [
      ...[of.participant, of.first, of.end],
      ...[of.after?.posting ?? null, of.after?.compartment ?? null, of.limit],
    ],
  );
  return rows.map((row) => ({
    posting: row.posting.toString(),
    at: row.created_at.toISOString(),
    kind: row.kind,
    compartment: row.compartment,
    milligrams: row.milligrams.toString(),
    activities: row.activities,
    batchId: row.batch,
    requestId: row.request?.toString() ?? null,
    tokenId: row.token && hex(row.token),
    mandateId: row.mandate,
  }));
}

/** One ride of a person that a closed period decided about. */
export type RideRow = {
  day: number;
  platform: number;
  rowKey: string;
  behaviour: string;
  milligrams: bigint;
  /** Unix seconds. */
  at: number;
  quantities: string;
  salt: string | null;
  rule: string;
  batchId: string;
  leafIndex: number | null;
  credited: boolean;
  sourceId: string;
};

/** The rides of a person in a span of days whose period is closed, newest first; `after` is the last one seen. */
export async function readRides(
  client: Reads,
  of: {
    participant: string;
    first: number;
    end: number;
    limit: number;
    after?: { day: number; rowKey: string };
    creditedOnly?: boolean;
  },
): Promise<RideRow[]> {
  const { rows } = await client.query<{
    day: number;
    platform: number;
    row_key: string;
    behaviour: string;
    milligrams: bigint | string;
    activity_at: bigint | string;
    quantities: string;
    salt: string | null;
    content_hash: Buffer;
    batch_id: string;
    leaf_index: bigint | string | null;
    credited: boolean;
    source_id: Buffer;
  }>(
    `SELECT r.day, r.platform, r.row_key, r.behaviour, r.milligrams, r.activity_at, r.quantities, r.salt,
       u.content_hash, m.batch_id, m.leaf_index, m.credited, b.source_id
     FROM intake.report r
     JOIN intake.membership m ON m.day = r.day AND m.platform = r.platform AND m.row_key = r.row_key
     JOIN intake.batch b ON b.id = m.batch_id
     JOIN intake.rule u ON u.rule = r.rule
     WHERE r.participant = $1 AND r.day >= $2 AND r.day < $3 AND m.day >= $2 AND m.day < $3
       AND ($4::integer IS NULL OR (r.day, r.row_key) < ($4, $5::uuid)) AND (m.credited OR NOT $6)
     ORDER BY r.day DESC, r.row_key DESC LIMIT $7`,
    [
      ...[of.participant, of.first, of.end],
      ...[of.after?.day ?? null, of.after?.rowKey ?? null],
      ...[of.creditedOnly ?? false, of.limit],
    ],
  );
  return rows.map((row) => ({
    day: row.day,
    platform: row.platform,
    rowKey: row.row_key,
    behaviour: row.behaviour,
    milligrams: BigInt(row.milligrams),
    at: Number(row.activity_at),
    quantities: row.quantities,
    salt: row.salt,
    rule: hex(row.content_hash),
    batchId: row.batch_id,
    leafIndex: row.leaf_index === null ? null : Number(row.leaf_index),
    credited: row.credited,
    sourceId: hex(row.source_id),
  }));
}

/** A lot of points with what became of it. */
export async function readLots(client: Reads, participant: string) {
  const { rows } = await client.query<{
    lot: string;
    grams: bigint | string;
    points: bigint | string;
    end_day: number;
    created_at: Date;
    kind: string | null;
  }>(
    `SELECT l.lot, l.grams, l.points, l.end_day, l.created_at, e.kind FROM ledger.points l
     LEFT JOIN ledger.points_end e USING (lot) WHERE l.participant = $1 ORDER BY l.created_at DESC, l.lot LIMIT 500`,
    [participant],
  );
  return rows.map((row) => ({
    lotId: row.lot,
    grams: row.grams.toString(),
    points: row.points.toString(),
    end: formatDay(row.end_day),
    createdAt: row.created_at.toISOString(),
    state: row.kind ?? "running",
  }));
}

export async function readConsents(client: Reads, participant: string) {
  const { rows } = await client.query<{
    consent: string;
    purpose: string;
    text_hash: Buffer;
    given_at: Date;
    withdrawn_at: Date | null;
  }>(
    `SELECT c.consent, c.purpose, c.text_hash, c.given_at, e.withdrawn_at FROM ledger.consent c
     LEFT JOIN ledger.consent_end e USING (consent) WHERE c.participant = $1 ORDER BY c.given_at DESC, c.consent LIMIT 500`,
    [participant],
  );
  return rows.map((row) => ({
    consentId: row.consent,
    purpose: row.purpose,
    textHash: hex(row.text_hash),
    givenAt: row.given_at.toISOString(),
    withdrawnAt: row.withdrawn_at?.toISOString() ?? null,
  }));
}

export async function readMandates(client: Reads, participant: string) {
  const { rows } = await client.query<{
    mandate: string;
    agent: Buffer;
    most_milligrams: bigint | string | null;
    first_day: number;
    end_day: number;
    text_hash: Buffer;
    ended_at: Date | null;
    moved: string;
  }>(
    `SELECT m.mandate, m.agent, m.most_milligrams, m.first_day, m.end_day, m.text_hash, e.created_at AS ended_at,
       (SELECT coalesce(-sum(t.milligrams), 0) FROM ledger.posting p JOIN ledger.entry t ON t.posting = p.posting
        WHERE p.mandate = m.mandate AND t.holder = m.participant) AS moved
     FROM ledger.mandate m LEFT JOIN ledger.mandate_end e USING (mandate)
     WHERE m.participant = $1 ORDER BY m.created_at DESC, m.mandate LIMIT 500`,
    [participant],
  );
  return rows.map((row) => ({
    mandateId: row.mandate,
    agent: hex(row.agent),
    mostGrams:
      row.most_milligrams === null ? null : (BigInt(row.most_milligrams) / 1000n).toString(),
    first: formatDay(row.first_day),
    end: formatDay(row.end_day),
    textHash: hex(row.text_hash),
    revokedAt: row.ended_at?.toISOString() ?? null,
    movedGrams: (BigInt(row.moved) / 1000n).toString(),
  }));
}
