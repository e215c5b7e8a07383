import { type Check, hex, place } from "../check.ts";

/** What contracts hold for others: escrow, pledges, the pool. */
export const keepingChecks: readonly Check[] = [
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
        coalesce(p.grams, 0)::text AS mirror
      FROM token t
      LEFT JOIN (SELECT token_id, sum(grams) AS grams FROM pledge
                 WHERE state IN ('offered', 'running', 'claimed', 'stayed') GROUP BY token_id) p USING (token_id)`,
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
];
