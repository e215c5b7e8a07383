import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { gather, perOwner } from "../../server/platform/gather.ts";

/** Doubles numbers; keeps what was asked together. */
class Doubler {
  readonly asked: number[][] = [];
  fails: ((numbers: readonly number[]) => unknown) | undefined;

  readonly ask = async (numbers: readonly number[]): Promise<number[]> => {
    this.asked.push([...numbers]);
    await sleep(1);
    const failure = this.fails?.(numbers);
    if (failure) throw failure;
    return numbers.map((number) => 2 * number);
  };
}

describe("questions that go together", () => {
  it("all fail with what fails for all, and the next ones are asked again", async () => {
    const doubler = new Doubler();
    doubler.fails = () => new Error("away");
    const double = gather(doubler.ask, { most: 10 });
    const answers = await Promise.allSettled([double(1), double(2)]);
    expect(answers.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    doubler.fails = undefined;
    expect(await double(3)).to.equal(6);
    expect(doubler.asked).to.deep.equal([[1, 2], [3]]);
  });

  it("fail alone where a failure is one's own", async () => {
    const doubler = new Doubler();
    doubler.fails = (numbers) => numbers.includes(2) && new TypeError("not this one");
    const isOnes = (cause: unknown) => cause instanceof TypeError;
    const double = gather(doubler.ask, { most: 10, isOnes });
    const answers = await Promise.allSettled([double(1), double(2), double(3)]);
    expect(answers.map(({ status }) => status)).to.deep.equal([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(doubler.asked).to.deep.equal([[1, 2, 3], [1], [2], [3]]);
  });

  it("fail when an answer is missing", async () => {
    const answer = await Promise.allSettled([gather(async () => [], { most: 10 })(1)]);
    expect(answer[0]?.status).to.equal("rejected");
  });

  it("are those of one turn and those that came while others were under way, each with its answer", async () => {
    const doubler = new Doubler();
    const double = gather(doubler.ask, { most: 3 });
    const first = [double(1), double(2)];
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const later = [3, 4, 5, 6].map(double);
    expect(await Promise.all([...first, ...later])).to.deep.equal([2, 4, 6, 8, 10, 12]);
    expect(doubler.asked).to.deep.equal([[1, 2], [3, 4, 5], [6]]);
  });

  it("belong to one owner", () => {
    let made = 0;
    const of = perOwner(() => ++made);
    const [one, other] = [{}, {}];
    expect([of(one), of(other), of(one)]).to.deep.equal([1, 2, 1]);
  });
});
