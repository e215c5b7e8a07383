import { parseDecimal } from "../decimal.ts";
import { multiply, type Rational, rational } from "../rational.ts";
import { type Result, refuse, succeed } from "../result.ts";
import type { Meaning } from "./formula/scope.ts";
import type { Frame } from "./formula/typed.ts";
import { inBaseUnits } from "./formula/units.ts";
import type { FormulaElement, FormulaField } from "./formulaSchema.ts";
import { readUnit } from "./parameters.ts";

/** Texts every formula may use, from the activity's day in China time. */
export const calendarNames = ["activityYear", "activityMonth"] as const;

/** How a behaviour's reported members become the frame its formulas run on. */
export type FrameReader = {
  readonly meanings: ReadonlyMap<string, Meaning>;
  /** FIELD_MISSING, QUANTITY_MALFORMED, QUANTITY_TOO_LARGE, CHOICE_UNKNOWN, LIST_LENGTH name the field. */
  read(row: Row, calendar: readonly string[]): Result<ReadFrame>;
};

/** The frame, and the text each value was reported with, which is what the evidence commits to. */
export type ReadFrame = { frame: Frame; quantities: Readonly<Record<string, string>> };

export type Row = Readonly<Record<string, unknown>>;

type Slot =
  | {
      kind: "number";
      name: string;
      decimals: number;
      /** The largest whole number the slot may hold. */
      most: bigint;
    }
  | { kind: "text"; name: string; of: ReadonlySet<string> | undefined }
  | { kind: "list"; name: string; least: number; most: number; of: readonly Slot[] };

const tenTo = (power: number): bigint => 10n ** BigInt(power);

/** Reported decimal text as a whole number of its last digit; JSON numbers only when they are whole. */
function wholeOf(slot: Slot & { kind: "number" }, value: unknown): Result<bigint> {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  const decimal = typeof text === "string" ? parseDecimal(text.trim()) : undefined;
  if (!decimal || decimal.scale > slot.decimals) {
    return refuse("QUANTITY_MALFORMED", { field: slot.name });
  }
  const whole = decimal.digits * tenTo(slot.decimals - decimal.scale);
  return whole > slot.most ? refuse("QUANTITY_TOO_LARGE", { field: slot.name }) : succeed(whole);
}

function textOf(slot: Slot & { kind: "text" }, value: unknown): Result<string> {
  const text = typeof value === "string" ? value.trim() : "";
  if (text === "" || text.length > 100) return refuse("FIELD_MISSING", { field: slot.name });
  return slot.of && !slot.of.has(text)
    ? refuse("CHOICE_UNKNOWN", { field: slot.name, values: { value: text } })
    : succeed(text);
}

/** A list is a JSON array, or its text where a row is a line of a table. */
function elementsOf(slot: Slot & { kind: "list" }, value: unknown): Result<readonly Row[]> {
  let list: unknown = value;
  if (typeof value === "string") {
    try {
      list = JSON.parse(value);
    } catch {
      return refuse("FIELD_MALFORMED", { field: slot.name });
    }
  }
  if (!Array.isArray(list) || !list.every((one) => typeof one === "object" && one !== null)) {
    return refuse("FIELD_MALFORMED", { field: slot.name });
  }
  return list.length < slot.least || list.length > slot.most
    ? refuse("LIST_LENGTH", {
        field: slot.name,
        values: { least: slot.least, most: slot.most, count: list.length },
      })
    : succeed(list);
}

function readSlots(slots: readonly Slot[], row: Row, prefix: string): Result<ReadFrame> {
  const numbers: bigint[] = [];
  const texts: string[] = [];
  const lists: Frame[][] = [];
  const quantities: Record<string, string> = {};
  for (const slot of slots) {
    const value = Object.hasOwn(row, slot.name) ? row[slot.name] : undefined;
    if (slot.kind !== "text" && (value === undefined || value === "")) {
      return refuse("FIELD_MISSING", { field: slot.name });
    }
    if (slot.kind === "number") {
      const whole = wholeOf(slot, value);
      if (!whole.ok) return whole;
      numbers.push(whole.value);
      quantities[`${prefix}${slot.name}`] = String(value).trim();
    } else if (slot.kind === "text") {
      const text = textOf(slot, value);
      if (!text.ok) return text;
      texts.push(text.value);
      // A free fact may name a place; only choices out of a list are safe to open later.
      if (slot.of) quantities[`${prefix}${slot.name}`] = text.value;
    } else {
      const elements = elementsOf(slot, value);
      if (!elements.ok) return elements;
      const frames: Frame[] = [];
      for (const [place, element] of elements.value.entries()) {
        const read = readSlots(slot.of, element, `${prefix}${slot.name}.${place}.`);
        if (!read.ok) return read;
        frames.push(read.value.frame);
        Object.assign(quantities, read.value.quantities);
      }
      lists.push(frames);
    }
  }
  return succeed({ frame: { numbers, texts, lists }, quantities });
}

type Laid = { slots: Slot[]; meanings: Map<string, Meaning> };

/** Gives each field its slot and its meaning in formulas. */
function lay(fields: readonly (FormulaField | FormulaElement)[]): Result<Laid> {
  const slots: Slot[] = [];
  const meanings = new Map<string, Meaning>();
  const counts = { number: 0, text: 0, list: 0 };
  for (const field of fields) {
    if (meanings.has(field.name)) {
      return refuse("METHODOLOGY_INVALID", { values: { detail: `${field.name} stands twice` } });
    }
    switch (field.kind) {
      case "constant":
      case "quantity": {
        const unit = readUnit(field.name, field.unit);
        if (!unit.ok) return unit;
        const { dimension } = unit.value;
        if (field.kind === "constant") {
          const value = inBaseUnits(field.value, unit.value) as Rational;
          meanings.set(field.name, { kind: "constant", dimension, value });
          break;
        }
        const scale = multiply(unit.value.scale, rational(1n, tenTo(field.decimals)));
        const most = parseDecimal(field.most);
        if (!most || most.scale > field.decimals) {
          return refuse("METHODOLOGY_INVALID", { values: { detail: `most of ${field.name}` } });
        }
        const { name, decimals } = field;
        const largest = most.digits * tenTo(decimals - most.scale);
        meanings.set(name, { kind: "quantity", dimension, slot: counts.number++, scale });
        slots.push({ kind: "number", name, decimals, most: largest });
        break;
      }
      case "choice":
      case "fact": {
        const of = field.kind === "choice" ? field.of : undefined;
        meanings.set(field.name, { kind: "text", slot: counts.text++, of });
        slots.push({ kind: "text", name: field.name, of: of && new Set(of) });
        break;
      }
      case "list": {
        const inner = lay(field.of);
        if (!inner.ok) return inner;
        const { name, least, most } = field;
        meanings.set(name, { kind: "list", slot: counts.list++, elements: inner.value.meanings });
        slots.push({ kind: "list", name, least, most, of: inner.value.slots });
        break;
      }
    }
  }
  return succeed({ slots, meanings });
}

/** Prepares the reading of a behaviour's fields. UNIT_UNKNOWN, METHODOLOGY_INVALID. */
export function prepareFields(fields: readonly FormulaField[]): Result<FrameReader> {
  const laid = lay(fields);
  if (!laid.ok) return laid;
  const { slots, meanings } = laid.value;
  const texts = slots.filter(({ kind }) => kind === "text").length;
  for (const [place, name] of calendarNames.entries()) {
    meanings.set(name, { kind: "text", slot: texts + place, of: undefined });
  }
  return succeed({
    meanings,
    read: (row, calendar) => {
      const read = readSlots(slots, row, "");
      if (!read.ok) return read;
      const { frame, quantities } = read.value;
      return succeed({ frame: { ...frame, texts: [...frame.texts, ...calendar] }, quantities });
    },
  });
}
