import { expect } from "chai";
import { activityTree, leafOf, sorted } from "../../support/activityTree.ts";
import { create, FIRST_DAY, instrumented, networkHelpers } from "../support.ts";
import { challengeCalls, DEPTH } from "./calls.ts";
import { challengeRegistry } from "./support.ts";

const { loadFixture } = networkHelpers;

/** Rough ceilings; the figures themselves are in docs/gas.json. The first debt writes some fifteen words. */
const mostGas = (what: string): number => (what.includes("after issue") ? 750_000 : 450_000);

describe("DoubleCount: what a challenge costs", () => {
  if (instrumented) return;

  it(`at depth ${DEPTH} each fits many times into a block`, async () => {
    const r = await loadFixture(challengeRegistry);
    const seen: string[] = [];
    for await (const { what, send } of challengeCalls(r)) {
      const receipt = await (await send()).wait();
      const gas = Number(receipt?.gasUsed);
      seen.push(what);
      expect(gas, what).to.be.lessThan(mostGas(what));
    }
    expect(seen.length).to.equal(17);
  });

  it("a proof grows with the depth, not with the number of leaves", async () => {
    const harness = await create<"verify">("SumTreeHarness");
    const costs: number[] = [];
    for (const depth of [4, 8]) {
      const leaves = Array.from({ length: 2 ** depth }, (_, k) =>
        leafOf(FIRST_DAY, `leaf ${k}`, 1_000n),
      );
      const tree = activityTree(sorted(leaves));
      const { index, leaf, siblings } = tree.opening(3);
      expect(await harness.verify(tree.head, index, leaf, siblings)).to.equal(true);
      costs.push(Number(await harness.verify.estimateGas(tree.head, index, leaf, siblings)));
    }
    expect(costs[1]! - costs[0]!).to.be.lessThan(4 * 2_500);
  });
});
