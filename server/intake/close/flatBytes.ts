/** Byte strings of one length, numbered in the order they came, without an object for each. */
export class FlatBytes {
  readonly #width: number;
  #bytes: Uint8Array;
  #count = 0;

  constructor(width: number) {
    this.#width = width;
    this.#bytes = new Uint8Array(64 * width);
  }

  get count(): number {
    return this.#count;
  }

  /** A view, not a copy. */
  at(index: number): Uint8Array {
    return this.#bytes.subarray(index * this.#width, (index + 1) * this.#width);
  }

  add(bytes: Uint8Array): number {
    const end = (this.#count + 1) * this.#width;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#bytes.length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, end - this.#width);
    return this.#count++;
  }

  /** Whether the string at `index` has these bytes. */
  is(index: number, bytes: Uint8Array): boolean {
    const first = index * this.#width;
    for (let at = 0; at < this.#width; at++) {
      if (this.#bytes[first + at] !== bytes[at]) return false;
    }
    return true;
  }
}

/** Numbers distinct byte strings of one length, by open addressing. */
export class ByteIndex {
  readonly #keys: FlatBytes;
  readonly #hashAt: number;
  #slots = new Int32Array(128).fill(-1);

  /** @param hashAt - where four bytes stand that are as good as random, as those of a PRF are */
  constructor(width: number, hashAt: number) {
    this.#keys = new FlatBytes(width);
    this.#hashAt = hashAt;
  }

  get count(): number {
    return this.#keys.count;
  }

  /** A view of the string with this number. */
  at(entry: number): Uint8Array {
    return this.#keys.at(entry);
  }

  /** The slot of a string, or the free one where it would go. */
  #slotOf(key: Uint8Array): number {
    const from = this.#hashAt;
    const mask = this.#slots.length - 1;
    let slot =
      (((key[from] ?? 0) << 24) |
        ((key[from + 1] ?? 0) << 16) |
        ((key[from + 2] ?? 0) << 8) |
        (key[from + 3] ?? 0)) &
      mask;
    for (;;) {
      const entry = this.#slots[slot] ?? -1;
      if (entry === -1 || this.#keys.is(entry, key)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** The number of a string, or -1. */
  find(key: Uint8Array): number {
    return this.#slots[this.#slotOf(key)] ?? -1;
  }

  /** The number of a string, which is `count - 1` when it is new. */
  add(key: Uint8Array): number {
    const found = this.find(key);
    if (found !== -1) return found;
    const entry = this.#keys.add(key);
    if (2 * this.count > this.#slots.length) this.#grow();
    else this.#slots[this.#slotOf(key)] = entry;
    return entry;
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1);
    for (let entry = 0; entry < this.count; entry++) {
      this.#slots[this.#slotOf(this.#keys.at(entry))] = entry;
    }
  }
}

/** Numbers that grow by doubling. */
export class GrowingNumbers {
  #values = new Float64Array(64);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(2 * this.#count);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = value;
  }

  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }
}
