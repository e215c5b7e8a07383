import { type Check, hex, place } from "../check.ts";
import { proposalCheck } from "../hashes.ts";

const REQUEST_STATES = [
  ...["proposed", "filed", "issued", "rejected", "withdrawn", "expired", "fallen"],
];

/** SQL of a time with the pauses that the programme had since `since`, as of the newest block. */
const moved = (time: string, since: string): string => `(${time} + coalesce((
    SELECT sum(coalesce(p.resumed_at, (SELECT b.timestamp FROM block b JOIN checkpoint c ON c.block_number = b.number)) - p.paused_at)
    FROM pause p WHERE p.programme = request.programme AND p.paused_at >= ${since}), 0))::text`;

/** Requests, what their sources carry, and the days they took: bits of every word a booking ever touched. */
export const issuanceChecks: readonly Check[] = [
  {
    what: "request",
    contract: "issuance",
    view: "requestOf",
    fields: [
      ...["state", "programme", "applicant", "statements", "forwarded"],
      ...["deductedMilligrams", "holds", "objections", "openObjections"],
    ],
    sql: `SELECT request_id::text AS id, ARRAY[request_id::text] AS arguments,
        concat_ws(' ', ${place(REQUEST_STATES)}, programme, ${hex("applicant")},
          (SELECT count(*) FROM statement s WHERE s.request_id = r.request_id),
          (forwarded_at IS NOT NULL)::text, deducted_milligrams, holds,
          (SELECT count(*) FROM objection o WHERE o.request_id = r.request_id),
          (SELECT count(*) FROM objection o WHERE o.request_id = r.request_id AND upheld IS NULL)) AS mirror
      FROM request r`,
  },
  {
    what: "time of a proposal",
    contract: "issuance",
    view: "requestOf",
    fields: ["proposedAt"],
    sql: `SELECT request_id::text AS id, ARRAY[request_id::text] AS arguments,
        ${moved("proposed_at", "proposed_at")} AS mirror FROM request WHERE filed_at IS NULL`,
  },
  {
    what: "end of a notice",
    contract: "issuance",
    view: "requestOf",
    fields: ["noticeEnd"],
    sql: `SELECT request_id::text AS id, ARRAY[request_id::text] AS arguments,
        ${moved("coalesce(notice_end, 0)", "filed_at")} AS mirror FROM request WHERE filed_at IS NOT NULL`,
  },
  proposalCheck,
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
        SELECT asset_key, class, first_day, end_day, released_block,
          generate_series(first_day / 256, (end_day - 1) / 256) AS number
        FROM booking),
      taken AS (
        SELECT DISTINCT asset_key, class, number, day - 256 * number AS bit
        FROM word CROSS JOIN LATERAL
          generate_series(greatest(first_day, 256 * number), least(end_day, 256 * number + 256) - 1) AS day
        WHERE released_block IS NULL),
      bits AS (
        SELECT asset_key, class, number, sum(2::numeric ^ bit)::numeric(78, 0) AS bits
        FROM taken GROUP BY asset_key, class, number)
      SELECT ${hex("asset_key")} || ' class ' || class || ' word ' || number AS id,
        ARRAY[${hex("asset_key")}, class::text, number::text] AS arguments,
        coalesce(bits, 0)::text AS mirror
      FROM (SELECT DISTINCT asset_key, class, number FROM word) w LEFT JOIN bits USING (asset_key, class, number)`,
  },
];
