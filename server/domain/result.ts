import type { domainMessages } from "./messages.ts";
import type { chainMessages } from "./messagesChain.ts";
import type { inheritedMessages } from "./messagesInherited.ts";
import type { ledgerMessages } from "./messagesLedger.ts";
import type { methodologyMessages } from "./messagesMethodology.ts";
import type { reviewMessages } from "./messagesReview.ts";
import type { rulesMessages } from "./messagesRules.ts";
import type { tradingMessages } from "./messagesTrading.ts";
import type { unitMessages } from "./messagesUnits.ts";

/** Every reason the product can refuse for. Closed: a code exists exactly when it has its messages. */
export type RefusalCode =
  | keyof typeof domainMessages
  | keyof typeof chainMessages
  | keyof typeof unitMessages
  | keyof typeof tradingMessages
  | keyof typeof methodologyMessages
  | keyof typeof ledgerMessages
  | keyof typeof reviewMessages
  | keyof typeof rulesMessages
  | keyof typeof inheritedMessages;

/** Values for the placeholders of a message; never personal data, because they are shown and logged. */
export type RefusalValues = Readonly<Record<string, string | number>>;

/** An expected "no": a code of the closed union, the input field it is about, and its values. */
export type Refusal = {
  readonly code: RefusalCode;
  readonly field?: string;
  readonly values?: RefusalValues;
};

/** What a domain function returns when it may refuse. Refusals are values, never thrown. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export function succeed<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse(
  code: RefusalCode,
  about: { field?: string; values?: RefusalValues } = {},
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, ...about } };
}
