import {
  dataSlice,
  type ErrorFragment,
  type EventFragment,
  Interface,
  type InterfaceAbi,
} from "ethers";
import { refusalOfContractError } from "../domain/errors.ts";
import type { Refusal, RefusalValues } from "../domain/result.ts";
import { accessManagerAbi } from "./abi/accessManager.ts";
import { interfaces } from "./contracts.ts";

/** Every custom error of every contract, by selector; Panic and Error are known to any interface. */
const errorsBySelector = new Map<string, ErrorFragment>();
for (const known of [
  ...Object.values(interfaces),
  Interface.from(accessManagerAbi as InterfaceAbi),
]) {
  known.forEachError((fragment) => errorsBySelector.set(fragment.selector, fragment));
}
const decoder = new Interface([...errorsBySelector.values()]);

const PANICS: Readonly<Record<string, string>> = {
  "1": "assertion",
  "17": "arithmetic overflow",
  "18": "division by zero",
  "50": "index out of bounds",
};

/**
 * The refusal behind revert data: code by rule from the error's name, values from its arguments as
 * text. Data of no known error becomes TRANSACTION_REVERTED with its selector, so that nothing is lost.
 */
export function refusalOfRevert(revertData: string): Refusal {
  if (revertData.length < 10) {
    return { code: "TRANSACTION_REVERTED", values: { reason: "no reason given" } };
  }
  try {
    const parsed = decoder.parseError(revertData);
    if (parsed?.name === "Panic") {
      const code = String(parsed.args[0]);
      return {
        code: "TRANSACTION_REVERTED",
        values: { reason: `panic ${code} (${PANICS[code] ?? "other"})` },
      };
    }
    if (parsed?.name === "Error") {
      return { code: "TRANSACTION_REVERTED", values: { reason: String(parsed.args[0]) } };
    }
    if (parsed) {
      return refusalOfContractError(parsed.name, valuesOf(parsed.fragment, parsed.args));
    }
  } catch {
    // Data that begins like a known error and ends unlike it says no more than its selector does.
  }
  return { code: "TRANSACTION_REVERTED", values: { reason: dataSlice(revertData, 0, 4) } };
}

/** Names of all custom errors, for the test that each has a code. */
export function contractErrorNames(): readonly string[] {
  return [...errorsBySelector.values()].map((fragment) => fragment.name);
}

function valuesOf(
  fragment: ErrorFragment | EventFragment,
  args: readonly unknown[],
): RefusalValues {
  const entries = fragment.inputs.map((input, index) => {
    const value = args[index];
    const text = typeof value === "number" ? value : String(value).toLowerCase();
    return [input.name || `value${index}`, text] as const;
  });
  return Object.fromEntries(entries);
}
