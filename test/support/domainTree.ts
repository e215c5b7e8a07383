import { fromHex } from "../../server/domain/bytes.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import type { Leaf } from "../../server/domain/sumTree.ts";
import type { TreeLeaf } from "./activityTree.ts";

/** The suite of the chain's trees. */
export const loadedSuite = () => loadHashSuite("keccak");

/** A leaf of the tests as the domain has it. */
export const bytesOf = (leaf: TreeLeaf): Leaf => ({
  fingerprint: fromHex(leaf.fingerprint),
  milligrams: leaf.milligrams,
  beneficiary: fromHex(leaf.beneficiary),
  evidence: fromHex(leaf.evidence),
});
