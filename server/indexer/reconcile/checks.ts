import type { ContractName } from "../../chain/events.ts";

/**
 * One comparison: rows of the mirror, each with the arguments of a contract's view and what the mirror makes of its
 * answer, as text. `sql` gives `id` text, `arguments` text[] and `mirror` text. The chain's text is the named fields of
 * the answer, in order, joined by spaces; without names the whole answer.
 */
export type Check = {
  readonly what: string;
  readonly contract: ContractName;
  readonly view: string;
  readonly fields?: readonly string[];
  /** Rows that go into one call as lists, for views that take and give lists. */
  readonly gathered?: number;
  readonly sql: string;
};

const hex = (column: string): string => `('0x' || encode(${column}, 'hex'))`;

const place = (states: readonly string[], column = "state"): string =>
  `array_position(ARRAY[${states.map((state) => `'${state}'`).join(", ")}], ${column})`;

const REQUEST_STATES = [
  ...["proposed", "filed", "issued", "rejected", "withdrawn", "expired", "fallen"],
];

/** Units: who holds them, what of an id was issued, retired and voided, and what left it as records. */
const units: readonly Check[] = [
  {
    what: "balance",
    contract: "reductionToken",
    view: "balanceOfBatch",
    gathered: 250,
    sql: `SELECT ${hex("token_id")} || ' of ' || ${hex("account")} AS id,
        ARRAY[${hex("account")}, ${hex("token_id")}] AS arguments, grams::text AS mirror FROM holding`,
  },
  {
    what: "supply",
    contract: "reductionToken",
    view: "supplyOf",
    fields: ["exists", "state", "issuedGrams", "retiredGrams", "voidedGrams"],
    sql: `SELECT ${hex("token_id")} AS id, ARRAY[${hex("token_id")}] AS arguments,
        concat_ws(' ', 'true', ${place(["active", "suspended"])}, issued_grams, retired_grams, void_grams) AS mirror
      FROM token`,
  },
  {
    what: "retirement",
    contract: "reductionToken",
    view: "retirementOf",
    fields: ["holder", "programme", "purpose", "grams"],
    sql: `SELECT ${hex("r.retirement_id")} AS id, ARRAY[${hex("r.retirement_id")}] AS arguments,
        concat_ws(' ', ${hex("holder")}, programme, purpose, coalesce(l.grams, 0)) AS mirror
      FROM retirement r
      LEFT JOIN LATERAL (
        SELECT sum(end_serial - first_serial) AS grams FROM retirement_line WHERE retirement_id = r.retirement_id) l ON true`,
  },
  {
    what: "retirement consumed",
    contract: "reductionToken",
    view: "isConsumed",
    sql: `SELECT ${hex("retirement_id")} AS id, ARRAY[${hex("retirement_id")}] AS arguments,
        EXISTS (SELECT FROM certificate_retirement c WHERE c.retirement_id = r.retirement_id)::text AS mirror
      FROM retirement r`,
  },
  {
    what: "certificate",
    contract: "certificate",
    view: "certificateOf",
    fields: ["holder", "programme", "kind", "state", "retiredGrams", "emittedGrams", "impaired"],
    sql: `SELECT ${hex("certificate_id")} AS id, ARRAY[${hex("certificate_id")}] AS arguments,
        concat_ws(' ', ${hex("holder")}, programme, kind, ${place(["valid", "revoked", "replaced"])},
          retired_grams, emitted_grams, impaired::text) AS mirror
      FROM certificate`,
  },
];

/** Requests, what their sources carry, and the days they took: bits of every word a booking ever touched. */
const issuance: readonly Check[] = [
  {
    what: "request",
    contract: "issuance",
    view: "requestOf",
    fields: [
      ...["state", "programme", "applicant", "statements", "forwarded"],
      ...["deductedMilligrams", "holds", "objections"],
    ],
    sql: `SELECT request_id::text AS id, ARRAY[request_id::text] AS arguments,
        concat_ws(' ', ${place(REQUEST_STATES)}, programme, ${hex("applicant")},
          (SELECT count(*) FROM statement s WHERE s.request_id = r.request_id),
          (forwarded_at IS NOT NULL)::text, deducted_milligrams, holds,
          (SELECT count(*) FROM objection o WHERE o.request_id = r.request_id)) AS mirror
      FROM request r`,
  },
  {
    what: "number of requests",
    contract: "issuance",
    view: "requestCount",
    sql: "SELECT 'all' AS id, ARRAY[]::text[] AS arguments, count(*)::text AS mirror FROM request",
  },
  {
    what: "carry",
    contract: "issuance",
    view: "carryOf",
    sql: `SELECT ${hex("source_id")} AS id, ARRAY[${hex("source_id")}] AS arguments,
        carry_milligrams::text AS mirror FROM source`,
  },
  {
    what: "source",
    contract: "sources",
    view: "sourceOf",
    fields: ["programme", "methodology", "state", "applicant", "owner", "assetKey"],
    sql: `SELECT ${hex("source_id")} AS id, ARRAY[${hex("source_id")}] AS arguments,
        concat_ws(' ', programme, methodology, ${place(["pending", "active", "suspended", "delisted"])},
          ${hex("applicant")}, ${hex("owner")}, ${hex("asset_key")}) AS mirror
      FROM source`,
  },
  {
    what: "calendar",
    contract: "sources",
    view: "calendarWord",
    sql: `WITH word AS (
        SELECT b.*, generate_series(first_day / 256, (end_day - 1) / 256) AS number FROM booking b),
      taken AS (
        SELECT asset_key, class, number, day - 256 * number AS bit
        FROM word CROSS JOIN LATERAL
          generate_series(greatest(first_day, 256 * number), least(end_day, 256 * number + 256) - 1) AS day
        WHERE released_block IS NULL)
      SELECT ${hex("asset_key")} || ' class ' || class || ' word ' || number AS id,
        ARRAY[${hex("asset_key")}, class::text, number::text] AS arguments,
        (SELECT coalesce(sum(2::numeric ^ bit), 0)::numeric(78, 0) FROM (
           SELECT DISTINCT bit FROM taken t
           WHERE t.asset_key = w.asset_key AND t.class = w.class AND t.number = w.number) AS bits)::text AS mirror
      FROM (SELECT DISTINCT asset_key, class, number FROM word) w`,
  },
];

/** What contracts hold for others: escrow, pledges, the pool; and how accounts stand. */
const keeping: readonly Check[] = [
  {
    what: "sell order",
    contract: "settlement",
    view: "orderOf",
    fields: ["listed", "restGrams"],
    sql: `SELECT ${hex("order_id")} AS id, ARRAY[${hex("order_id")}] AS arguments,
        'true ' || left_grams AS mirror FROM sell_order`,
  },
  {
    what: "escrow",
    contract: "settlement",
    view: "openGrams",
    sql: `SELECT ${hex("token_id")} AS id, ARRAY[${hex("token_id")}] AS arguments,
        (SELECT coalesce(sum(left_grams), 0) FROM sell_order o WHERE o.token_id = t.token_id)::text AS mirror
      FROM token t`,
  },
  {
    what: "pledge",
    contract: "pledge",
    view: "pledgeOf",
    fields: ["state"],
    sql: `SELECT ${hex("pledge_id")} AS id, ARRAY[${hex("pledge_id")}] AS arguments,
        coalesce(${place(["offered", "running", "claimed", "stayed"])}, 5)::text AS mirror FROM pledge`,
  },
  {
    what: "pledged grams",
    contract: "pledge",
    view: "pledgedGrams",
    sql: `SELECT ${hex("token_id")} AS id, ARRAY[${hex("token_id")}] AS arguments,
        (SELECT coalesce(sum(grams), 0) FROM pledge p
         WHERE p.token_id = t.token_id AND p.state IN ('offered', 'running', 'claimed', 'stayed'))::text AS mirror
      FROM token t`,
  },
  {
    what: "pool",
    contract: "poolReserve",
    view: "heldGrams",
    sql: `SELECT programme::text AS id, ARRAY[programme::text] AS arguments,
        (SELECT coalesce(sum(CASE kind WHEN 'received' THEN grams ELSE -grams END), 0)
         FROM pool_movement m WHERE m.programme = p.programme)::text AS mirror
      FROM programme p`,
  },
  {
    what: "pool epoch",
    contract: "poolReserve",
    view: "lastEpoch",
    sql: `SELECT programme::text AS id, ARRAY[programme::text] AS arguments,
        (SELECT coalesce(max(epoch), 0) FROM pool_epoch e WHERE e.programme = p.programme)::text AS mirror
      FROM programme p`,
  },
  {
    what: "standing",
    contract: "reductionToken",
    view: "standingOf",
    sql: `SELECT ${hex("account")} AS id, ARRAY[${hex("account")}] AS arguments, standing::text AS mirror FROM account`,
  },
  {
    what: "programme",
    contract: "programmes",
    view: "programmeOf",
    fields: ["parent", "tier", "paused", "decidingTier"],
    sql: `SELECT programme::text AS id, ARRAY[programme::text] AS arguments,
        concat_ws(' ', coalesce(parent, 0), tier, paused::text, deciding_tier) AS mirror FROM programme`,
  },
];

/**
 * Everything that is compared by calls. Balances cannot be listed on the chain, so a holder the mirror has never heard
 * of shows in the sum of an id: held is what was issued less retired and voided (`sums`).
 */
export const checks: readonly Check[] = [...units, ...issuance, ...keeping];

/** What has to hold inside the mirror for the calls to be complete. `chain` is what should stand there. */
export const sums: readonly { readonly what: string; readonly sql: string }[] = [
  {
    what: "sum of holdings",
    sql: `SELECT ${hex("token_id")} AS id, coalesce(h.grams, 0)::text AS mirror,
        (issued_grams - retired_grams - void_grams)::text AS chain
      FROM token t
      LEFT JOIN LATERAL (SELECT sum(grams) AS grams FROM holding WHERE token_id = t.token_id) h ON true
      WHERE coalesce(h.grams, 0) <> issued_grams - retired_grams - void_grams`,
  },
  {
    what: "ids issued",
    sql: `SELECT request_id::text AS id, coalesce(t.issued_grams, 0)::text AS mirror, r.issued_grams::text AS chain
      FROM request r LEFT JOIN token t USING (request_id)
      WHERE r.state = 'issued' AND t.issued_grams IS DISTINCT FROM r.issued_grams`,
  },
];
