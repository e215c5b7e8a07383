import { expect } from "chai";
import { createHeadPace } from "../../server/indexer/headPace.ts";

/** Follows blocks at these times by a clock that only the pace moves; gives when each was seen and how often it looked. */
function follow(blocks: readonly number[], least?: number): { seen: number[]; looks: number } {
  const pace = createHeadPace(least);
  const seen: number[] = [];
  let now = 0;
  let looks = 0;
  while (seen.length < blocks.length) {
    looks += 1;
    const there = blocks.filter((at) => at <= now).length;
    if (there > seen.length) {
      while (seen.length < there) seen.push(now);
      pace.came(now);
      continue;
    }
    now += pace.pause(now);
  }
  return { seen, looks };
}

const every = (gap: number, count = 30): number[] =>
  Array.from({ length: count }, (_, k) => 137 + k * gap);

describe("the pace at the head", () => {
  it("never looks more often than it may, nor less than once a second", () => {
    for (const least of [20, 100, 250]) {
      const pace = createHeadPace(least);
      for (let now = 0; now < 200_000; now += 371) {
        if (now % 2_597 === 0) pace.came(now);
        expect(pace.pause(now)).to.be.within(least, 1_000);
      }
    }
    expect(createHeadPace(5_000).pause(0)).to.equal(5_000);
  });

  it("does not sleep through a burst after long gaps", () => {
    const { seen } = follow([...every(600_000, 10), 5_400_137 + 1_500]);
    expect((seen.at(-1) ?? 0) - (5_400_137 + 1_500)).to.be.at.most(1_000);
  });

  it("does not wait for blocks that were there when the mirror was behind", () => {
    expect(createHeadPace().pause(5)).to.equal(100);
  });

  // Every 300 ms, as it once was, they are 4, 7 and 40 looks a block, and up to 300 ms late.
  for (const [gap, mostLooks] of [
    [1_000, 5],
    [2_000, 8],
    [12_000, 27],
  ] as const) {
    it(`sees a block of every ${gap} ms soon, and looks seldom in between`, () => {
      const blocks = every(gap, 40);
      const { seen, looks } = follow(blocks);
      const late = blocks.map((at, k) => (seen[k] ?? 0) - at).slice(10);
      expect(Math.max(...late)).to.be.at.most(200);
      expect(looks / blocks.length).to.be.at.most(mostLooks);
    });
  }

  it("looks once a second when nothing has happened for long", () => {
    const { looks } = follow([100, 200, 3_600_000]);
    expect(looks).to.be.within(3_500, 3_700);
  });
});
