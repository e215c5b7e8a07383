import type { Supply } from "../chain.ts";
import type { Issue, Movements, RetiredLineOf } from "../facts.ts";
import { type Check, fail, pass } from "../report.ts";

/** An account's grams: folded from the transfers, and as the token answers. */
export type Balance = { account: string; foldedGrams: bigint; answeredGrams: bigint };

/** issued = held + retired + void, every balance folded from transfers and asked for. */
export function checkSupply(
  issue: Issue | undefined,
  supply: Supply,
  movements: Movements,
  balances: readonly Balance[],
  retired: readonly RetiredLineOf[],
): Check[] {
  const wrong = balances.find(
    ({ foldedGrams, answeredGrams }) => foldedGrams !== answeredGrams || foldedGrams < 0n,
  );
  const held = balances.reduce((sum, { foldedGrams }) => sum + foldedGrams, 0n);
  const retiredGrams = retired.reduce(
    (sum, { firstSerial, endSerial }) => sum + endSerial - firstSerial,
    0n,
  );
  const { issuedGrams, voidGrams } = supply;
  const { mintedGrams, burnedGrams, voidedGrams, reissuedGrams } = movements;
  const isSum =
    supply.exists &&
    issue?.issuedGrams === issuedGrams &&
    mintedGrams === issuedGrams + reissuedGrams &&
    retiredGrams === supply.retiredGrams &&
    voidGrams === voidedGrams - reissuedGrams &&
    burnedGrams === retiredGrams + voidedGrams &&
    issuedGrams === held + retiredGrams + voidGrams;
  const figures: [string, string] = [
    `${issuedGrams} g issued, ${held} g held, ${retiredGrams} g retired, ${voidGrams} g void`,
    `签发 ${issuedGrams} 克，持有 ${held} 克，注销 ${retiredGrams} 克，作废 ${voidGrams} 克`,
  ];
  return [
    wrong
      ? fail("supply.balances", [
          `The transfers leave ${wrong.account} ${wrong.foldedGrams} g; the token says ${wrong.answeredGrams} g.`,
          `按转移记录，${wrong.account} 应有 ${wrong.foldedGrams} 克；合约显示 ${wrong.answeredGrams} 克。`,
        ])
      : pass("supply.balances", [
          `The balances of ${balances.length} accounts follow from the transfers.`,
          `${balances.length} 个账户的余额均可由转移记录推得。`,
        ]),
    isSum
      ? pass("supply.sum", [
          `Issued equals held, retired and void: ${figures[0]}.`,
          `签发量等于持有、注销与作废之和：${figures[1]}。`,
        ])
      : fail("supply.sum", [
          `Issued does not equal held, retired and void: ${figures[0]}.`,
          `签发量不等于持有、注销与作废之和：${figures[1]}。`,
        ]),
  ];
}

/** Whether the serials of all retirements of an id follow one another from 0 without gap or overlap. */
export function checkSerials(retired: readonly RetiredLineOf[], supply: Supply): Check {
  const id = "supply.serials";
  const inOrder = [...retired].sort((a, b) => (a.firstSerial < b.firstSerial ? -1 : 1));
  let next = 0n;
  for (const { retirementId, firstSerial, endSerial } of inOrder) {
    if (firstSerial !== next || endSerial <= firstSerial) {
      return fail(id, [
        `Retirement ${retirementId} takes the serials ${firstSerial} to ${endSerial}, where ${next} comes next.`,
        `注销 ${retirementId} 的序号为 ${firstSerial} 至 ${endSerial}，而下一个序号应为 ${next}。`,
      ]);
    }
    next = endSerial;
  }
  return next === supply.retiredGrams
    ? pass(id, [
        `The serials of ${retired.length} retirements run from 0 to ${next} without gap or overlap.`,
        `${retired.length} 次注销的序号从 0 到 ${next}，无间断、无重叠。`,
      ])
    : fail(id, [
        `The serials end at ${next}; the token says ${supply.retiredGrams} g are retired.`,
        `序号止于 ${next}；合约显示已注销 ${supply.retiredGrams} 克。`,
      ]);
}
