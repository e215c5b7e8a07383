import { z } from "zod";
import { concat, toHex, utf8 } from "./bytes.ts";
import type { HashSuite } from "./hashSuite.ts";
import { LONGEST_HEADER_BYTES } from "./leafFile.ts";
import { type Result, refuse, succeed } from "./result.ts";
import { buildTree, LEAF_BYTES, readLeaf, type SumTree } from "./sumTree.ts";

const headerSchema = z.strictObject({
  format: z.literal("tanpu-lines/1"),
  suite: z.literal("keccak"),
  programme: z.int().min(1),
  through: z.string().regex(/^(0|[1-9]\d{0,18})$/),
  count: z.int().min(1),
  depth: z.int().min(0).max(32),
  totalMilligrams: z.string().regex(/^[1-9]\d*$/),
  root: z.string().regex(/^0x[0-9a-f]{64}$/),
});

/** The first line of a file of lines: what was anchored, and up to which posting. */
export type LinesHeader = z.infer<typeof headerSchema>;
export type LinesFile = { header: LinesHeader; records: Uint8Array };

/** The bytes of a file of lines: one line of JSON, then the records of the leaves as they are. */
export function encodeLinesHeader(header: LinesHeader): Uint8Array {
  const { format, suite, programme, through, count, depth, totalMilligrams, root } = header;
  const ordered = { format, suite, programme, through, count, depth, totalMilligrams, root };
  return utf8(`${JSON.stringify(ordered)}\n`);
}

export function encodeLinesFile({ header, records }: LinesFile): Uint8Array {
  return concat(encodeLinesHeader(header), records);
}

function malformed(detail: string): ReturnType<typeof refuse> {
  return refuse("LEAF_FILE_MALFORMED", { values: { detail } });
}

/** The first line of a file of lines, out of its beginning. LEAF_FILE_MALFORMED. */
export function parseLinesHeader(bytes: Uint8Array): Result<{ header: LinesHeader; end: number }> {
  const lineEnd = bytes.subarray(0, LONGEST_HEADER_BYTES).indexOf(0x0a);
  if (lineEnd === -1) return malformed("no header line");
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, lineEnd)));
  } catch {
    return malformed("the header is not JSON");
  }
  const header = headerSchema.safeParse(json);
  if (!header.success) return malformed("the header lacks or alters a member");
  return succeed({ header: header.data, end: lineEnd + 1 });
}

/**
 * Builds the tree of a file of lines again and compares everything the header states, and that every line is of whole
 * grams. LEAF_FILE_MALFORMED, LEAF_ORDER_BROKEN, LEAF_TOTAL_WRONG, LEAF_ROOT_WRONG, LINE_FRACTION.
 */
export function verifyLinesFile(
  suite: HashSuite,
  bytes: Uint8Array,
): Result<LinesFile & { tree: SumTree }> {
  const read = parseLinesHeader(bytes);
  if (!read.ok) return read;
  const { header, end } = read.value;
  const records = bytes.subarray(end);
  if (records.length !== header.count * LEAF_BYTES) {
    return malformed("the length does not agree with the count");
  }
  for (let index = 0; index < header.count; index++) {
    const { milligrams } = readLeaf(records, index);
    if (milligrams === 0n || milligrams % 1000n !== 0n) {
      return refuse("LINE_FRACTION", { values: { index } });
    }
  }
  const tree = buildTree(suite, records);
  if (!tree.ok) return tree;
  if (tree.value.depth !== header.depth) return malformed("the depth does not agree");
  const actual = tree.value.totalMilligrams.toString();
  if (actual !== header.totalMilligrams) {
    return refuse("LEAF_TOTAL_WRONG", { values: { actual, expected: header.totalMilligrams } });
  }
  const root = toHex(tree.value.root);
  if (root !== header.root) {
    return refuse("LEAF_ROOT_WRONG", { values: { actual: root, expected: header.root } });
  }
  return succeed({ header, records, tree: tree.value });
}
