import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { IntakeKeys } from "../../intake/keys.ts";

/** The keys, if they hold the programme's. PROGRAMME_KEY_MISSING. */
export function keysOf(intake: IntakeKeys | undefined, programme: number): Result<IntakeKeys> {
  const missing = refuse("PROGRAMME_KEY_MISSING", { values: { programme } });
  if (intake === undefined) return missing;
  try {
    intake.keys.programmeKey(programme);
  } catch {
    return missing;
  }
  return succeed(intake);
}
