import type { ProposedTree, UndecidedRequest } from "../../scripts/bench/registryWorld.ts";
import { toHex } from "../../server/domain/bytes.ts";
import { type HashSuite, loadHashSuite } from "../../server/domain/hashSuite.ts";
import { encodeLeafFile, parseLeafFile } from "../../server/domain/leafFile.ts";
import { buildTree, encodeLeaves, type Leaf, readLeaf } from "../../server/domain/sumTree.ts";
import { activityTree, leafOf, NO_OPENING, type Opening, sorted } from "../support/activityTree.ts";
import { bytesOf } from "../support/domainTree.ts";

/** How many activities each tree counts. */
export const ACTIVITIES = 256;
const DAY = 17_776;
const RIDE_MILLIGRAMS = 200_000n;

/** Two claims on one activity, as `challengeDuplicate` takes them. */
export type DuplicateProof = readonly [earlier: object, later: object];

/**
 * Three requests for an outsider to challenge, as leaf files: one counts every activity twice, and of two honest ones
 * the later counts what the earlier did. The files are all that proofs are made of.
 */
export class FaultTrees {
  readonly #suite: HashSuite;
  /** Leaf files in the order of the requests. */
  readonly #files: readonly Uint8Array[];
  readonly trees: readonly ProposedTree[];

  private constructor(suite: HashSuite, files: readonly Uint8Array[], trees: ProposedTree[]) {
    this.#suite = suite;
    this.#files = files;
    this.trees = trees;
  }

  static async make(): Promise<FaultTrees> {
    const suite = await loadHashSuite("keccak");
    const names = Array.from({ length: ACTIVITIES }, (_, index) => `ride ${index}`);
    const rides = (of: string) =>
      sorted(names.map((name) => leafOf(DAY, `${of} ${name}`, RIDE_MILLIGRAMS)));
    const twice = rides("twice").flatMap((leaf) => [leaf, leaf]);
    const once = rides("once");
    const files: Uint8Array[] = [];
    const trees: ProposedTree[] = [];
    for (const leaves of [twice, once, once]) {
      const { head } = activityTree(leaves);
      const file = encodeLeafFile({
        header: {
          ...{ format: "tanpu-leaves/1", suite: "keccak", root: head.root, depth: head.depth },
          ...{ count: leaves.length, totalMilligrams: head.totalMilligrams.toString() },
          ...{ sourceId: `0x${"00".repeat(32)}`, first: DAY, end: DAY + 1 },
        },
        records: encodeLeaves(leaves.map(bytesOf)),
      });
      files.push(file);
      trees.push({ ...head, leafFileHash: toHex(suite.hash(file)) });
    }
    return new FaultTrees(suite, files, trees);
  }

  /** The activity counted a second time within the first request. A domain tree cannot hold such leaves. */
  within(requests: readonly UndecidedRequest[], activity: number): DuplicateProof {
    const records = this.#records(0);
    const leaves = Array.from({ length: 2 * ACTIVITIES }, (_, index) => readLeaf(records, index));
    const tree = activityTree(leaves.map(hexOf));
    const claim = (index: number) => claimOf(requests[0], tree.opening(index));
    return [claim(2 * activity), claim(2 * activity + 1)];
  }

  /** The activity counted by the second request and again by the third, with the proofs of the domain's own tree. */
  across(requests: readonly UndecidedRequest[], activity: number): DuplicateProof {
    const claim = (place: number) => {
      const records = this.#records(place);
      const tree = buildTree(this.#suite, records);
      if (!tree.ok) throw new Error(`a leaf file makes no tree: ${tree.refusal.code}`);
      const siblings = tree.value.proof(activity);
      return claimOf(requests[place], {
        index: BigInt(activity),
        leaf: hexOf(readLeaf(records, activity)),
        siblings: siblings.map(({ hash, sum }) => ({ hash: toHex(hash), sum })),
      });
    };
    return [claim(1), claim(2)];
  }

  #records(place: number): Uint8Array {
    const file = parseLeafFile(this.#files[place] ?? new Uint8Array());
    if (!file.ok) throw new Error(`a leaf file is none: ${file.refusal.code}`);
    return file.value.records;
  }
}

const hexOf = (leaf: Leaf) => ({
  fingerprint: toHex(leaf.fingerprint),
  milligrams: leaf.milligrams,
  beneficiary: toHex(leaf.beneficiary),
  evidence: toHex(leaf.evidence),
});

function claimOf(request: UndecidedRequest | undefined, entry: Opening): object {
  if (!request) throw new Error("the request was not proposed");
  const { requestId, proposal } = request;
  return { requestId, proposal, entry, carrier: NO_OPENING };
}
