// One measurement of `./tanpu bench tree` in a process of its own: node treeSubject.ts NAME LEAVES PEERS_FOLDER FILE.
// Prints one JSON object. Every subject makes its tree out of the same flat records.
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createKeccak } from "hash-wasm";
import { type HashSuite, loadHashSuite } from "../../server/domain/hashSuite.ts";
import { buildTree, LEAF_BYTES } from "../../server/domain/sumTree.ts";

const RECORD_SEED = 0x9e3779b9;

/** Records with random bytes and rising fingerprints, the same ones for the same number. */
export function benchRecords(count: number): Uint8Array {
  const records = new Uint8Array(count * LEAF_BYTES);
  const words = new Uint32Array(records.buffer);
  let state = RECORD_SEED;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state >>> 0;
  }
  const view = new DataView(records.buffer);
  for (let index = 0; index < count; index++) {
    const at = index * LEAF_BYTES;
    view.setUint32(at, 17_775);
    view.setUint32(at + 4, index);
    // Milligrams of a ride: up to some two kilograms.
    view.setUint32(at + 32, 0);
    view.setUint32(at + 36, view.getUint32(at + 36) % 2_000_000);
  }
  return records;
}

const recordAt = (records: Uint8Array, index: number): Uint8Array =>
  records.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES);

type Build = () => string;
type Peers = NodeJS.Require;

async function ours(records: Uint8Array, generic: boolean): Promise<Build> {
  const { treeKernel, ...ordinary } = await loadHashSuite("keccak");
  const suite: HashSuite =
    generic || treeKernel === undefined ? ordinary : { ...ordinary, treeKernel };
  return () => {
    const tree = buildTree(suite, records);
    if (!tree.ok) throw new Error(tree.refusal.code);
    return Buffer.from(tree.value.root).toString("hex");
  };
}

/** With the fastest keccak it can be given; its nodes carry no sums. */
async function merkletreejs(records: Uint8Array, peers: Peers): Promise<Build> {
  const { MerkleTree } = peers("merkletreejs");
  const hasher = await createKeccak(256);
  const keccak = (bytes: Uint8Array): Buffer =>
    Buffer.from(hasher.init().update(bytes).digest("binary"));
  return () => {
    const leaves: Buffer[] = [];
    for (let at = 0; at < records.length; at += LEAF_BYTES) {
      leaves.push(keccak(records.subarray(at, at + LEAF_BYTES)));
    }
    return new MerkleTree(leaves, keccak).getRoot().toString("hex");
  };
}

/** The same four fields for each leaf, encoded and hashed by the library itself. */
function openzeppelin(records: Uint8Array, peers: Peers): Build {
  const { StandardMerkleTree } = peers("@openzeppelin/merkle-tree");
  const values: unknown[] = [];
  for (let index = 0; index < records.length / LEAF_BYTES; index++) {
    const record = recordAt(records, index);
    const hex = (first: number, end: number): string =>
      `0x${Buffer.from(record.subarray(first, end)).toString("hex")}`;
    values.push([hex(0, 32), BigInt(hex(32, 40)), hex(40, 72), hex(72, 104)]);
  }
  return () =>
    StandardMerkleTree.of(values, ["bytes32", "uint64", "bytes32", "bytes32"], {
      sortLeaves: false,
    }).root;
}

async function buildOf(name: string, records: Uint8Array, folder: string): Promise<Build> {
  const peers = createRequire(path.join(folder, "package.json"));
  if (name === "tanpu") return ours(records, false);
  if (name === "generic") return ours(records, true);
  if (name === "merkletreejs") return merkletreejs(records, peers);
  if (name === "openzeppelin") return openzeppelin(records, peers);
  throw new Error(`There is no subject ${name}.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [name = "", leaves = "", folder = ""] = process.argv.slice(2);
  const records = benchRecords(Number(leaves));
  const build = await buildOf(name, records, folder);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const cpu = process.cpuUsage();
  const since = performance.now();
  const root = build();
  const seconds = (performance.now() - since) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const addedBytes = process.resourceUsage().maxRSS * 1024 - before;
  process.stdout.write(
    `${JSON.stringify({ root, seconds, cpuSeconds: (user + system) / 1e6, addedBytes })}\n`,
  );
}
