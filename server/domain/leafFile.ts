import { z } from "zod";
import { concat, toHex, utf8 } from "./bytes.ts";
import type { HashSuite, HashSuiteName } from "./hashSuite.ts";
import { type Result, refuse, succeed } from "./result.ts";
import { buildTree, LEAF_BYTES, type SumTree, type TreeHead } from "./sumTree.ts";

/** The first line of a leaf file. Every value it states can be computed again from the records. */
export type LeafFileHeader = {
  format: "tanpu-leaves/1";
  suite: HashSuiteName;
  count: number;
  depth: number;
  /** Decimal. */
  totalMilligrams: string;
  /** 32 bytes, `0x…`. */
  root: string;
  /** 32 bytes, `0x…`. */
  sourceId: string;
  /** First China day of the period. */
  first: number;
  /** The day after its last. */
  end: number;
};

export type LeafFile = { header: LeafFileHeader; records: Uint8Array };

const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/);
const headerSchema = z.strictObject({
  format: z.literal("tanpu-leaves/1"),
  suite: z.literal("keccak"),
  count: z.int().min(1),
  depth: z.int().min(0).max(32),
  totalMilligrams: z.string().regex(/^(0|[1-9]\d*)$/),
  root: bytes32,
  sourceId: bytes32,
  first: z.int().min(0),
  end: z.int().min(0),
});

/** A header longer than this is no header. */
export const LONGEST_HEADER_BYTES = 4_096;

/** The first line of a leaf file, with its end. */
export function encodeLeafHeader(header: LeafFileHeader): Uint8Array {
  const { format, suite, count, depth, totalMilligrams, root, sourceId, first, end } = header;
  // The order of the members is fixed here, because the file is addressed by its hash.
  const line = { format, suite, count, depth, totalMilligrams, root, sourceId, first, end };
  return utf8(`${JSON.stringify(line)}\n`);
}

/** The bytes of a leaf file: one line of JSON, then the records as they are. */
export function encodeLeafFile(file: LeafFile): Uint8Array {
  return concat(encodeLeafHeader(file.header), file.records);
}

function malformed(detail: string): ReturnType<typeof refuse> {
  return refuse("LEAF_FILE_MALFORMED", { values: { detail } });
}

/** The first line of a leaf file, out of at least as many bytes as the longest one has. */
export function parseLeafHeader(
  bytes: Uint8Array,
): Result<{ header: LeafFileHeader; end: number }> {
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

/** Reads a leaf file without believing it; `verifyLeafFile` checks what it states. */
export function parseLeafFile(bytes: Uint8Array): Result<LeafFile> {
  const line = parseLeafHeader(bytes);
  if (!line.ok) return line;
  const { header, end } = line.value;
  const records = bytes.subarray(end);
  if (records.length !== header.count * LEAF_BYTES) {
    return malformed("the length does not agree with the count");
  }
  return succeed({ header, records });
}

/**
 * Compares what a header states with the tree of its records. LEAF_FILE_MALFORMED, LEAF_TOTAL_WRONG,
 * LEAF_ROOT_WRONG.
 */
export function checkLeafHeader(
  suite: HashSuite,
  header: LeafFileHeader,
  tree: TreeHead,
): Result<LeafFileHeader> {
  if (header.suite !== suite.name) return malformed(`the suite is ${header.suite}`);
  if (tree.count !== header.count) return malformed("the length does not agree with the count");
  if (tree.depth !== header.depth) return malformed("the depth does not agree");
  const total = tree.totalMilligrams.toString();
  if (total !== header.totalMilligrams) {
    return refuse("LEAF_TOTAL_WRONG", {
      values: { actual: total, expected: header.totalMilligrams },
    });
  }
  const root = toHex(tree.root);
  return root === header.root
    ? succeed(header)
    : refuse("LEAF_ROOT_WRONG", { values: { actual: root, expected: header.root } });
}

/**
 * Builds the tree of a file again and compares everything the header states. LEAF_FILE_MALFORMED,
 * LEAF_ORDER_BROKEN, LEAF_TOTAL_WRONG, LEAF_ROOT_WRONG.
 */
export function verifyLeafFile(
  suite: HashSuite,
  bytes: Uint8Array,
): Result<LeafFile & { tree: SumTree }> {
  const file = parseLeafFile(bytes);
  if (!file.ok) return file;
  const { header, records } = file.value;
  if (header.suite !== suite.name) return malformed(`the suite is ${header.suite}`);
  const tree = buildTree(suite, records);
  if (!tree.ok) return tree;
  const checked = checkLeafHeader(suite, header, tree.value);
  return checked.ok ? succeed({ header, records, tree: tree.value }) : checked;
}
