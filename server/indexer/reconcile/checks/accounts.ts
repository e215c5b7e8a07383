import { type Check, hex, place, ZERO_ADDRESS } from "../check.ts";

/** What Programmes keeps of a standing; that an account is guarded or partly frozen only the token knows. */
const OWN_STANDING_BITS = 1 + 2 + 16;
const GUARDED_BIT = 4;

const GUARD_ORDER_STATES = ["placed", "confirmed", "done", "cancelled"];

/** Accounts, how they stand, and what guards them. */
export const accountChecks: readonly Check[] = [
  {
    what: "standing",
    contract: "reductionToken",
    view: "standingOf",
    sql: `SELECT ${hex("account")} AS id, ARRAY[${hex("account")}] AS arguments, standing::text AS mirror FROM account`,
  },
  {
    what: "account",
    contract: "programmes",
    view: "accountOf",
    fields: ["institution", "programme", "standing", "authorities", "openedAt"],
    sql: `SELECT ${hex("a.account")} AS id, ARRAY[${hex("a.account")}] AS arguments,
        concat_ws(' ', ${hex("institution")}, a.programme, standing & ${OWN_STANDING_BITS}, coalesce(g.grants, 0),
          opened_at) AS mirror
      FROM account a
      LEFT JOIN (SELECT account, count(*) AS grants FROM role_grant WHERE role = 1 AND revoked_at IS NULL
                 GROUP BY account) g USING (account)`,
  },
  {
    what: "guard",
    contract: "accountGuard",
    view: "guardOf",
    fields: [
      ...["second", "coolingSeconds", "generation", "transactionGrams", "dayGrams"],
      ...["spentGrams", "spentDay", "orders"],
    ],
    sql: `SELECT ${hex("account")} AS id, ARRAY[${hex("account")}] AS arguments,
        concat_ws(' ', CASE WHEN is_on THEN ${hex("second")} ELSE '${ZERO_ADDRESS}' END,
          coalesce(cooling_seconds, 0), coalesce(generation, 0), coalesce(transaction_grams, 0),
          coalesce(day_grams, 0), coalesce(spent_grams, 0), coalesce(spent_day, 0),
          coalesce(o.orders, 0)) AS mirror
      FROM (SELECT account FROM account WHERE standing & ${GUARDED_BIT} <> 0 UNION SELECT account FROM guard) a
      LEFT JOIN guard USING (account)
      LEFT JOIN (SELECT account, count(*) AS orders FROM guard_order GROUP BY account) o USING (account)`,
  },
  {
    what: "trusted account",
    contract: "accountGuard",
    view: "isTrusted",
    sql: `SELECT ${hex("account")} || ' trusts ' || ${hex("receiver")} AS id,
        ARRAY[${hex("account")}, ${hex("receiver")}] AS arguments,
        (trusted AND coalesce(g.is_on, false))::text AS mirror
      FROM guard_trusted LEFT JOIN guard g USING (account)`,
  },
  {
    what: "guarded account's order",
    contract: "accountGuard",
    view: "orderOf",
    fields: [
      ...["account", "state", "generation", "endsAt", "ripeAt", "content.kind", "content.subject"],
      { word: "content.tokenId" },
      ...["content.grams", "content.dayGrams", "content.coolingSeconds"],
    ],
    sql: `SELECT ${hex("order_id")} AS id, ARRAY[${hex("order_id")}] AS arguments,
        concat_ws(' ', ${hex("account")}, ${place(GUARD_ORDER_STATES)}, generation, ends_at, coalesce(ripe_at, 0),
          kind, ${hex("subject")}, ${hex("token_id")}, grams, day_grams, cooling_seconds) AS mirror
      FROM guard_order`,
  },
];
