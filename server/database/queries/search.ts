import type { Pool } from "pg";
import { bytesOf, hexOf } from "../codec.ts";

/** What can be found, in the order it is shown. */
export const foundKinds = [
  ...["request", "methodology", "source", "token", "retirement", "certificate", "account"],
] as const;

export type Found = {
  kind: string;
  /** As the route of its kind takes it. */
  id: string;
  programme: number | null;
};

const HASH_DIGITS = 64;
const ADDRESS_DIGITS = 40;

/** First and last value of so many digits that begin with a prefix: an index finds what lies between. */
function span(prefix: string, digits: number): [Buffer, Buffer] {
  const given = prefix.slice(2);
  return [bytesOf(`0x${given.padEnd(digits, "0")}`), bytesOf(`0x${given.padEnd(digits, "f")}`)];
}

/**
 * Rows with an id, a key, a hash of content or a party's address that begins with these digits of hex, `0x…`
 * lowercase, at most 64; of each kind at most `most`.
 */
export async function findByHex(pool: Pool, prefix: string, most: number): Promise<Found[]> {
  const [first, last] = span(prefix, HASH_DIGITS);
  const isAddress = prefix.length <= 2 + ADDRESS_DIGITS;
  const addresses = isAddress ? span(prefix, ADDRESS_DIGITS) : [null, null];
  const { rows } = await pool.query<{
    kind: string;
    bytes: Buffer | null;
    name: string | null;
    programme: bigint | null;
  }>(
    `(SELECT 'methodology' AS kind, NULL::bytea AS bytes, programme || '/' || methodology AS name, programme
      FROM mirror.methodology WHERE content_hash BETWEEN $1 AND $2 ORDER BY 3 LIMIT $5)
     UNION ALL
     (SELECT 'source', source_id, NULL, programme FROM mirror.source
      WHERE source_id BETWEEN $1 AND $2 OR asset_key BETWEEN $1 AND $2
         OR applicant BETWEEN $3 AND $4 OR owner BETWEEN $3 AND $4 ORDER BY 2 LIMIT $5)
     UNION ALL
     (SELECT 'token', token_id, NULL, programme FROM mirror.token
      WHERE token_id BETWEEN $1 AND $2 ORDER BY 2 LIMIT $5)
     UNION ALL
     (SELECT 'retirement', retirement_id, NULL, programme FROM mirror.retirement
      WHERE retirement_id BETWEEN $1 AND $2 OR content BETWEEN $1 AND $2 ORDER BY 2 LIMIT $5)
     UNION ALL
     (SELECT 'certificate', certificate_id, NULL, programme FROM mirror.certificate
      WHERE certificate_id BETWEEN $1 AND $2 OR holder BETWEEN $3 AND $4 ORDER BY 2 LIMIT $5)
     UNION ALL
     (SELECT 'account', account, NULL, programme FROM mirror.account
      WHERE account BETWEEN $3 AND $4 ORDER BY 2 LIMIT $5)`,
    [first, last, ...addresses, most],
  );
  return rows.map(({ kind, bytes, name, programme }) => ({
    kind,
    id: bytes === null ? String(name) : hexOf(bytes),
    programme: programme === null ? null : Number(programme),
  }));
}

/** The request of this number, and methodologies of this number in any programme. */
export async function findByNumber(pool: Pool, number: bigint, most: number): Promise<Found[]> {
  const { rows } = await pool.query<{ kind: string; id: string; programme: bigint }>(
    `SELECT 'request' AS kind, request_id::text AS id, programme FROM mirror.request WHERE request_id = $1
     UNION ALL
     (SELECT 'methodology', programme || '/' || methodology, programme FROM mirror.methodology
      WHERE methodology = $1 ORDER BY programme LIMIT $2)`,
    [number, most],
  );
  return rows.map((row) => ({ ...row, programme: Number(row.programme) }));
}

/** The methodologies with these contents. */
export async function findByContent(
  pool: Pool,
  contentHashes: readonly string[],
  most: number,
): Promise<Found[]> {
  const { rows } = await pool.query<{ id: string; programme: bigint }>(
    `SELECT programme || '/' || methodology AS id, programme FROM mirror.methodology
     WHERE content_hash = ANY ($1) ORDER BY programme, methodology LIMIT $2`,
    [contentHashes.map(bytesOf), most],
  );
  return rows.map(({ id, programme }) => ({
    kind: "methodology",
    id,
    programme: Number(programme),
  }));
}
