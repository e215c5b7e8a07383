import { type Check, hex } from "./check.ts";
import { accountChecks } from "./checks/accounts.ts";
import { actChecks } from "./checks/acts.ts";
import { challengeChecks } from "./checks/challenges.ts";
import { freezingChecks } from "./checks/freezing.ts";
import { issuanceChecks } from "./checks/issuance.ts";
import { keepingChecks } from "./checks/keeping.ts";
import { programmeChecks } from "./checks/programmes.ts";
import { ruleChecks } from "./checks/rules.ts";
import { unitChecks } from "./checks/units.ts";

/**
 * Everything that is compared by calls. Balances cannot be listed on the chain, so a holder the mirror has never heard
 * of shows in the sum of an id: held is what was issued less retired and voided (`sums`).
 */
export const checks: readonly Check[] = [
  ...unitChecks,
  ...issuanceChecks,
  ...keepingChecks,
  ...programmeChecks,
  ...accountChecks,
  ...freezingChecks,
  ...actChecks,
  ...challengeChecks,
  ...ruleChecks,
];

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
