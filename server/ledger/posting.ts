import type { ClientBase } from "pg";

/** What a posting is about; see server/database/migrations/008_ledger.sql. */
export type NewPosting = {
  /** Makes a repeat change nothing. */
  key: string;
  kind: "pending" | "issue" | "fall" | "again" | "withdraw" | "correction";
  programme: number;
  batch?: string;
  request?: bigint;
  /** `0x…`. */
  token?: string;
  mandate?: string;
  reverses?: bigint;
};

export type Posting = { posting: bigint; month: number };

/**
 * Begins a posting in the transaction of `client`; its entries follow in the same transaction, in one statement.
 * Undefined when this key was posted before: then there is nothing to do.
 */
export async function beginPosting(
  client: ClientBase,
  of: NewPosting,
): Promise<Posting | undefined> {
  const { rows } = await client.query<{ posting: bigint | string; month: number }>(
    "SELECT posting, month FROM ledger.begin_posting($1, $2, $3, $4, $5, $6, $7, $8)",
    [
      of.key,
      of.kind,
      of.programme,
      of.batch ?? null,
      of.request?.toString() ?? null,
      of.token === undefined ? null : Buffer.from(of.token.slice(2), "hex"),
      of.mandate ?? null,
      of.reverses?.toString() ?? null,
    ],
  );
  const made = rows[0];
  return made === undefined ? undefined : { posting: BigInt(made.posting), month: made.month };
}

/** Makes sure an account that is no person's exists; gives its id. */
export async function institutionOf(
  client: ClientBase,
  kind: "platform" | "owner" | "agent" | "source" | "programme",
  programme: number,
  name: string,
): Promise<string> {
  const found = await client.query<{ holder: string }>(
    "SELECT ledger.holder_of($1::ledger.holder_kind, $2, $3) AS holder",
    [kind, programme, name],
  );
  const holder = found.rows[0]?.holder ?? "";
  await client.query(
    "INSERT INTO ledger.institution (holder, kind, programme, name) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    [holder, kind, programme, name],
  );
  return holder;
}

/** The account of what persons gave up when theirs were deleted. */
export const GIVEN_UP = "given up";
