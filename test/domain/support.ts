import { readFileSync } from "node:fs";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import type { Methodology } from "../../server/domain/methodology/quantify.ts";
import type { Result } from "../../server/domain/result.ts";
import { type IntakeKeys, loadKeys } from "../../server/intake/keys.ts";
import {
  type ProgrammeRules,
  readMethodology,
  readProgrammeRules,
} from "../../server/intake/ruleFiles.ts";

export const root = new URL("../../", import.meta.url);

/** A vector file of test/vectors. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`test/vectors/${name}`, root), "utf8")) as T;
}

export const suite = await loadHashSuite("keccak");

/** The value, or the test fails with the refusal's code. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.refusal)}`);
  return result.value;
}

/** The refusal's code, or "accepted". */
export function codeOf(result: Result<unknown>): string {
  return result.ok ? "accepted" : result.refusal.code;
}

export async function demoMethodology(): Promise<Methodology> {
  return unwrap(await readMethodology(suite, new URL("methodologies/demo-transit-1.yaml", root)));
}

export async function demoRules(): Promise<ProgrammeRules> {
  return unwrap(await readProgrammeRules(new URL("rules/demo-programme.yaml", root)));
}

export function demoKeyFile(): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL("data/samples/demo-keys.json", root), "utf8"));
}

export function demoKeys(): IntakeKeys {
  const randomBytes = (): never => {
    throw new Error("the demonstration draws no randomness");
  };
  return unwrap(loadKeys(suite, demoKeyFile(), { mode: "demo", randomBytes }));
}

/** Numbers below `limit` that follow from the seed (mulberry32), so that a failure can be repeated. */
export function seeded(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

export function shuffled<T>(items: readonly T[], random: (limit: number) => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
