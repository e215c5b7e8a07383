/** Rows that stay as the block wrote them, or the columns of them that do: the same for everybody who mirrors the chain. */
export type LastingRows = {
  readonly table: string;
  /** What stands after FROM, without a schema; the table alone when not given. */
  readonly from?: string;
  /** The row among all of its table, as SQL that gives text. */
  readonly id: string;
  /** The block that wrote it. */
  readonly block: string;
  readonly columns: string;
};

const hex = (column: string): string => `'0x' || encode(${column}, 'hex')`;
const PLACE = "concat_ws(' ', block_number, log_index)";

export const lastingRows: readonly LastingRows[] = [
  {
    ...{ table: "block", id: "number::text", block: "number" },
    columns: "hash, parent_hash, timestamp",
  },
  {
    ...{ table: "transaction", id: "concat_ws(' ', block_number, index)", block: "block_number" },
    columns: "hash, signer, nonce, recipient, status, operation_id",
  },
  {
    table: "transfer",
    id: "concat_ws(' ', block_number, log_index, sub_index)",
    block: "block_number",
    columns: "token_id, operator, sender, recipient, grams, reason, transaction_hash, moved_at",
  },
  {
    ...{ table: "retirement", id: hex("retirement_id"), block: "block_number" },
    columns: "holder, programme, purpose, content, grams, is_batch, transaction_hash, block_number",
  },
  {
    table: "retirement_line",
    from: "retirement_line l JOIN retirement r USING (retirement_id)",
    id: `${hex("retirement_id")} || ' ' || line`,
    block: "block_number",
    columns: "token_id, l.grams, first_serial, end_serial, beneficiary",
  },
  {
    ...{ table: "certificate", id: hex("certificate_id"), block: "block_number" },
    columns: "holder, programme, kind, retired_grams, emitted_grams, content, replaces",
  },
  {
    ...{ table: "request", id: "request_id::text", block: "block_number" },
    columns:
      "token_id, source_id, programme, methodology, first_day, end_day, root, total_milligrams, count, leaf_file_hash",
  },
  {
    table: "statement",
    id: `request_id || ' ' || ${hex("digest")}`,
    block: "block_number",
    columns: "reviewer, institution, kind, favourable, valid_until",
  },
  {
    ...{ table: "token", id: hex("token_id"), block: "block_number" },
    columns: "programme, methodology, first_day, end_day, request_id, source_id, issued_grams",
  },
  {
    ...{ table: "booking", id: PLACE, block: "block_number" },
    columns: "asset_key, class, source_id, external_id, programme, first_day, end_day, document",
  },
  {
    ...{ table: "role_grant", id: PLACE, block: "block_number" },
    columns: "programme, role, account, effective_at, document",
  },
  {
    ...{ table: "parameter", id: PLACE, block: "block_number" },
    columns: "programme, key, value, effective_at, document",
  },
];

/**
 * SELECT of `id` and `says` (and `block_number`, with `block`) of one table's lasting rows. Columns are told apart by
 * their names, so that an empty one cannot be mistaken for its neighbour.
 */
export function selectLasting(rows: LastingRows, schema: string, where = ""): string {
  const from = (rows.from ?? rows.table).replaceAll(
    /\b(retirement_line|retirement)\b(?= [lr]\b)/g,
    `${schema}.$1`,
  );
  const place = rows.from === undefined ? `${schema}.${rows.table}` : from;
  return `SELECT ${rows.block} AS block_number, ${rows.id} AS id,
    (SELECT jsonb_strip_nulls(to_jsonb(said))::text FROM (SELECT ${rows.columns}) AS said) AS says FROM ${place} ${where}`;
}
