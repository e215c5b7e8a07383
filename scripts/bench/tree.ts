// Builds the activity tree of a million leaves beside two libraries and proves leaves out of its stored files:
// `./tanpu bench tree [--leaves N] [--runs N] [--json]`. Each measurement is a process of its own, in turn.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { type Row, table } from "./gasRows.ts";
import { sampled } from "./samples.ts";
import { installPeers } from "./treePeers.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
/** OpenZeppelin's tree of a million leaves needs more than Node's default. */
const HEAP_MEGABYTES = 8_192;

const SUBJECTS = ["tanpu", "generic", "merkletreejs", "openzeppelin"] as const;
type Subject = (typeof SUBJECTS)[number];
type Stored = { hash: string; leafFileBytes: number; levelFileBytes: number };
type Proofs = { median: number; nearlyAll: number; addedBytes: number };
type Measured = { root: string; seconds: number; addedBytes: number };

/**
 * OpenZeppelin's takes a minute for a million leaves, so it gets a tenth of them; what one costs
 * does not fall with their number.
 */
const leavesOf = (subject: Subject, leaves: number): number =>
  subject === "openzeppelin" ? Math.ceil(leaves / 10) : leaves;

async function measure<T>(script: string, args: readonly string[]): Promise<T> {
  const heap = `--max-old-space-size=${HEAP_MEGABYTES}`;
  const file = path.join(import.meta.dirname, script);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", heap, "--import", "tsx", file, ...args],
    { cwd: ROOT },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}

function buildRows(leaves: number, runs: Readonly<Record<Subject, Measured[]>>): Row[] {
  const rates = (subject: Subject): number[] =>
    runs[subject].map(({ seconds }) => Math.round(leavesOf(subject, leaves) / seconds));
  const bytes = (subject: Subject): number[] =>
    runs[subject].map(({ addedBytes }) => addedBytes / leavesOf(subject, leaves));
  const what = `tree of ${leaves} leaves, every node with a sum`;
  const row = (peer: Subject, name: string, goal: string | null = null): Row =>
    sampled({ what, unit: "leaves/s", goal }, rates("tanpu"), { name, values: rates(peer) });
  return [
    row("merkletreejs", "merkletreejs with hash-wasm's keccak, no sums", ">=3"),
    row(
      "openzeppelin",
      `@openzeppelin/merkle-tree (standard) of ${leavesOf("openzeppelin", leaves)} leaves, no sums`,
    ),
    row("generic", "the same tree, hash by hash with hash-wasm's keccak"),
    sampled({ what: "memory that building adds", unit: "bytes/leaf" }, bytes("tanpu"), {
      name: "merkletreejs",
      values: bytes("merkletreejs"),
    }),
    sampled({ what: "memory that building adds", unit: "bytes/leaf" }, bytes("tanpu"), {
      name: "@openzeppelin/merkle-tree",
      values: bytes("openzeppelin"),
    }),
  ];
}

function proofRows(leaves: number, stored: Stored, runs: readonly Proofs[]): Row[] {
  const proof = `a proof from the stored files of ${leaves} leaves, checked against the root`;
  const medians = runs.map(({ median }) => median);
  const nearlyAll = runs.map(({ nearlyAll }) => nearlyAll);
  const added = runs.map(({ addedBytes }) => addedBytes / 2 ** 20);
  return [
    sampled({ what: `${proof}, median`, unit: "ms", goal: "<1" }, medians),
    sampled({ what: `${proof}, 99 of 100`, unit: "ms" }, nearlyAll),
    sampled({ what: "memory that 2200 proofs add", unit: "MiB" }, added),
    sampled({ what: "leaf file", unit: "bytes/leaf" }, [stored.leafFileBytes / leaves]),
    sampled({ what: "level file", unit: "bytes/leaf" }, [stored.levelFileBytes / leaves]),
  ];
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      leaves: { type: "string", default: "1000000" },
      runs: { type: "string", default: "3" },
    },
  });
  const [leaves, runs] = [Number(values.leaves), Number(values.runs)];
  if (!Number.isSafeInteger(leaves) || leaves < 1 || !Number.isSafeInteger(runs) || runs < 1) {
    throw new Error("--leaves and --runs are whole numbers from 1 on.");
  }
  const peers = await installPeers(path.join(ROOT, ".tanpu", "bench"));
  const folder = await mkdtemp(path.join(tmpdir(), "tanpu-bench-tree-"));
  try {
    const rows = await run(leaves, runs, peers, folder);
    const at = new Date().toISOString();
    console.log(values.json ? JSON.stringify({ bench: "tree", at, runs, rows }) : table(rows));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(leaves: number, runs: number, peers: string, folder: string): Promise<Row[]> {
  const measured: Record<Subject, Measured[]> = {
    ...{ tanpu: [], generic: [], merkletreejs: [], openzeppelin: [] },
  };
  const stored = await measure<Stored>("treeProof.ts", ["write", String(leaves), folder]);
  const proofs: Proofs[] = [];
  for (let turn = 0; turn < runs; turn++) {
    for (const subject of SUBJECTS) {
      const size = String(leavesOf(subject, leaves));
      const one = await measure<Measured>("treeSubject.ts", [subject, size, peers]);
      measured[subject].push(one);
      console.error(`${subject}: ${one.seconds.toFixed(2)} s`);
    }
    const args = ["read", String(leaves), folder, stored.hash];
    proofs.push(await measure<Proofs>("treeProof.ts", args));
  }
  if (measured.tanpu[0]?.root !== measured.generic[0]?.root) {
    throw new Error("The kernel's root differs from the one hashed node by node.");
  }
  return [...buildRows(leaves, measured), ...proofRows(leaves, stored, proofs)];
}

await main(process.argv.slice(2));
