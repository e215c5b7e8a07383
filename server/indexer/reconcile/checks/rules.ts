import type { ContractName } from "../../../chain/events.ts";
import { type Check, hex, ZERO_ADDRESS } from "../check.ts";

/** A contract that lets others issue, and what the mirror says of them. */
const issuerCheck = (contract: "reductionToken" | "sources"): Check => ({
  what: `issuer of ${contract}`,
  contract,
  view: "isIssuer",
  sql: `SELECT ${hex("issuer")} AS id, ARRAY[${hex("issuer")}] AS arguments, (NOT closed)::text AS mirror
    FROM issuer WHERE contract = '${contract}'`,
});

/** A contract that takes signed orders: each used one has its nonce used up. */
const intentCheck = (contract: ContractName): Check => ({
  what: `signed order of ${contract}`,
  contract,
  view: "isNonceUsed",
  sql: `SELECT ${hex("digest")} AS id, ARRAY[${hex("signer")}, nonce::text] AS arguments, 'true' AS mirror
    FROM intent WHERE contract = '${contract}'`,
});

/** Methodologies and what sources may rest on, who may issue, and marks that are set once. */
export const ruleChecks: readonly Check[] = [
  {
    what: "methodology",
    contract: "sources",
    view: "methodologyOf",
    fields: ["contentHash", "class", "status", "firstDay", "endDay", "capMilligrams"],
    sql: `SELECT programme || '/' || methodology AS id, ARRAY[programme::text, methodology::text] AS arguments,
        concat_ws(' ', ${hex("content_hash")}, class, status, first_day, end_day, cap_milligrams) AS mirror
      FROM methodology`,
  },
  {
    what: "number of methodologies",
    contract: "sources",
    view: "methodologyCountOf",
    sql: `SELECT p.programme::text AS id, ARRAY[p.programme::text] AS arguments, count(m.*)::text AS mirror
      FROM programme p LEFT JOIN methodology m ON m.programme = p.programme GROUP BY p.programme`,
  },
  {
    what: "period of another registry",
    contract: "sources",
    view: "externalOf",
    fields: ["assetKey", "programme", "class", "firstDay", "endDay", "withdrawn"],
    sql: `SELECT external_id::text AS id, ARRAY[external_id::text] AS arguments,
        concat_ws(' ', ${hex("asset_key")}, programme, class, first_day, end_day,
          (released_block IS NOT NULL)::text) AS mirror
      FROM booking WHERE external_id IS NOT NULL`,
  },
  {
    what: "consent",
    contract: "sources",
    view: "consentOf",
    sql: `SELECT ${hex("source_id")} AS id, ARRAY[${hex("source_id")}] AS arguments,
        CASE WHEN withdrawn THEN '${ZERO_ADDRESS}' ELSE ${hex("owner")} END AS mirror FROM source_consent`,
  },
  issuerCheck("reductionToken"),
  issuerCheck("sources"),
  {
    what: "objection",
    contract: "issuance",
    view: "objectionOf",
    fields: ["objector", "state"],
    sql: `SELECT request_id || ' ' || index AS id, ARRAY[request_id::text, index::text] AS arguments,
        concat_ws(' ', ${hex("objector")}, CASE WHEN upheld IS NULL THEN 1 WHEN upheld THEN 2 ELSE 3 END) AS mirror
      FROM objection`,
  },
  {
    what: "impairment",
    contract: "certificate",
    view: "isImpairedBy",
    sql: `SELECT ${hex("certificate_id")} || ' by ' || ${hex("token_id")} AS id,
        ARRAY[${hex("certificate_id")}, ${hex("token_id")}] AS arguments, (mended_at IS NULL)::text AS mirror
      FROM certificate_impairment`,
  },
  {
    what: "settled trade",
    contract: "settlement",
    view: "isTradeSettled",
    sql: `SELECT ${hex("exchange")} || ' ' || trade_id AS id, ARRAY[${hex("exchange")}, trade_id::text] AS arguments,
        'true' AS mirror FROM trade`,
  },
  {
    what: "bought by an order",
    contract: "settlement",
    view: "boughtGrams",
    sql: `SELECT ${hex("buy_order_id")} AS id, ARRAY[${hex("buy_order_id")}] AS arguments, sum(grams)::text AS mirror
      FROM trade GROUP BY buy_order_id`,
  },
  {
    what: "anchored state of a pool",
    contract: "poolReserve",
    view: "epochOf",
    fields: ["root", "fileHash", "totalMilligrams", "count", "depth", "anchoredAt"],
    sql: `SELECT programme || ' ' || epoch AS id, ARRAY[programme::text, epoch::text] AS arguments,
        concat_ws(' ', ${hex("root")}, ${hex("file_hash")}, total_milligrams, count, depth, anchored_at) AS mirror
      FROM pool_epoch`,
  },
  intentCheck("reductionToken"),
  intentCheck("certificate"),
  intentCheck("settlement"),
];
