import { type Check, hex, place } from "../check.ts";

/** Units: who holds them, what of an id was issued, retired and voided, and what left it as records. */
export const unitChecks: readonly Check[] = [
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
