// The stored files of `./tanpu bench tree`, in processes of their own: node treeProof.ts write LEAVES FOLDER, then
// node treeProof.ts read LEAVES FOLDER HASH. Prints one JSON object.
import { toHex } from "../../server/domain/bytes.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import {
  encodeLeafFile,
  LONGEST_HEADER_BYTES,
  parseLeafHeader,
} from "../../server/domain/leafFile.ts";
import { encodeLevelFile } from "../../server/domain/levelFile.ts";
import { buildTree, type TreeHead, verifyProof } from "../../server/domain/sumTree.ts";
import { readLeafProof } from "../../server/intake/leafProof.ts";
import { type BlobStore, openBlobStore } from "../../server/platform/store.ts";
import { medianOf } from "./samples.ts";
import { benchRecords } from "./treeSubject.ts";

const PROOFS = 2_000;
/** Proofs before the measured ones, so that a server's and not a start's speed is shown. */
const FIRST_PROOFS = 200;

const suite = await loadHashSuite("keccak");

async function write(store: BlobStore, leaves: number): Promise<object> {
  const records = benchRecords(leaves);
  const built = buildTree(suite, records);
  if (!built.ok) throw new Error(built.refusal.code);
  const tree = built.value;
  const header = {
    format: "tanpu-leaves/1",
    suite: suite.name,
    count: tree.count,
    depth: tree.depth,
    totalMilligrams: tree.totalMilligrams.toString(),
    root: toHex(tree.root),
    sourceId: `0x${"11".repeat(32)}`,
    first: 17_775,
    end: 17_776,
  } as const;
  const leafFile = encodeLeafFile({ header, records });
  const levelFile = encodeLevelFile(suite, tree);
  const hash = await store.put(leafFile);
  await store.putBeside(hash, "levels", levelFile);
  return { hash, leafFileBytes: leafFile.length, levelFileBytes: levelFile.length };
}

/** The head as a server has it from the chain; here out of the file's first line. */
async function headOf(store: BlobStore, hash: string): Promise<TreeHead> {
  const file = await store.open(hash);
  if (!file) throw new Error(`There is no leaf file ${hash}.`);
  const line = parseLeafHeader(await file.read(0, Math.min(file.length, LONGEST_HEADER_BYTES)));
  await file.close();
  if (!line.ok) throw new Error(line.refusal.code);
  const { root, totalMilligrams, count, depth } = line.value.header;
  return {
    root: Uint8Array.from(Buffer.from(root.slice(2), "hex")),
    totalMilligrams: BigInt(totalMilligrams),
    ...{ count, depth },
  };
}

async function read(store: BlobStore, leaves: number, hash: string): Promise<object> {
  const head = await headOf(store, hash);
  const before = process.memoryUsage().rss;
  const milliseconds: number[] = [];
  for (let proof = 0; proof < FIRST_PROOFS + PROOFS; proof++) {
    const index = Math.floor(Math.random() * leaves);
    const since = performance.now();
    const found = await readLeafProof({ suite, store }, hash, head, index);
    const spent = performance.now() - since;
    if (proof >= FIRST_PROOFS) milliseconds.push(spent);
    if (!found || !verifyProof(suite, head, found.leaf, index, found.siblings)) {
      throw new Error(`Leaf ${index} was not proved.`);
    }
  }
  milliseconds.sort((a, b) => a - b);
  return {
    median: medianOf(milliseconds),
    nearlyAll: milliseconds[Math.floor(PROOFS * 0.99)],
    addedBytes: process.resourceUsage().maxRSS * 1024 - before,
  };
}

const [what, leaves = "", folder = "", hash = ""] = process.argv.slice(2);
const store = openBlobStore(folder, (bytes) => toHex(suite.hash(bytes)));
const result =
  what === "write" ? await write(store, Number(leaves)) : await read(store, Number(leaves), hash);
process.stdout.write(`${JSON.stringify(result)}\n`);
