import { domainMessages, type Message } from "./messages.ts";
import { chainMessages } from "./messagesChain.ts";
import { inheritedMessages } from "./messagesInherited.ts";
import { ledgerMessages } from "./messagesLedger.ts";
import { methodologyMessages } from "./messagesMethodology.ts";
import { reviewMessages } from "./messagesReview.ts";
import { rulesMessages } from "./messagesRules.ts";
import { tradingMessages } from "./messagesTrading.ts";
import { unitMessages } from "./messagesUnits.ts";
import type { Refusal, RefusalCode, RefusalValues } from "./result.ts";

export type { RefusalCode } from "./result.ts";

export type Language = "zh" | "en";

const catalogue: Readonly<Record<RefusalCode, Message>> = {
  ...domainMessages,
  ...chainMessages,
  ...unitMessages,
  ...tradingMessages,
  ...methodologyMessages,
  ...ledgerMessages,
  ...reviewMessages,
  ...rulesMessages,
  ...inheritedMessages,
};

/** All codes, for the exhaustive maps and their tests. */
export const refusalCodes = Object.keys(catalogue) as readonly RefusalCode[];

export function isRefusalCode(text: string): text is RefusalCode {
  return Object.hasOwn(catalogue, text);
}

/** The raw sentence with its `{placeholders}`. */
export function messageOf(code: RefusalCode, language: Language): string {
  return catalogue[code][language];
}

/**
 * The sentence for a person. A placeholder without a value is shown as "?", so that a forgotten
 * value never hides the refusal itself.
 */
export function explain(refusal: Refusal, language: Language): string {
  const values: RefusalValues = {
    ...(refusal.field === undefined ? {} : { field: refusal.field }),
    ...refusal.values,
  };
  return messageOf(refusal.code, language).replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    String(values[name] ?? "?"),
  );
}

/** `SourcesDayTaken` gives `SOURCES_DAY_TAKEN`, `ERC1155InvalidSender` gives `ERC1155_INVALID_SENDER`. */
export function codeOfContractError(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toUpperCase();
}

/**
 * The refusal of a contract's custom error, given its name and named arguments as text. An error
 * outside the catalogue becomes CONTRACT_REFUSED, which names it.
 */
export function refusalOfContractError(name: string, values: RefusalValues = {}): Refusal {
  const code = codeOfContractError(name);
  return isRefusalCode(code)
    ? { code, values }
    : { code: "CONTRACT_REFUSED", values: { ...values, name } };
}
