import { createKeccak, createSHA256, type IHasher } from "hash-wasm";
import { loadKeccakKernel, type TreeKernel } from "./treeKernel.ts";

/** The names a leaf file, bundle or vector may state. A 国密 chain adds its own suite here. */
export type HashSuiteName = "keccak";

/** A hash under way. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** The 32 bytes; the last call. */
  digest(): Uint8Array;
}

/**
 * A named pair of a hash and a keyed pseudorandom function, both 32 bytes long. The hash is the one
 * of the chain the root goes to; the PRF never reaches a chain.
 */
export interface HashSuite {
  readonly name: HashSuiteName;
  /** Hash of the parts one after the other. */
  hash(...parts: Uint8Array[]): Uint8Array;
  /** The hash over bytes that come in parts, by a state of its own. */
  begin(): Promise<RunningHash>;
  /** Hashes many of the tree's nodes in one call; without it each goes through `hash`. */
  readonly treeKernel?: TreeKernel;
  /** HMAC-SHA-256 of the message. A key's bytes must not be changed after their first use. */
  prf(key: Uint8Array, message: Uint8Array): Uint8Array;
}

const BLOCK_BYTES = 64;

/** The two states HMAC (RFC 2104) begins its hashes in, which follow from the key alone. */
type KeyStates = { inner: Uint8Array; outer: Uint8Array };

function statesOf(hasher: IHasher, key: Uint8Array): KeyStates {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? hasher.init().update(key).digest("binary") : key);
  for (let i = 0; i < BLOCK_BYTES; i++) block[i] = (block[i] ?? 0) ^ 0x36;
  const inner = hasher.init().update(block).save();
  for (let i = 0; i < BLOCK_BYTES; i++) block[i] = (block[i] ?? 0) ^ (0x36 ^ 0x5c);
  return { inner, outer: hasher.init().update(block).save() };
}

/**
 * HMAC over a hasher that is reused. A key's states are kept as long as the key's bytes are, because an
 * activity costs four of these under the same two keys.
 */
function hmacOf(hasher: IHasher): HashSuite["prf"] {
  const known = new WeakMap<Uint8Array, KeyStates>();
  return (key, message) => {
    let states = known.get(key);
    if (!states) {
      states = statesOf(hasher, key);
      known.set(key, states);
    }
    const inner = hasher.load(states.inner).update(message).digest("binary");
    return hasher.load(states.outer).update(inner).digest("binary");
  };
}

/**
 * Loads the WebAssembly of a suite; afterwards everything is synchronous. This is the only module
 * that knows which function stands behind a name.
 */
export async function loadHashSuite(name: HashSuiteName): Promise<HashSuite> {
  const [keccak, sha256, treeKernel] = await Promise.all([
    createKeccak(256),
    createSHA256(),
    loadKeccakKernel(),
  ]);
  return {
    name,
    ...(treeKernel ? { treeKernel } : {}),
    hash: (...parts) => {
      keccak.init();
      for (const part of parts) keccak.update(part);
      return keccak.digest("binary");
    },
    begin: async () => {
      const running = (await createKeccak(256)).init();
      return {
        update: (bytes) => void running.update(bytes),
        digest: () => running.digest("binary"),
      };
    },
    prf: hmacOf(sha256),
  };
}
