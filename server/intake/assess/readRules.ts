import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";
import { parse } from "yaml";
import { loadBehaviourExclusions } from "../../domain/methodology/behaviourExclusions.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { loadReviewRules, type ReviewRules } from "../../domain/reviewRules.ts";
import type { AssessRules } from "./assess.ts";

async function readYaml(file: string): Promise<Result<unknown>> {
  const text = await readFile(file, "utf8");
  try {
    return succeed(parse(text, { strict: true, uniqueKeys: true }));
  } catch {
    const detail = `${path.basename(file)} is not YAML`;
    return refuse("REVIEW_RULES_INVALID", { values: { detail } });
  }
}

/**
 * Reads every `*-review.yaml` and `behaviour-exclusions.yaml` of the rules' folder. REVIEW_RULES_INVALID,
 * EXCLUSIONS_INVALID, DATE_MALFORMED.
 */
export async function readAssessRules(folder: string): Promise<Result<AssessRules>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith("-review.yaml")).sort();
  const review: ReviewRules[] = [];
  for (const name of names) {
    const parsed = await readYaml(path.join(folder, name));
    const rules = parsed.ok ? loadReviewRules(parsed.value) : parsed;
    if (!rules.ok) return rules;
    review.push(rules.value);
  }
  const table = await readYaml(path.join(folder, "behaviour-exclusions.yaml"));
  const exclusions = table.ok ? loadBehaviourExclusions(table.value) : table;
  return exclusions.ok ? succeed({ review, exclusions: exclusions.value }) : exclusions;
}
