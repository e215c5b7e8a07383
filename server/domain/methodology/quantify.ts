import { parseActivityRow, readFact, readSpan } from "../activity.ts";
import { chinaDay, formatDay } from "../period.ts";
import { type Result, refuse, succeed } from "../result.ts";
import type { BehaviourRule, MethodologyDocument } from "./schema.ts";

/** A behaviour with its formula worked out as far as the rule alone decides it. */
export type Behaviour = {
  rule: BehaviourRule;
  parameterIndex: number;
  /** What is committed to in the evidence: name to decimal text. */
  quantities: Readonly<Record<string, string>>;
  milligrams: bigint;
};

/** A methodology that was read, checked and pinned. */
export type Methodology = {
  document: MethodologyDocument;
  /** Hash of the canonical form, 32 bytes `0x…`; the chain stores it. */
  contentHash: string;
  windowSeconds: number;
  capMilligrams: bigint;
  firstDay: number;
  /** Not included; undefined while no end is decided. */
  endDay: number | undefined;
  behaviours: ReadonlyMap<string, Behaviour>;
};

/** One activity after the methodology looked at it. */
export type QuantifiedActivity = {
  orderNo: string;
  userId: string;
  behaviour: string;
  carrier: string;
  card: string;
  /** Unix seconds of its beginning. */
  at: number;
  /** Unix seconds of its end; equal to `at` for a moment. */
  end: number;
  milligrams: bigint;
  parameterIndex: number;
  quantities: Readonly<Record<string, string>>;
};

type Row = Readonly<Record<string, unknown>>;

function checkExclusions({ rule }: Behaviour, row: Row): Result<Row> {
  for (const field of rule.stations) {
    if (readFact(row, field) === "") return refuse("STATION_MISSING", { field });
  }
  for (const { code, fields } of rule.exclusions) {
    // Blanks were refused above, so equal means the same named place.
    if (readFact(row, fields[0]) === readFact(row, fields[1])) {
      return refuse(code, { field: fields[1] });
    }
  }
  return succeed(row);
}

/**
 * What one reported row earns under a methodology, in milligrams rounded down. Refusals in the order
 * they are looked for: the row's form (FIELD_MISSING, FIELD_MALFORMED, BEHAVIOUR_UNKNOWN),
 * CARRIER_MISSING, INSTANT_MALFORMED, EXIT_BEFORE_ENTRY, ACTIVITY_OUTSIDE_METHODOLOGY,
 * STATION_MISSING, NO_TRAVEL.
 */
export function quantify(methodology: Methodology, reported: unknown): Result<QuantifiedActivity> {
  const parsed = parseActivityRow(reported);
  if (!parsed.ok) return parsed;
  const row: Row = parsed.value;
  const { behaviour: id, orderNo, userId } = parsed.value;
  const behaviour = methodology.behaviours.get(id);
  if (!behaviour) {
    return refuse("BEHAVIOUR_UNKNOWN", { field: "behaviour", values: { behaviour: id } });
  }
  const { identity } = behaviour.rule;
  for (const field of [identity.carrier, identity.card]) {
    if (readFact(row, field) === "") return refuse("CARRIER_MISSING", { field });
  }
  const span = readSpan(row, identity.at, behaviour.rule.end);
  if (!span.ok) return span;
  const day = chinaDay(span.value.at);
  if (day < methodology.firstDay || day >= (methodology.endDay ?? Number.POSITIVE_INFINITY)) {
    return refuse("ACTIVITY_OUTSIDE_METHODOLOGY", {
      field: identity.at,
      values: { day: formatDay(day) },
    });
  }
  const included = checkExclusions(behaviour, row);
  if (!included.ok) return included;
  return succeed({
    orderNo,
    userId,
    behaviour: id,
    carrier: readFact(row, identity.carrier),
    card: readFact(row, identity.card),
    ...span.value,
    milligrams: behaviour.milligrams,
    parameterIndex: behaviour.parameterIndex,
    quantities: behaviour.quantities,
  });
}
