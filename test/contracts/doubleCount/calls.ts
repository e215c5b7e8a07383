import type { ContractTransactionResponse } from "ethers";
import {
  type ActivityTree,
  EMPTY,
  entryOf,
  type Forgery,
  leafOf,
  sparseTree,
  type TreeLeaf,
} from "../../support/activityTree.ts";
import { FIRST_DAY, networkHelpers } from "../support.ts";
import {
  CAP,
  type ChallengeRegistry,
  claim,
  DEMAND_SECONDS,
  DEPOSIT_WEI,
  FAR_SOURCE,
  issueRequest,
  later,
  type Requested,
  request,
} from "./support.ts";

/** A million activities; of each tree only the leaves are known that a proof opens. */
export const DEPTH = 20;
const COUNT = 2 ** DEPTH;
const SUBTREE_LEVEL = 6;

export type ChallengeCall = { what: string; send: () => Promise<ContractTransactionResponse> };

/** What a proof needs besides the tree: called on the request, and for duplicates on an earlier one. */
type Proof = (requested: Requested, earlier: Requested) => ChallengeCall["send"];

const day = FIRST_DAY;
const ride = leafOf(day, "ride", 200_000n);
const late = leafOf(day + 1, "late", 200_000n);
const early = leafOf(day - 1, "early", 200_000n);
const great = leafOf(day, "great", CAP + 1n);
const second = entryOf(ride, day, "second");

const known = (...leaves: TreeLeaf[]): ReadonlyMap<number, TreeLeaf> =>
  new Map(leaves.map((leaf, k) => [700_000 + k, leaf]));
const AT = 700_000;

/**
 * The calls to DoubleCount at depth 20, each on a chain on which it is the next thing to happen; whoever iterates
 * sends it, then asks for the next. The registry is the one of `challengeRegistry`.
 */
export async function* challengeCalls(r: ChallengeRegistry): AsyncGenerator<ChallengeCall> {
  const { asChallenger } = r;
  const duplicate: Proof = (requested, earlier) => () =>
    asChallenger.challengeDuplicate(claim(earlier, AT), claim(requested, AT));
  const bySecond: Proof = (requested, earlier) => () =>
    asChallenger.challengeDuplicate(claim(earlier, AT + 1, AT), claim(requested, AT + 1, AT));
  const order: Proof = ({ requestId, proposal, tree }) => {
    const [left, right] = [tree.opening(AT), tree.opening(AT + 1)];
    return () => asChallenger.challengeOrder(requestId, proposal, left, right);
  };
  const sum: Proof = ({ requestId, proposal, tree }) => {
    const [place, content] = [tree.place(0, AT), tree.content(0, AT)];
    return () => asChallenger.challengeSum(requestId, proposal, place, content);
  };
  const shape: Proof = ({ requestId, proposal, tree }) => {
    const [place, content] = [tree.place(0, AT), tree.content(0, AT)];
    return () => asChallenger.challengeShape(requestId, proposal, place, content);
  };
  const period: Proof =
    ({ requestId, proposal, tree }) =>
    () =>
      asChallenger.challengePeriod(requestId, proposal, tree.opening(AT));
  const leaf: Proof =
    ({ requestId, proposal, tree }) =>
    () =>
      asChallenger.challengeLeaf(requestId, proposal, tree.opening(AT));

  const tree = (leaves: ReadonlyMap<number, TreeLeaf>, ...forgeries: Forgery[]): ActivityTree =>
    sparseTree(COUNT, leaves, forgeries);
  const cases: [string, ActivityTree, Proof][] = [
    ["challengeDuplicate", tree(known(ride, second)), duplicate],
    ["challengeDuplicate by second entries", tree(known(ride, second)), bySecond],
    ["challengeOrder", tree(known(late, ride)), order],
    ["challengeSum", tree(known(ride), { level: 0, index: AT, sum: 1n }), sum],
    ["challengeShape", tree(known(ride), { level: 0, index: AT, content: EMPTY }), shape],
    ["challengePeriod", tree(known(early)), period],
    ["challengeLeaf", tree(known(great)), leaf],
  ];
  for (const [name, forged, proof] of cases) {
    for (const when of ["before issue", "after issue"]) {
      const snapshot = await networkHelpers.takeSnapshot();
      const earlier = await request(r, tree(known(ride, second)), FAR_SOURCE);
      const requested = await request(r, forged);
      if (when === "after issue") await issueRequest(r, requested);
      yield { what: `${name}, ${when}`, send: proof(requested, earlier) };
      await snapshot.restore();
    }
  }
  yield* demandCalls(r);
}

async function* demandCalls(r: ChallengeRegistry): AsyncGenerator<ChallengeCall> {
  const leaves = Array.from({ length: 2 ** SUBTREE_LEVEL }, (_, k) => leafOf(day, `${k}`, 1_000n));
  const tree = sparseTree(COUNT, new Map(leaves.entries()));
  const snapshot = await networkHelpers.takeSnapshot();
  const { requestId, proposal } = await request(r, tree);
  const demand = (level: number, index: number) =>
    r.asChallenger.demand(requestId, proposal, level, index, { value: DEPOSIT_WEI });
  const asApplicant = r.doubleCount.connect(r.applicant);
  yield { what: "demand", send: () => demand(SUBTREE_LEVEL, 0) };
  const { siblings } = tree.place(SUBTREE_LEVEL, 0);
  yield {
    what: `answer with ${leaves.length} leaves`,
    send: () => asApplicant.answer(1, proposal, leaves, siblings),
  };
  await demand(0, 64);
  await later(DEMAND_SECONDS);
  yield {
    what: "fellUnanswered, before issue",
    send: () => r.asChallenger.fellUnanswered(2, proposal),
  };
  await snapshot.restore();
}
