import { concat, fromHex, toHex, uintBytes } from "../../domain/bytes.ts";
import type { HashSuite } from "../../domain/hashSuite.ts";
import { type Check, type HashCheck, hex, ZERO_WORD } from "./check.ts";

const WORD_BYTES = 32;

/** Values as the chain's ABI lays out a static tuple: `0x…` bytes and decimal digits, a word each. */
function words(parts: readonly string[]): Uint8Array {
  return concat(
    ...parts.map((part) => {
      if (!part.startsWith("0x")) return uintBytes(BigInt(part), WORD_BYTES);
      const bytes = fromHex(part);
      return concat(new Uint8Array(WORD_BYTES - bytes.length), bytes);
    }),
  );
}

const hashOf = (suite: HashSuite, parts: readonly string[]): string =>
  toHex(suite.hash(words(parts)));

/** Words of one retired line: id, first and end serial, beneficiary. */
const LINE_WORDS = 4;

/** `parts`: whether it is a batch, holder, purpose, content, then the lines. */
function retirementId(suite: HashSuite, parts: readonly string[]): string {
  const [isBatch, ...record] = parts;
  const [head, lines] = [record.slice(0, 3), record.slice(3)];
  if (isBatch !== "true") {
    // A record of one line has no beneficiary beside its holder: one that stands there makes another id.
    return hashOf(suite, [...head, ...(lines.at(-1) === ZERO_WORD ? lines.slice(0, -1) : lines)]);
  }
  const count = lines.length / LINE_WORDS;
  const linesHash = hashOf(suite, [String(WORD_BYTES), String(count), ...lines]);
  return hashOf(suite, [...head, linesHash]);
}

/** `parts`: holder, content, then the retirements. */
function certificateId(suite: HashSuite, parts: readonly string[]): string {
  const [holder = "0x", content = "0x", ...retirements] = parts;
  const whereTheyBegin = String(3 * WORD_BYTES);
  return hashOf(suite, [
    ...[holder, whereTheyBegin, content, String(retirements.length)],
    ...retirements,
  ]);
}

/** Widths of a token id's numbers: version, programme, methodology, first and end day. */
const TOKEN_ID_BYTES = [1, 4, 4, 3, 3];

/** `parts`: these numbers, then source and asset key. */
function tokenId(suite: HashSuite, parts: readonly string[]): string {
  const numbers = TOKEN_ID_BYTES.map((width, k) => uintBytes(Number(parts[k]), width));
  const binding = suite.hash(words(parts.slice(TOKEN_ID_BYTES.length))).subarray(0, 17);
  return toHex(concat(...numbers, binding));
}

/** Ids that are made again of what their rows say: a view that gives only a part of a row cannot vouch for the rest. */
export const hashChecks: readonly HashCheck[] = [
  {
    what: "retirement's id",
    sql: `SELECT ${hex("retirement_id")} AS id,
        ARRAY[is_batch::text, ${hex("holder")}, purpose::text, ${hex("content")}] || coalesce(l.parts, '{}') AS parts
      FROM retirement
      LEFT JOIN (
        SELECT retirement_id, array_agg(part ORDER BY line, place) AS parts
        FROM retirement_line CROSS JOIN LATERAL unnest(ARRAY[${hex("token_id")}, first_serial::text,
          end_serial::text, coalesce(${hex("beneficiary")}, '${ZERO_WORD}')]) WITH ORDINALITY AS p (part, place)
        GROUP BY retirement_id) l USING (retirement_id)`,
    hash: retirementId,
  },
  {
    what: "certificate's id",
    sql: `SELECT ${hex("certificate_id")} AS id,
        ARRAY[${hex("holder")}, ${hex("content")}] || coalesce(r.ids, '{}') AS parts
      FROM certificate
      LEFT JOIN (SELECT certificate_id, array_agg(${hex("retirement_id")} ORDER BY line) AS ids
                 FROM certificate_retirement GROUP BY certificate_id) r USING (certificate_id)`,
    hash: certificateId,
  },
  {
    what: "source's id",
    sql: `SELECT ${hex("source_id")} AS id, ARRAY[programme::text, methodology::text, ${hex("asset_key")}] AS parts
      FROM source`,
    hash: hashOf,
  },
  {
    what: "token's id",
    sql: `SELECT ${hex("token_id")} AS id,
        ARRAY['1', t.programme::text, t.methodology::text, first_day::text, end_day::text, ${hex("source_id")},
          coalesce(${hex("asset_key")}, '0x')] AS parts
      FROM token t LEFT JOIN source USING (source_id)`,
    hash: tokenId,
  },
  {
    what: "act's id",
    sql: `SELECT ${hex("act_id")} AS id,
        ARRAY[number::text, kind::text, ${hex("from_account")}, ${hex("to_account")}, ${hex("liable")},
          ${hex("token_id")}, ${hex("replacement")}, grams::text, ${hex("void_act")}, ${hex("document")}] AS parts
      FROM act`,
    hash: hashOf,
  },
];

/** What Issuance keeps of a proposal is the hash of all of it. */
export const proposalCheck: Check = {
  what: "proposal",
  contract: "issuance",
  view: "requestOf",
  fields: ["content"],
  sql: `SELECT request_id::text AS id, ARRAY[request_id::text] AS arguments,
      ARRAY[${hex("source_id")}, first_day::text, end_day::text, ${hex("root")}, total_milligrams::text, count::text,
        depth::text, hash_suite::text, ${hex("leaf_file_hash")}, ${hex("report_hash")}] AS mirror
    FROM request`,
  hash: hashOf,
};
