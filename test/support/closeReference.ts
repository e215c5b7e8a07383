import { compareBytes } from "../../server/domain/bytes.ts";
import { LEAF_BYTES } from "../../server/domain/sumTree.ts";
import type { ReportTable } from "./closeReferenceTable.ts";

/** What is left of a period's reports once each activity counts once. */
export type ClosedReports = {
  /** The tree's leaves as flat records, in ascending order of fingerprint. */
  records: Uint8Array;
  /** For each report the index of its activity's leaf with grams; -1 when an earlier period has it. */
  leafIndex: Int32Array;
  /** For each report 1 when it is the one its activity is credited by. */
  credited: Uint8Array;
  /** Activities credited; the number of leaves with grams. */
  accepted: number;
  /** Reports that earn nothing because another report of the same activity does. */
  duplicates: number;
};

/** The distinct fingerprints of all reports, numbered, by open addressing over their bytes. */
class FingerprintIndex {
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #fingerprints: Uint8Array[] = [];

  constructor(most: number) {
    let capacity = 16;
    while (capacity < 2 * most) capacity *= 2;
    this.#slots = new Int32Array(capacity).fill(-1);
    this.#mask = capacity - 1;
  }

  get count(): number {
    return this.#fingerprints.length;
  }

  fingerprint(entry: number): Uint8Array {
    return this.#fingerprints[entry] ?? new Uint8Array(32);
  }

  /** The slot of a fingerprint, or the free slot where it would go. */
  #slotOf(fingerprint: Uint8Array): number {
    // Bytes 4 to 7 are PRF output, so they are as good a hash as any.
    let slot =
      (((fingerprint[4] ?? 0) << 24) |
        ((fingerprint[5] ?? 0) << 16) |
        ((fingerprint[6] ?? 0) << 8) |
        (fingerprint[7] ?? 0)) &
      this.#mask;
    for (;;) {
      const entry = this.#slots[slot] ?? -1;
      if (entry === -1 || compareBytes(this.fingerprint(entry), fingerprint) === 0) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  find(fingerprint: Uint8Array): number {
    return this.#slots[this.#slotOf(fingerprint)] ?? -1;
  }

  add(fingerprint: Uint8Array): number {
    const slot = this.#slotOf(fingerprint);
    const found = this.#slots[slot] ?? -1;
    if (found !== -1) return found;
    this.#slots[slot] = this.count;
    return this.#fingerprints.push(fingerprint) - 1;
  }
}

function rootOf(parents: Int32Array, entry: number): number {
  let at = entry;
  for (;;) {
    const parent = parents[at] ?? at;
    if (parent === at) return at;
    const grandparent = parents[parent] ?? parent;
    parents[at] = grandparent;
    at = grandparent;
  }
}

/** Reports that share any fingerprint are one activity, however long the chain between them. */
function components(table: ReportTable): {
  index: FingerprintIndex;
  entryOf: Int32Array;
  parents: Int32Array;
} {
  const index = new FingerprintIndex(2 * table.count);
  const entryOf = new Int32Array(table.count);
  const parents = new Int32Array(2 * table.count);
  for (let entry = 0; entry < parents.length; entry++) parents[entry] = entry;
  for (let report = 0; report < table.count; report++) {
    const first = index.add(table.fingerprint(report, 0));
    const second = index.add(table.fingerprint(report, 1));
    entryOf[report] = first;
    parents[rootOf(parents, first)] = rootOf(parents, second);
  }
  return { index, entryOf, parents };
}

const NONE = -1;
const CLOSED = -2;

/**
 * Finds the activities behind a period's reports and writes their leaves. Of an activity's reports the
 * one is credited that comes first by (rank of its platform, activity time, platform, fingerprint, row
 * key): nothing of that depends on the order of arrival. Its first fingerprint carries the milligrams;
 * every other fingerprint of the activity is an entry with zero milligrams and the same commitments,
 * so that a match on any of them is seen. An activity that touches `closedFingerprints` was counted in
 * an earlier period and gives no leaf.
 */
export function closeReports(
  table: ReportTable,
  rankOf: (platform: string) => number,
  closedFingerprints: Iterable<Uint8Array> = [],
): ClosedReports {
  const { index, entryOf, parents } = components(table);
  const best = new Int32Array(index.count).fill(NONE);
  for (const fingerprint of closedFingerprints) {
    const entry = index.find(fingerprint);
    if (entry !== -1) best[rootOf(parents, entry)] = CLOSED;
  }
  let accepted = 0;
  for (let report = 0; report < table.count; report++) {
    const root = rootOf(parents, entryOf[report] ?? 0);
    const rival = best[root] ?? NONE;
    if (rival === NONE) accepted++;
    if (rival === NONE || (rival >= 0 && table.compare(report, rival, rankOf) < 0)) {
      best[root] = report;
    }
  }
  const { records, leafOf } = writeLeaves(table, index, parents, entryOf, best);
  const leafIndex = new Int32Array(table.count);
  const credited = new Uint8Array(table.count);
  for (let report = 0; report < table.count; report++) {
    const winner = best[rootOf(parents, entryOf[report] ?? 0)] ?? NONE;
    leafIndex[report] = winner < 0 ? -1 : (leafOf[entryOf[winner] ?? 0] ?? -1);
    credited[report] = winner === report ? 1 : 0;
  }
  return { records, leafIndex, credited, accepted, duplicates: table.count - accepted };
}

function writeLeaves(
  table: ReportTable,
  index: FingerprintIndex,
  parents: Int32Array,
  entryOf: Int32Array,
  best: Int32Array,
): { records: Uint8Array; leafOf: Int32Array } {
  const entries = new Uint32Array(index.count);
  let count = 0;
  for (let entry = 0; entry < index.count; entry++) {
    if ((best[rootOf(parents, entry)] ?? NONE) >= 0) entries[count++] = entry;
  }
  const sorted = entries
    .subarray(0, count)
    .sort((a, b) => compareBytes(index.fingerprint(a), index.fingerprint(b)));
  const records = new Uint8Array(count * LEAF_BYTES);
  const leafOf = new Int32Array(index.count).fill(-1);
  sorted.forEach((entry, leaf) => {
    const winner = best[rootOf(parents, entry)] ?? 0;
    const { milligrams, beneficiary, evidence } = table.commitments(winner);
    const at = leaf * LEAF_BYTES;
    records.set(index.fingerprint(entry), at);
    if (entry === entryOf[winner]) records.set(milligrams, at + 32);
    records.set(beneficiary, at + 40);
    records.set(evidence, at + 72);
    leafOf[entry] = leaf;
  });
  return { records, leafOf };
}
