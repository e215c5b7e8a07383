/*
 * HMAC-SHA-256 (RFC 2104, FIPS 180-4) for many short messages under few keys: an activity costs four. A key's two
 * first blocks are hashed once; crossing into WebAssembly or into node:crypto for each message costs several times
 * what these rounds do. Tests compare it with node:crypto.
 */

const K = new Int32Array(64);
const INITIAL = new Int32Array(8);

/** The first 32 bits behind the point of a root of a prime, from which FIPS 180-4 takes its constants. */
function fillConstants(): void {
  let [found, candidate] = [0, 2];
  const bits = (root: number): number => ((root - Math.floor(root)) * 0x1_0000_0000) | 0;
  for (; found < 64; candidate++) {
    let isPrime = true;
    for (let factor = 2; factor * factor <= candidate; factor++) {
      if (candidate % factor === 0) isPrime = false;
    }
    if (!isPrime) continue;
    if (found < 8) INITIAL[found] = bits(Math.sqrt(candidate));
    K[found++] = bits(Math.cbrt(candidate));
  }
}
fillConstants();

const W = new Int32Array(64);
const BLOCK_BYTES = 64;

/** One round of 64 bytes that stand in the first 16 words of W. */
function compress(state: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15] as number;
    const y = W[i - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = ((W[i - 16] as number) + s0 + (W[i - 7] as number) + s1) | 0;
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[i] as number) + (W[i] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = ((state[0] as number) + a) | 0;
  state[1] = ((state[1] as number) + b) | 0;
  state[2] = ((state[2] as number) + c) | 0;
  state[3] = ((state[3] as number) + d) | 0;
  state[4] = ((state[4] as number) + e) | 0;
  state[5] = ((state[5] as number) + f) | 0;
  state[6] = ((state[6] as number) + g) | 0;
  state[7] = ((state[7] as number) + h) | 0;
}

function loadBlock(bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) {
    const p = at + 4 * i;
    W[i] =
      ((bytes[p] as number) << 24) |
      ((bytes[p + 1] as number) << 16) |
      ((bytes[p + 2] as number) << 8) |
      (bytes[p + 3] as number);
  }
}

const tail = new Uint8Array(2 * BLOCK_BYTES);

/** Hashes the rest of a message whose first `before` bytes are in the state already. */
function finish(state: Int32Array, message: Uint8Array, before: number): void {
  const { length } = message;
  let at = 0;
  for (; at + BLOCK_BYTES <= length; at += BLOCK_BYTES) {
    loadBlock(message, at);
    compress(state);
  }
  const rest = length - at;
  const end = rest + 9 <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  for (let i = 0; i < rest; i++) tail[i] = message[at + i] as number;
  tail[rest] = 0x80;
  tail.fill(0, rest + 1, end);
  const bits = (before + length) * 8;
  const high = Math.floor(bits / 0x1_0000_0000);
  for (let i = 0; i < 4; i++) {
    tail[end - 8 + i] = (high >>> (24 - 8 * i)) & 0xff;
    tail[end - 4 + i] = (bits >>> (24 - 8 * i)) & 0xff;
  }
  for (let block = 0; block < end; block += BLOCK_BYTES) {
    loadBlock(tail, block);
    compress(state);
  }
}

function write(state: Int32Array, bytes: Uint8Array): void {
  for (let i = 0; i < 8; i++) {
    const word = state[i] as number;
    bytes[4 * i] = word >>> 24;
    bytes[4 * i + 1] = word >>> 16;
    bytes[4 * i + 2] = word >>> 8;
    bytes[4 * i + 3] = word;
  }
}

/** The two states HMAC begins its hashes in, which follow from the key alone. */
export type HmacStates = { readonly inner: Int32Array; readonly outer: Int32Array };

/** Prepares a key. */
export function hmacStates(key: Uint8Array): HmacStates {
  const block = new Uint8Array(BLOCK_BYTES);
  if (key.length > BLOCK_BYTES) {
    const hashed = INITIAL.slice();
    finish(hashed, key, 0);
    write(hashed, block);
  } else block.set(key);
  const stateOf = (pad: number): Int32Array => {
    const state = INITIAL.slice();
    loadBlock(
      block.map((byte) => byte ^ pad),
      0,
    );
    compress(state);
    return state;
  };
  return { inner: stateOf(0x36), outer: stateOf(0x5c) };
}

const running = new Int32Array(8);
const middle = new Uint8Array(32);

/** The 32 bytes of a message's HMAC under a prepared key. */
export function hmacSha256({ inner, outer }: HmacStates, message: Uint8Array): Uint8Array {
  running.set(inner);
  finish(running, message, BLOCK_BYTES);
  write(running, middle);
  running.set(outer);
  finish(running, middle, BLOCK_BYTES);
  const digest = new Uint8Array(32);
  write(running, digest);
  return digest;
}
