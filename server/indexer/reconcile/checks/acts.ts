import { type Check, hex, place } from "../check.ts";

const REISSUE = 7;

/** Corrections in two steps: forced and non-trade transfers, voids, reissues, replacements. */
export const actChecks: readonly Check[] = [
  {
    what: "act",
    contract: "corrections",
    view: "actOf",
    fields: [
      ...[
        "proposer",
        "state",
        "expiresAt",
        "reissuedGrams",
        "act.kind",
        "act.from",
        "act.to",
        "act.liable",
      ],
      ...[{ word: "act.tokenId" }, { word: "act.replacement" }],
      ...["act.grams", "act.voidAct", "act.document"],
    ],
    sql: `SELECT ${hex("act_id")} AS id, ARRAY[${hex("act_id")}] AS arguments,
        concat_ws(' ', ${hex("proposer")}, ${place(["proposed", "executed", "rejected", "withdrawn"])}, expires_at,
          coalesce(r.grams, 0), kind, ${hex("from_account")}, ${hex("to_account")}, ${hex("liable")},
          ${hex("token_id")}, ${hex("replacement")}, a.grams, ${hex("void_act")}, ${hex("document")}) AS mirror
      FROM act a
      LEFT JOIN (SELECT void_act AS act_id, sum(grams) AS grams FROM act
                 WHERE kind = ${REISSUE} AND state = 'executed' GROUP BY void_act) r USING (act_id)`,
  },
  {
    what: "number of acts",
    contract: "corrections",
    view: "actCount",
    sql: "SELECT 'all' AS id, ARRAY[]::text[] AS arguments, count(*)::text AS mirror FROM act",
  },
];
