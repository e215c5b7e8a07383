import { type Check, hex, ZERO_ADDRESS, ZERO_WORD } from "../check.ts";

/** Grams that stand still: under a document, or for a debt. */
export const freezingChecks: readonly Check[] = [
  {
    what: "freeze",
    contract: "freezes",
    view: "freezeOf",
    fields: ["account", "programme", "expiresAt", { word: "tokenId" }, "grams"],
    sql: `SELECT freeze_id::text AS id, ARRAY[freeze_id::text] AS arguments,
        CASE WHEN state = 'live'
          THEN concat_ws(' ', ${hex("account")}, programme, expires_at, ${hex("token_id")}, grams)
          ELSE '${ZERO_ADDRESS} 0 0 ${ZERO_WORD} 0' END AS mirror
      FROM partial_freeze`,
  },
  {
    what: "freezes of an id",
    contract: "freezes",
    view: "freezesOf",
    sql: `SELECT ${hex("token_id")} || ' of ' || ${hex("account")} AS id,
        ARRAY[${hex("account")}, ${hex("token_id")}] AS arguments,
        coalesce(string_agg(freeze_id::text, ',' ORDER BY freeze_id::text COLLATE "C")
          FILTER (WHERE state = 'live'), '') AS mirror
      FROM partial_freeze GROUP BY account, token_id`,
  },
  {
    what: "freeze for a debt",
    contract: "freezes",
    view: "debtOf",
    sql: `SELECT request_id || ' ' || ${hex("token_id")} || ' of ' || ${hex("account")} AS id,
        ARRAY[${hex("account")}, ${hex("token_id")}, request_id::text] AS arguments, grams::text AS mirror
      FROM debt_freeze`,
  },
  {
    // Of every account, so that a freeze the mirror has never heard of shows.
    what: "number of freezes",
    contract: "freezes",
    view: "countOf",
    sql: `SELECT ${hex("account")} AS id, ARRAY[${hex("account")}] AS arguments,
        (coalesce(f.count, 0) + coalesce(d.count, 0))::text AS mirror
      FROM account
      LEFT JOIN (SELECT account, count(*) FROM partial_freeze WHERE state = 'live' GROUP BY account) f USING (account)
      LEFT JOIN (SELECT account, count(*) FROM debt_freeze WHERE grams > 0 GROUP BY account) d USING (account)`,
  },
];
