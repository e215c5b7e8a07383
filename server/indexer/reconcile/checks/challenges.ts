import { type Check, hex, place } from "../check.ts";

/** What challenges brought about: deductions, demands with their deposits, debts. */
export const challengeChecks: readonly Check[] = [
  {
    what: "deduction",
    contract: "doubleCount",
    view: "deductionOf",
    fields: ["milligrams", "earlier", "earlierIndex", "fault", "afterIssue"],
    sql: `SELECT concat_ws(' ', request_id, leaf_index) AS id, ARRAY[request_id::text, leaf_index::text] AS arguments,
        CASE WHEN restored THEN '0 0 0 0 false'
          ELSE concat_ws(' ', milligrams, earlier, earlier_index, fault, after_issue::text) END AS mirror
      FROM deduction`,
  },
  {
    what: "demand",
    contract: "doubleCount",
    view: "demandOf",
    fields: ["demander", "deadline", "level", "state", "requestId", "index", "depositWei"],
    sql: `SELECT demand_id::text AS id, ARRAY[demand_id::text] AS arguments,
        concat_ws(' ', ${hex("demander")}, deadline, level,
          ${place(["open", "answered", "unanswered", "reclaimed"])}, request_id, place, deposit_wei) AS mirror
      FROM demand`,
  },
  {
    what: "number of demands",
    contract: "doubleCount",
    view: "demandCount",
    sql: "SELECT 'all' AS id, ARRAY[]::text[] AS arguments, count(*)::text AS mirror FROM demand",
  },
  {
    what: "credited deposits",
    contract: "doubleCount",
    view: "creditOf",
    sql: `SELECT ${hex("account")} AS id, ARRAY[${hex("account")}] AS arguments, credit_wei::text AS mirror
      FROM deposit_credit`,
  },
  {
    what: "debt",
    contract: "doubleCount",
    view: "debtOf",
    fields: [
      ...[{ word: "debt.tokenId" }, "debt.deadline", "debt.open", "debt.whole", "debt.replacing"],
      ...[
        "debt.milligrams",
        "debt.voidedGrams",
        "debt.repaidGrams",
        "owedGrams",
        "outstandingGrams",
      ],
    ],
    sql: `SELECT request_id::text AS id, ARRAY[request_id::text] AS arguments,
        concat_ws(' ', ${hex("token_id")}, deadline, is_open::text, is_whole::text, is_replacing::text, milligrams,
          coalesce(p.voided, 0), coalesce(p.repaid, 0), owed_grams, outstanding_grams) AS mirror
      FROM debt
      LEFT JOIN (SELECT request_id, sum(grams) FILTER (WHERE NOT is_repaid) AS voided,
                   sum(grams) FILTER (WHERE is_repaid) AS repaid
                 FROM debt_payment GROUP BY request_id) p USING (request_id)`,
  },
  {
    what: "accounts of a debt",
    contract: "doubleCount",
    view: "debtAccountsOf",
    sql: `SELECT request_id::text AS id, ARRAY[request_id::text] AS arguments,
        coalesce((SELECT string_agg(${hex("account")}, ',' ORDER BY account) FROM debt_account a
                  WHERE a.request_id = d.request_id), '') AS mirror
      FROM debt d`,
  },
  {
    // Of every id, so that a debt the mirror has never heard of shows.
    what: "disputed id",
    contract: "doubleCount",
    view: "isDisputed",
    sql: `SELECT ${hex("token_id")} AS id, ARRAY[${hex("token_id")}] AS arguments,
        EXISTS (SELECT FROM debt d WHERE d.token_id = t.token_id AND is_open)::text AS mirror
      FROM token t`,
  },
  {
    what: "blocked issue",
    contract: "issuance",
    view: "isBlocked",
    sql: `SELECT programme || ' ' || ${hex("institution")} AS id,
        ARRAY[programme::text, ${hex("institution")}] AS arguments, blocked::text AS mirror
      FROM issue_block`,
  },
];
