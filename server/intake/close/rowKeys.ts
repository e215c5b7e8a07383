import { ByteIndex } from "./flatBytes.ts";

/** A stored row's name as flat bytes: platform (2), day (4), row key (16). */
export const KEY_BYTES = 22;
export const ROW_KEY_AT = 6;

export function writeKey(
  into: Uint8Array,
  at: number,
  platform: number,
  day: number,
  rowKey: Uint8Array,
): void {
  const view = new DataView(into.buffer, into.byteOffset + at, KEY_BYTES);
  view.setUint16(0, platform);
  view.setUint32(2, day);
  into.set(rowKey, at + ROW_KEY_AT);
}

export const platformOf = (key: Uint8Array): number => ((key[0] ?? 0) << 8) | (key[1] ?? 0);
export const dayOf = (key: Uint8Array): number =>
  new DataView(key.buffer, key.byteOffset + 2, 4).getUint32(0);

/** The rows of a period that are not activities of their own, by their names, each with a number. */
export class RowKeys {
  /** The row key is PRF output. */
  readonly #index = new ByteIndex(KEY_BYTES, ROW_KEY_AT);
  readonly #scratch = new Uint8Array(KEY_BYTES);

  get count(): number {
    return this.#index.count;
  }

  find(platform: number, day: number, rowKey: Uint8Array): number {
    if (this.count === 0) return -1;
    writeKey(this.#scratch, 0, platform, day, rowKey);
    return this.#index.find(this.#scratch);
  }

  add(platform: number, day: number, rowKey: Uint8Array): number {
    writeKey(this.#scratch, 0, platform, day, rowKey);
    return this.#index.add(this.#scratch);
  }

  at(place: number): Uint8Array {
    return this.#index.at(place);
  }

  platform(place: number): number {
    return platformOf(this.at(place));
  }

  day(place: number): number {
    return dayOf(this.at(place));
  }
}
