import type { PoolClient } from "pg";
import { fromHex } from "../../domain/bytes.ts";
import { CopyRows, copyInto } from "../copyRows.ts";
import type { Joined } from "./joined.ts";
import { SPILLED } from "./leafSpill.ts";
import { isCountedBefore } from "./leaves.ts";
import { type Reason, reasons } from "./reasons.ts";
import { dayOf, KEY_BYTES, platformOf, ROW_KEY_AT } from "./rowKeys.ts";
import type { Excluded } from "./standing.ts";

const TARGET = "intake.membership (batch_id, day, platform, row_key, leaf_index, credited, reason)";
/** Rows sent at a time. */
const MOST_ROWS = 65_536;

/** Writes what became of each report of a batch: its leaf, or the reason why it has none. */
export class MembershipWriter {
  readonly #client: PoolClient;
  #rows = new CopyRows();
  #count = 0;
  /** Rows on their way; the next ones are put together meanwhile. */
  #sending: Promise<void> = Promise.resolve();
  readonly #batchId: Uint8Array;
  readonly #joined: Joined;
  /** The leaf of each credited report among those that share fingerprints. */
  readonly #leafOf: Float64Array;
  /** Reports that earn nothing because another report of their activity does, or did. */
  duplicates = 0;

  constructor(client: PoolClient, batchId: string, joined: Joined) {
    this.#client = client;
    this.#batchId = fromHex(`0x${batchId.replaceAll("-", "").toLowerCase()}`);
    this.#joined = joined;
    this.#leafOf = new Float64Array(joined.components.count);
  }

  #row(key: Uint8Array, leaf: number | undefined, isCredited: boolean, reason: Reason): void {
    this.#rows.row(7);
    this.#rows.bytes(this.#batchId);
    this.#rows.int4(dayOf(key));
    this.#rows.int2(platformOf(key));
    this.#rows.bytes(key.subarray(ROW_KEY_AT, KEY_BYTES));
    if (leaf === undefined) this.#rows.null();
    else this.#rows.int8(leaf);
    this.#rows.bool(isCredited);
    this.#rows.int2(reason);
    this.#count++;
  }

  async #send(): Promise<void> {
    if (this.#count === 0) return;
    const rows = this.#rows;
    [this.#rows, this.#count] = [new CopyRows(), 0];
    await this.#sending;
    this.#sending = copyInto(this.#client, TARGET, rows);
    // Whoever waits next learns of it; until then it is nobody's.
    this.#sending.catch(() => {});
  }

  /** Notes the credited reports of sorted spilled leaves, of which the first is leaf `first`. */
  async credit(leaves: Uint8Array, first: number): Promise<void> {
    const view = new DataView(leaves.buffer, leaves.byteOffset, leaves.byteLength);
    for (let at = 0, leaf = first; at < leaves.length; at += SPILLED.bytes, leaf++) {
      if (leaves[at + SPILLED.credits] === 0) continue;
      const number = view.getUint32(at + SPILLED.joined) - 1;
      if (number !== -1) this.#leafOf[number] = leaf;
      const key = leaves.subarray(at + SPILLED.key, at + SPILLED.key + KEY_BYTES);
      this.#row(key, leaf, true, reasons.inTheTree);
      if (this.#count >= MOST_ROWS) await this.#send();
    }
  }

  /** Notes everything that is not credited, once all leaves are. */
  async finish(excluded: Excluded): Promise<void> {
    const { components, keys } = this.#joined;
    for (let number = 0; number < components.count; number++) {
      const winner = components.winnerOf(number);
      if (winner === number) continue;
      this.duplicates++;
      const key = keys.at(components.keyOf(number));
      if (isCountedBefore(this.#joined, number)) {
        this.#row(key, undefined, false, reasons.countedBefore);
      } else this.#row(key, this.#leafOf[winner], false, reasons.inTheTree);
      if (this.#count >= MOST_ROWS) await this.#send();
    }
    for (const { key, reason } of excluded.rows()) {
      this.#row(key, undefined, false, reason);
      if (this.#count >= MOST_ROWS) await this.#send();
    }
    await this.#send();
    await this.#sending;
  }
}
