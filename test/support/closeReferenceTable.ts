import { compareBytes, uintBytes } from "../../server/domain/bytes.ts";

/** One stored report, as far as closing a period needs it. */
export type StoredReport = {
  day: number;
  platform: string;
  rowKey: Uint8Array;
  fingerprintA: Uint8Array;
  fingerprintB: Uint8Array;
  beneficiary: Uint8Array;
  evidence: Uint8Array;
  milligrams: bigint;
  /** Unix seconds. */
  at: number;
};

const RECORD = {
  a: 0,
  b: 32,
  beneficiary: 64,
  evidence: 96,
  rowKey: 128,
  milligrams: 144,
} as const;
const RECORD_BYTES = 152;

/**
 * A period's reports in flat arrays: a city's day is millions of them, and an object for each would
 * cost more memory than the reports.
 */
export class ReportTable {
  count = 0;
  #records = new Uint8Array(1024 * RECORD_BYTES);
  #at = new Float64Array(1024);
  #day = new Uint32Array(1024);
  #platform = new Uint16Array(1024);
  #platforms: string[] = [];

  add(report: StoredReport): void {
    if (this.count === this.#day.length) this.#grow();
    const index = this.count++;
    const at = index * RECORD_BYTES;
    this.#records.set(report.fingerprintA, at + RECORD.a);
    this.#records.set(report.fingerprintB, at + RECORD.b);
    this.#records.set(report.beneficiary, at + RECORD.beneficiary);
    this.#records.set(report.evidence, at + RECORD.evidence);
    this.#records.set(report.rowKey, at + RECORD.rowKey);
    this.#records.set(uintBytes(report.milligrams, 8), at + RECORD.milligrams);
    this.#at[index] = report.at;
    this.#day[index] = report.day;
    let platform = this.#platforms.indexOf(report.platform);
    if (platform === -1) platform = this.#platforms.push(report.platform) - 1;
    this.#platform[index] = platform;
  }

  #grow(): void {
    const capacity = this.#day.length * 2;
    const grown = <T extends Uint8Array | Float64Array | Uint32Array | Uint16Array>(
      to: T,
      from: T,
    ): T => {
      to.set(from);
      return to;
    };
    this.#records = grown(new Uint8Array(capacity * RECORD_BYTES), this.#records);
    this.#at = grown(new Float64Array(capacity), this.#at);
    this.#day = grown(new Uint32Array(capacity), this.#day);
    this.#platform = grown(new Uint16Array(capacity), this.#platform);
  }

  #field(index: number, offset: number, length: number): Uint8Array {
    const at = index * RECORD_BYTES + offset;
    return this.#records.subarray(at, at + length);
  }

  /** A view, not a copy: the fingerprint of grid 0 or of grid 1. */
  fingerprint(index: number, grid: 0 | 1): Uint8Array {
    return this.#field(index, grid === 0 ? RECORD.a : RECORD.b, 32);
  }

  /** The milligrams, beneficiary and evidence that a leaf repeats. */
  commitments(index: number): {
    milligrams: Uint8Array;
    beneficiary: Uint8Array;
    evidence: Uint8Array;
  } {
    return {
      milligrams: this.#field(index, RECORD.milligrams, 8),
      beneficiary: this.#field(index, RECORD.beneficiary, 32),
      evidence: this.#field(index, RECORD.evidence, 32),
    };
  }

  key(index: number): { day: number; platform: string; rowKey: Uint8Array } {
    return {
      day: this.#day[index] ?? 0,
      platform: this.platform(index),
      rowKey: this.#field(index, RECORD.rowKey, 16),
    };
  }

  platform(index: number): string {
    return this.#platforms[this.#platform[index] ?? 0] ?? "";
  }

  at(index: number): number {
    return this.#at[index] ?? 0;
  }

  /** Orders the reports of one activity: see `closeReports`. Never 0 for two different rows. */
  compare(a: number, b: number, rankOf: (platform: string) => number): number {
    const [platformA, platformB] = [this.platform(a), this.platform(b)];
    return (
      rankOf(platformA) - rankOf(platformB) ||
      this.at(a) - this.at(b) ||
      (platformA < platformB ? -1 : platformA > platformB ? 1 : 0) ||
      compareBytes(this.fingerprint(a, 0), this.fingerprint(b, 0)) ||
      compareBytes(this.key(a).rowKey, this.key(b).rowKey)
    );
  }
}
