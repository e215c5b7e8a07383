import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import {
  balancesOf,
  checkMandate,
  checkPointsLock,
  EMPTY_BALANCES,
} from "../../server/domain/account.ts";
import { applyRight, loadRight, type Right, rightOn } from "../../server/domain/rights.ts";
import { largestRemainder } from "../../server/domain/splitAmount.ts";
import { unwrap } from "./support.ts";

/** Numbers that look random and are the same every time. */
function sequence(seed: number): (below: bigint) => bigint {
  let state = BigInt(seed);
  return (below) => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return (state >> 11n) % below;
  };
}

const RULE = {
  format: "tanpu-rights/1",
  programme: 1,
  status: "demonstration",
  effective: { first: "2018-01-01", end: null },
  source: "test",
  platform: null,
  right: { kind: "person" },
};
const POOL: Right = {
  kind: "platform",
  thresholdMilligrams: "1000",
  benefit: "required",
  withoutChoice: "pool",
};

const codeOf = (rule: object): string => {
  const loaded = loadRight({ ...RULE, ...rule });
  return loaded.ok ? "none" : loaded.refusal.code;
};

describe("dividing by the largest remainder", () => {
  it("refuses what cannot be divided", () => {
    expect(() => largestRemainder(-1n, [1n])).to.throw(RangeError);
    expect(() => largestRemainder(1n, [2n, -1n])).to.throw(RangeError);
    expect(() => largestRemainder(1n, [])).to.throw(RangeError);
    expect(() => largestRemainder(1n, [0n, 0n])).to.throw(RangeError);
  });

  it("gives 60 and 40 of a hundred, and nothing of nothing", () => {
    expect(largestRemainder(101n, [60n, 40n])).to.deep.equal([61n, 40n]);
    expect(largestRemainder(0n, [0n, 0n])).to.deep.equal([0n, 0n]);
    expect(largestRemainder(2n, [1n, 1n, 1n])).to.deep.equal([1n, 1n, 0n]);
  });

  it("is exact and never a whole one away from the share, for amounts at random", () => {
    const next = sequence(7);
    for (let round = 0; round < 500; round++) {
      const weights = Array.from({ length: 1 + Number(next(9n)) }, () => next(10n ** 12n));
      weights.push(1n);
      const amount = next(10n ** 15n);
      const parts = largestRemainder(amount, weights);
      const whole = weights.reduce((sum, weight) => sum + weight, 0n);
      expect(parts.reduce((sum, part) => sum + part, 0n)).to.equal(amount);
      for (const [index, part] of parts.entries()) {
        const distance = part * whole - amount * weights[index]!;
        expect(distance > -whole && distance < whole).to.equal(true);
      }
    }
  });
});

describe("rules of rights", () => {
  it("refuse what they do not say, or say without a value", () => {
    expect(codeOf({ extra: 1 })).to.equal("RIGHT_RULE_INVALID");
    expect(codeOf({ right: { kind: "everybody" } })).to.equal("RIGHT_RULE_INVALID");
    expect(codeOf({ effective: { first: "2018-02-30", end: null } })).to.equal("DATE_MALFORMED");
    expect(codeOf({ effective: { first: "2018-02-01", end: "2018-02-01" } })).to.equal(
      "PERIOD_EMPTY",
    );
    expect(codeOf({ right: { ...POOL, thresholdMilligrams: null } })).to.equal(
      "RIGHT_RULE_INVALID",
    );
    expect(codeOf({ status: "draft" })).to.equal("RIGHT_RULE_INVALID");
    const twice = [
      { to: "person", weight: "1" },
      { to: "person", weight: "2" },
    ];
    expect(codeOf({ right: { kind: "split", shares: twice } })).to.equal("RIGHT_RULE_INVALID");
    const float = [
      { to: "person", weight: "0.6" },
      { to: "owner", weight: "0.4" },
    ];
    expect(codeOf({ right: { kind: "split", shares: float } })).to.equal("RIGHT_RULE_INVALID");
  });

  it("are never in force as drafts, before their day, or for another's programme or platform", () => {
    const missing = { en: "the threshold", zh: "阈值" };
    const draft = { ...RULE, status: "draft", missing, right: { kind: "owner" } };
    const later = {
      ...RULE,
      effective: { first: "2019-01-01", end: null },
      right: { kind: "owner" },
    };
    const other = { ...RULE, platform: "bike", right: { kind: "owner" } };
    const rules = [draft, later, other].map((rule) => unwrap(loadRight(rule)));
    const own = { kind: "person" };
    expect(rightOn(rules, { programme: 1, platform: "map", day: 17_775 })).to.deep.equal(own);
    expect(rightOn(rules, { programme: 2, platform: "bike", day: 17_775 })).to.deep.equal(own);
    expect(rightOn(rules, { programme: 1, platform: "bike", day: 17_775 }).kind).to.equal("owner");
    expect(rightOn(rules, { programme: 1, platform: "map", day: 18_000 }).kind).to.equal("owner");
  });

  it("that are shipped can be read, and a value nobody published keeps its rule a draft", () => {
    const folder = new URL("../../rules/", import.meta.url);
    const names = readdirSync(folder).filter((name) => name.startsWith("rights-"));
    expect(names).to.include("rights-wuhan-pool.yaml");
    for (const name of names) {
      const rule = unwrap(loadRight(parse(readFileSync(new URL(name, folder), "utf8"))));
      const lacks = rule.right.kind === "platform" && rule.right.thresholdMilligrams === null;
      expect(rule.status === "draft", name).to.equal(lacks);
    }
  });
});

describe("平台归集, case C18", () => {
  const standing = { hasBenefit: true, pool: undefined, pooledMilligrams: 0n };

  it("pools nothing without a benefit, against the person's choice, or over the threshold", () => {
    expect(applyRight(POOL, 500n, { ...standing, hasBenefit: false }).platform).to.equal(0n);
    expect(applyRight(POOL, 500n, { ...standing, pool: false }).platform).to.equal(0n);
    expect(applyRight(POOL, 500n, { ...standing, pooledMilligrams: 1_000n }).platform).to.equal(0n);
    const asked = { ...POOL, withoutChoice: "own" as const };
    expect(applyRight(asked, 500n, standing).platform).to.equal(0n);
    expect(applyRight(asked, 500n, { ...standing, pool: true }).platform).to.equal(500n);
  });

  it("pools up to the threshold and gives the person what is over it", () => {
    const parts = applyRight(POOL, 500n, { ...standing, pooledMilligrams: 700n });
    expect(parts).to.deep.equal({ platform: 300n, person: 200n, owner: 0n });
  });

  it("loses and makes nothing, whatever the right", () => {
    const next = sequence(11);
    const rights: Right[] = [
      { kind: "person" },
      { kind: "owner" },
      POOL,
      {
        kind: "split",
        shares: [
          { to: "owner", weight: "60" },
          { to: "person", weight: "40" },
        ],
      },
    ];
    for (let round = 0; round < 400; round++) {
      const milligrams = next(3_000n);
      const parts = applyRight(rights[round % 4]!, milligrams, {
        hasBenefit: next(2n) === 0n,
        pool: [true, false, undefined][Number(next(3n))],
        pooledMilligrams: next(2_000n),
      });
      expect(parts.person + parts.platform + parts.owner).to.equal(milligrams);
    }
  });
});

describe("points, mandates and books", () => {
  const NOW = 1_700_000_000;
  const today = 19_676;

  it("refuse points without grams, without a term, or beyond ten years", () => {
    const has = { ...EMPTY_BALANCES, issued: 4_999n, pending: 9_000n };
    const lock = (grams: bigint, endDay: number) => {
      const checked = checkPointsLock(has, { grams, endDay }, NOW);
      return checked.ok ? checked.value.milligrams : checked.refusal.code;
    };
    expect(lock(5n, today + 100)).to.equal("BALANCE_SHORT");
    expect(lock(4n, today - 1)).to.equal("POINTS_TERM_TOO_LONG");
    expect(lock(4n, today + 3_660)).to.equal("POINTS_TERM_TOO_LONG");
    expect(lock(4n, today + 100)).to.equal(4_000n);
  });

  it("refuse an agent whom the mandate does not name, not now, or not so much", () => {
    const mandate = {
      ...{ agent: "0xa", mostMilligrams: 5_000n, firstDay: 10, endDay: 20 },
      ...{ ended: false, movedMilligrams: 3_000n },
    };
    const wanted = { agent: "0xa", milligrams: 2_000n, today: 15 };
    const code = (of: object, by: object) => {
      const checked = checkMandate({ ...mandate, ...of }, { ...wanted, ...by });
      return checked.ok ? "none" : checked.refusal.code;
    };
    expect(code({}, { agent: "0xb" })).to.equal("MANDATE_OTHER_AGENT");
    expect(code({ ended: true }, {})).to.equal("MANDATE_ENDED");
    expect(code({}, { today: 9 })).to.equal("MANDATE_NOT_RUNNING");
    expect(code({}, { today: 20 })).to.equal("MANDATE_NOT_RUNNING");
    expect(code({}, { milligrams: 2_001n })).to.equal("MANDATE_EXCEEDED");
    expect(code({}, {})).to.equal("none");
    expect(code({ mostMilligrams: null }, { milligrams: 10n ** 15n })).to.equal("none");
  });

  it("do not read entries that are out of balance", () => {
    const gain = {
      holderKind: "person",
      holder: "a",
      compartment: "issued",
      milligrams: 2n,
    } as const;
    const give = { ...gain, holder: "b", milligrams: -2n };
    expect(() => balancesOf([gain])).to.throw("out of balance");
    expect(balancesOf([gain, give, give, gain]).get("person/a/issued")).to.equal(4n);
  });
});
