import { expect } from "chai";
import type { BaseContract, ContractTransactionResponse } from "ethers";
import { Result } from "ethers";
import { ethers, networkHelpers } from "../support.ts";

type Sending = () => Promise<ContractTransactionResponse>;

/**
 * What becomes of a rule in one contract. `refused` names the standard that asks for the refusal; every act of the
 * rule must then revert with the contract's error. `absent` says why there is nothing to try.
 */
export type Verdict =
  | { readonly is: "holds" }
  | { readonly is: "refused"; readonly by: string; readonly error: string }
  | { readonly is: "absent"; readonly because: string };

export const HOLDS: Verdict = { is: "holds" };

/** One rule of a standard, written from its text. */
export interface Rule<Subject> {
  readonly says: string;
  /** Where in the standard it stands. */
  readonly text: string;
  /** Reverts and wrong answers are thrown. */
  check(subject: Subject): Promise<void>;
  /** The acts the rule lets pass; a contract that refuses the rule by design refuses all of them. */
  acts?(subject: Subject): Promise<readonly Sending[]>;
}

/** Declares one test for each rule, its verdict in the title, so that a run prints the table of them. */
export function describeConformance<Subject extends { readonly token: BaseContract }>(
  title: string,
  rules: readonly Rule<Subject>[],
  setUp: () => Promise<Subject>,
  exceptions: Readonly<Record<string, Verdict>> = {},
): void {
  describe(title, () => {
    it("every exception is one of a rule, and says what is refused", () => {
      for (const [says, verdict] of Object.entries(exceptions)) {
        const rule = rules.find((one) => one.says === says);
        expect(rule, says).to.not.equal(undefined);
        if (verdict.is === "refused") expect(rule?.acts, says).to.not.equal(undefined);
      }
    });

    for (const rule of rules) {
      const verdict = exceptions[rule.says] ?? HOLDS;
      it(`${rule.says} [${rule.text}]: ${told(verdict)}`, async () => {
        const subject = await networkHelpers.loadFixture(setUp);
        if (verdict.is === "holds") return rule.check(subject);
        if (verdict.is === "absent") return;
        const acts = (await rule.acts?.(subject)) ?? [];
        expect(acts.length).to.be.greaterThan(0);
        for (const act of acts) {
          await expect(act()).to.be.revertedWithCustomError(subject.token, verdict.error);
        }
      });
    }
  });
}

function told(verdict: Verdict): string {
  if (verdict.is === "holds") return "holds";
  return verdict.is === "refused"
    ? `refused by ${verdict.by}`
    : `does not apply: ${verdict.because}`;
}

/** That a call reverts, whatever with: the standards ask for no certain error. */
export async function refused(sending: Promise<unknown>): Promise<void> {
  await expect(sending).to.revert(ethers);
}

/** The logs of a transaction that one of the contracts wrote, decoded, in order. */
export async function logsOf(
  sent: Promise<ContractTransactionResponse>,
  ...contracts: readonly BaseContract[]
): Promise<{ readonly name: string; readonly args: readonly unknown[] }[]> {
  const receipt = await (await sent).wait();
  const places = await Promise.all(contracts.map((one) => one.getAddress()));
  return (receipt?.logs ?? []).flatMap((log) => {
    const contract = contracts[places.indexOf(log.address)];
    const parsed = contract?.interface.parseLog(log);
    return parsed ? [{ name: parsed.name, args: plain(parsed.args) }] : [];
  });
}

/** Results of the library are frozen lists with names; chai compares plain lists. */
function plain(args: Result): readonly unknown[] {
  return args.toArray().map((one) => (one instanceof Result ? one.toArray() : one));
}
