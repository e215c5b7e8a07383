import { compareBytes } from "../../domain/bytes.ts";
import { ByteIndex, GrowingNumbers } from "./flatBytes.ts";
import { ROW_KEY_AT, type RowKeys } from "./rowKeys.ts";

/** How the platforms of a period stand to one another, by their number in the database. */
export type PlatformOrder = {
  /** Rank of a platform's reports, the lowest is credited. */
  rankOf(platform: number): number;
  nameOf(platform: number): string;
};

/** What `Components.winnerOf` gives for an activity that an earlier period counted. */
export const COUNTED_BEFORE = -2;

const NONE = -1;

/**
 * The activities behind the reports that share a fingerprint with others. Reports that share any
 * fingerprint are one activity, however long the chain between them; a report that shares none never
 * comes here, so that memory goes with the duplicates of a period and not with its reports.
 *
 * Of an activity's reports the one is credited that comes first by (rank of its platform, activity
 * time, platform, fingerprint, row key): nothing of that depends on the order of arrival.
 */
export class Components {
  readonly #keys: RowKeys;
  readonly #order: PlatformOrder;
  readonly #fingerprints = new ByteIndex(32, 4);
  /** For each report the place of its key, its first entry and its time. */
  readonly #keyOf = new GrowingNumbers();
  readonly #entryOf = new GrowingNumbers();
  readonly #at = new GrowingNumbers();
  readonly #parents = new GrowingNumbers();
  #best = new Int32Array();
  #entries = new Int32Array();
  #firstEntry = new Int32Array();

  constructor(keys: RowKeys, order: PlatformOrder) {
    this.#keys = keys;
    this.#order = order;
  }

  get count(): number {
    return this.#keyOf.count;
  }

  /** Adds a report by the place of its key; gives its number. `at` is unix seconds. */
  add(key: number, at: number, first: Uint8Array, second: Uint8Array | undefined): number {
    const entry = this.#entry(first);
    if (second) this.#join(entry, this.#entry(second));
    this.#keyOf.add(key);
    this.#entryOf.add(entry);
    this.#at.add(at);
    return this.count - 1;
  }

  #entry(fingerprint: Uint8Array): number {
    const entry = this.#fingerprints.add(fingerprint);
    if (entry === this.#parents.count) this.#parents.add(entry);
    return entry;
  }

  #join(a: number, b: number): void {
    this.#parents.set(this.#rootOf(a), this.#rootOf(b));
  }

  #rootOf(entry: number): number {
    let at = entry;
    for (;;) {
      const parent = this.#parents.at(at);
      if (parent === at) return at;
      const grandparent = this.#parents.at(parent);
      this.#parents.set(at, grandparent);
      at = grandparent;
    }
  }

  /** An activity that has this fingerprint was counted in an earlier period. Before `settle`. */
  readonly #closed: number[] = [];
  markClosed(fingerprint: Uint8Array): void {
    const entry = this.#fingerprints.find(fingerprint);
    if (entry !== -1) this.#closed.push(entry);
  }

  /** Decides who is credited, once every report and every earlier fingerprint is known. */
  settle(): void {
    const entries = this.#fingerprints.count;
    this.#best = new Int32Array(entries).fill(NONE);
    for (const entry of this.#closed) this.#best[this.#rootOf(entry)] = COUNTED_BEFORE;
    for (let report = 0; report < this.count; report++) {
      const root = this.#rootOf(this.#entryOf.at(report));
      const rival = this.#best[root] ?? NONE;
      if (rival === NONE || (rival >= 0 && this.#compare(report, rival) < 0)) {
        this.#best[root] = report;
      }
    }
    this.#group(entries);
  }

  /** Lays the entries of each activity side by side, by counting. */
  #group(entries: number): void {
    this.#firstEntry = new Int32Array(entries + 1);
    for (let entry = 0; entry < entries; entry++) {
      const root = this.#rootOf(entry) + 1;
      this.#firstEntry[root] = (this.#firstEntry[root] ?? 0) + 1;
    }
    for (let root = 0; root < entries; root++) {
      this.#firstEntry[root + 1] =
        (this.#firstEntry[root + 1] ?? 0) + (this.#firstEntry[root] ?? 0);
    }
    const next = this.#firstEntry.slice();
    this.#entries = new Int32Array(entries);
    for (let entry = 0; entry < entries; entry++) {
      const root = this.#rootOf(entry);
      const place = next[root] ?? 0;
      this.#entries[place] = entry;
      next[root] = place + 1;
    }
  }

  #compare(a: number, b: number): number {
    const [keyA, keyB] = [this.#keyOf.at(a), this.#keyOf.at(b)];
    const [platformA, platformB] = [this.#keys.platform(keyA), this.#keys.platform(keyB)];
    const { rankOf, nameOf } = this.#order;
    if (platformA !== platformB) {
      const ranks = rankOf(platformA) - rankOf(platformB);
      if (ranks !== 0) return ranks;
    }
    return (
      this.#at.at(a) - this.#at.at(b) ||
      (platformA === platformB ? 0 : nameOf(platformA) < nameOf(platformB) ? -1 : 1) ||
      compareBytes(this.#firstOf(a), this.#firstOf(b)) ||
      compareBytes(
        this.#keys.at(keyA).subarray(ROW_KEY_AT),
        this.#keys.at(keyB).subarray(ROW_KEY_AT),
      )
    );
  }

  #firstOf(report: number): Uint8Array {
    return this.#fingerprints.at(this.#entryOf.at(report));
  }

  /** The place of a report's key. */
  keyOf(report: number): number {
    return this.#keyOf.at(report);
  }

  /** The report by which a report's activity is credited, or COUNTED_BEFORE. */
  winnerOf(report: number): number {
    return this.#best[this.#rootOf(this.#entryOf.at(report))] ?? NONE;
  }

  /**
   * Every fingerprint of a report's activity but the report's own first one: the entries that carry no
   * milligrams. Views, not copies.
   */
  *othersOf(report: number): Generator<Uint8Array> {
    const own = this.#entryOf.at(report);
    const root = this.#rootOf(own);
    const end = this.#firstEntry[root + 1] ?? 0;
    for (let place = this.#firstEntry[root] ?? 0; place < end; place++) {
      const entry = this.#entries[place] ?? 0;
      if (entry !== own) yield this.#fingerprints.at(entry);
    }
  }
}
