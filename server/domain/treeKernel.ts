import { keccakKernelCode, roundConstants } from "./keccakKernel.ts";
import { LEAF_BYTES, NODE_BYTES } from "./treeShape.ts";

/** Hashes many inputs of the activity tree at once; see treeNodes.ts for the bytes. */
export interface TreeKernel {
  /** Writes the node of each record. */
  leafNodes(records: Uint8Array, nodes: Uint8Array): void;
  /** Writes the parent of each two nodes; a last one without a neighbour gets `emptyChild`. */
  parentNodes(children: Uint8Array, emptyChild: Uint8Array, parents: Uint8Array): void;
}

/**
 * What is used of the global that engines and browsers have; its types come with those of a browser
 * alone.
 */
declare const WebAssembly: {
  validate(code: Uint8Array): boolean;
  instantiate(code: Uint8Array): Promise<{ instance: { exports: unknown } }>;
};

type Exports = {
  memory: { buffer: ArrayBuffer };
  leafNodes(from: number, to: number, end: number): void;
  parentNodes(from: number, to: number, end: number): void;
};

const PAGES = 2;
/** The table of constants lies in front of the inputs. */
const INPUTS = 256;
/**
 * Few enough to stay in the processor's cache, and calls short enough that the engine optimises
 * them early.
 */
const CHUNK = 512;
const NODES = INPUTS + CHUNK * LEAF_BYTES;

/** The kernel, or undefined where the engine has no 128-bit WebAssembly. */
export async function loadKeccakKernel(): Promise<TreeKernel | undefined> {
  const code = keccakKernelCode(PAGES, LEAF_BYTES);
  if (!WebAssembly.validate(code)) return undefined;
  const { instance } = await WebAssembly.instantiate(code);
  const exports = instance.exports as Exports;
  const memory = new Uint8Array(exports.memory.buffer);
  const constants = new DataView(exports.memory.buffer);
  roundConstants().forEach((constant, index) => {
    constants.setBigUint64(8 * index, constant, true);
  });

  /**
   * Takes inputs through the memory in chunks; what stands behind an odd last one is hashed and
   * left there.
   */
  const each = (
    inputs: Uint8Array,
    bytes: number,
    nodes: Uint8Array,
    run: (from: number, to: number, end: number) => void,
  ): void => {
    const count = inputs.length / bytes;
    for (let first = 0; first < count; first += CHUNK) {
      const length = Math.min(CHUNK, count - first);
      memory.set(inputs.subarray(first * bytes, (first + length) * bytes), INPUTS);
      run(INPUTS, NODES, INPUTS + length * bytes);
      nodes.set(memory.subarray(NODES, NODES + length * NODE_BYTES), first * NODE_BYTES);
    }
  };
  return {
    leafNodes: (records, nodes) => each(records, LEAF_BYTES, nodes, exports.leafNodes),
    parentNodes: (children, emptyChild, parents) => {
      const pairs = Math.floor(children.length / (2 * NODE_BYTES));
      const whole = children.subarray(0, pairs * 2 * NODE_BYTES);
      each(whole, 2 * NODE_BYTES, parents, exports.parentNodes);
      if (whole.length === children.length) return;
      memory.set(children.subarray(whole.length), INPUTS);
      memory.set(emptyChild, INPUTS + NODE_BYTES);
      exports.parentNodes(INPUTS, NODES, INPUTS + 2 * NODE_BYTES);
      parents.set(memory.subarray(NODES, NODES + NODE_BYTES), pairs * NODE_BYTES);
    },
  };
}
