import { type Result, refuse, succeed } from "../result.ts";
import type { AnyMethodology } from "./catalogue.ts";
import { quantifyByFormula } from "./formulaQuantify.ts";
import { quantify } from "./quantify.ts";

/** How a methodology tells two acts apart: design section 6. */
export type IdentityKind = "carrier-time" | "carrier-event" | "meter-interval" | "participant-day";

/** A reported row after its methodology looked at it, whatever the methodology's form. */
export type QuantifiedRow = {
  orderNo: string;
  userId: string;
  behaviour: string;
  /** What names the act, in the order its identity kind wants it: carrier and card, operator and event, meter. */
  facts: readonly string[];
  /** Unix seconds of its beginning. */
  at: number;
  /** Unix seconds of its end; equal to `at` for a moment. */
  end: number;
  milligrams: bigint;
  /** What is committed to in the evidence: name to decimal text. */
  quantities: Readonly<Record<string, string>>;
  /** The car or meter it was done with, as reported; undefined when the row names none. */
  thing: { kind: "car" | "meter"; name: string } | undefined;
  /** Order number of the platform's earlier row that this one takes the place of. */
  corrects: string | undefined;
};

/** Identity kind of all rows of a methodology, with the width of its buckets where it has them. */
export function identityOf({ form, methodology }: AnyMethodology): {
  kind: IdentityKind;
  windowSeconds: number;
} {
  if (form === 1) return { kind: "carrier-time", windowSeconds: methodology.windowSeconds };
  const { identity } = methodology.document;
  return identity.kind === "carrier-time" ? identity : { ...identity, windowSeconds: 0 };
}

function textOf(row: object, field: "plate" | "meter" | "corrects"): Result<string | undefined> {
  const value = (row as Readonly<Record<string, unknown>>)[field];
  if (value === undefined || value === null || value === "") return succeed(undefined);
  return typeof value === "string" && value.length <= 100
    ? succeed(value.trim())
    : refuse("FIELD_MALFORMED", { field });
}

function thingIn(row: object): Result<QuantifiedRow["thing"]> {
  for (const [field, kind] of [
    ["meter", "meter"],
    ["plate", "car"],
  ] as const) {
    const name = textOf(row, field);
    if (!name.ok) return name;
    if (name.value) return succeed({ kind, name: name.value });
  }
  return succeed(undefined);
}

/**
 * What one reported row earns under a methodology of either form. Refusals as `quantify` and
 * `quantifyByFormula`, then FIELD_MALFORMED of `meter`, `plate` or `corrects`, and CORRECTION_OF_ITSELF.
 */
export function quantifyRow(any: AnyMethodology, reported: unknown): Result<QuantifiedRow> {
  const quantified =
    any.form === 1
      ? quantify(any.methodology, reported)
      : quantifyByFormula(any.methodology, reported);
  if (!quantified.ok) return quantified;
  const row = reported as object;
  const thing = thingIn(row);
  if (!thing.ok) return thing;
  const corrects = textOf(row, "corrects");
  if (!corrects.ok) return corrects;
  const { orderNo, userId, behaviour, at, end, milligrams, quantities } = quantified.value;
  if (corrects.value === orderNo) return refuse("CORRECTION_OF_ITSELF", { field: "corrects" });
  const facts =
    "facts" in quantified.value
      ? quantified.value.facts
      : [quantified.value.carrier, quantified.value.card];
  return succeed({
    orderNo,
    userId,
    behaviour,
    facts,
    at,
    end,
    milligrams,
    quantities,
    thing: thing.value,
    corrects: corrects.value,
  });
}
