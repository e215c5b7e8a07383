import { createKeccak } from "hash-wasm";
import { type HmacStates, hmacSha256, hmacStates } from "./hmacSha256.ts";
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

/**
 * HMAC-SHA-256 whose keys are prepared once: what follows from a key is kept as long as the key's bytes are.
 */
function prfOf(): HashSuite["prf"] {
  const known = new WeakMap<Uint8Array, HmacStates>();
  return (key, message) => {
    let states = known.get(key);
    if (!states) {
      states = hmacStates(key);
      known.set(key, states);
    }
    return hmacSha256(states, message);
  };
}

/**
 * Loads the WebAssembly of a suite; afterwards everything is synchronous. This is the only module
 * that knows which function stands behind a name.
 */
export async function loadHashSuite(name: HashSuiteName): Promise<HashSuite> {
  const [keccak, treeKernel] = await Promise.all([createKeccak(256), loadKeccakKernel()]);
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
    prf: prfOf(),
  };
}
