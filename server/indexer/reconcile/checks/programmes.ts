import { type Check, hex } from "../check.ts";

/** A time after every decision: what is asked for it is the last one. */
const END_OF_TIME = "18446744073709551615";

/** Programmes, who acts for them, their dated parameters and whom they recognise. */
export const programmeChecks: readonly Check[] = [
  {
    what: "programme",
    contract: "programmes",
    view: "programmeOf",
    fields: ["parent", "tier", "paused", "decidingTier", "openedAt"],
    sql: `SELECT programme::text AS id, ARRAY[programme::text] AS arguments,
        concat_ws(' ', coalesce(parent, 0), tier, paused::text, deciding_tier, created_at) AS mirror FROM programme`,
  },
  {
    what: "role",
    contract: "programmes",
    view: "roleEffectiveAt",
    sql: `SELECT concat_ws(' ', programme, 'role', role, ${hex("account")}) AS id,
        ARRAY[programme::text, role::text, ${hex("account")}] AS arguments,
        coalesce(max(effective_at) FILTER (WHERE revoked_at IS NULL), 0)::text AS mirror
      FROM role_grant GROUP BY programme, role, account`,
  },
  {
    // At the time of each decision and after all of them: of two that hold, the one decided later counts.
    what: "parameter",
    contract: "programmes",
    view: "parameterAt",
    sql: `SELECT concat_ws(' ', programme, ${hex("key")}, 'at', time) AS id,
        ARRAY[programme::text, ${hex("key")}, time::text] AS arguments,
        (SELECT value FROM parameter d
         WHERE d.programme = asked.programme AND d.key = asked.key AND d.effective_at <= time
         ORDER BY block_number DESC, log_index DESC LIMIT 1)::text AS mirror
      FROM (SELECT programme, key, effective_at AS time FROM parameter
            UNION SELECT programme, key, ${END_OF_TIME} FROM parameter) asked`,
  },
  {
    what: "recognition",
    contract: "programmes",
    view: "recognises",
    sql: `SELECT concat_ws(' ', programme, 'of', other, 'what', what) AS id,
        ARRAY[programme::text, other::text, what::text] AS arguments,
        bool_or(ended_at IS NULL AND effective_at <= now.timestamp)::text AS mirror
      FROM recognition, (SELECT b.timestamp FROM block b JOIN checkpoint c ON c.block_number = b.number) now
      GROUP BY programme, other, what`,
  },
];
