import type { Message } from "./messages.ts";

/**
 * One message for each custom error a contract of the registry (or a library it inherits) can refuse
 * with. The code follows from the error's name by rule, see `codeOfContractError`; a placeholder is
 * named as the error's argument.
 */
export const chainMessages = {
  SOURCES_DAY_TAKEN: {
    en: "Day {day} of this asset is already booked for class {class}.",
    zh: "该资产在第 {day} 日已被类别 {class} 占用。",
  },
} as const satisfies Record<string, Message>;
