/** What came of a check. `notProvable`: the published files and the chain do not say. */
export type CheckResult = "pass" | "fail" | "notProvable";

/** One check: a stable id, what came of it, and one sentence in each language. */
export type Check = {
  id: string;
  result: CheckResult;
  en: string;
  zh: string;
  /** The token or ride it is about; absent for checks of the chain as a whole. */
  subject?: string;
};

/** Everything that was checked; `ok` exactly when no check failed and at least one was made. */
export type Report = { ok: boolean; checks: Check[] };

/** The sentence of a result, in English and Chinese. */
export type Sentence = readonly [en: string, zh: string];

export function pass(id: string, [en, zh]: Sentence): Check {
  return { id, result: "pass", en, zh };
}

export function fail(id: string, [en, zh]: Sentence): Check {
  return { id, result: "fail", en, zh };
}

export function notProvable(id: string, [en, zh]: Sentence): Check {
  return { id, result: "notProvable", en, zh };
}

/**
 * The check of a whole list: the first problem found fails it, none passes it. An empty list proves
 * nothing.
 */
export function everyOf<T>(
  id: string,
  items: readonly T[],
  sentences: { good: Sentence; none: Sentence },
  problemOf: (item: T) => Sentence | undefined,
): Check {
  if (items.length === 0) return notProvable(id, sentences.none);
  for (const item of items) {
    const problem = problemOf(item);
    if (problem) return fail(id, problem);
  }
  return pass(id, sentences.good);
}

export function reportOf(checks: Check[]): Report {
  const ok = checks.length > 0 && checks.every(({ result }) => result !== "fail");
  return { ok, checks };
}

const marks: Readonly<Record<CheckResult, string>> = {
  pass: "pass          通过",
  fail: "FAIL          不通过",
  notProvable: "not provable  无法证明",
};

/** The report as a table for people: one line per check and its sentence in both languages below. */
export function formatReport(report: Report): string {
  const lines: string[] = [];
  let subject: string | undefined;
  const width = Math.max(...report.checks.map(({ id }) => id.length), 0);
  for (const check of report.checks) {
    if (check.subject !== subject) {
      subject = check.subject;
      lines.push("", subject ?? "");
    }
    const indent = " ".repeat(width + 4);
    lines.push(`  ${check.id.padEnd(width)}  ${marks[check.result]}`);
    lines.push(`${indent}${check.en}`, `${indent}${check.zh}`);
  }
  const count = (result: CheckResult): number =>
    report.checks.filter((check) => check.result === result).length;
  const [passed, failed, open] = [count("pass"), count("fail"), count("notProvable")];
  lines.push("");
  lines.push(`${passed} passed, ${failed} failed, ${open} not provable`);
  lines.push(`${passed} 项通过，${failed} 项不通过，${open} 项无法证明`);
  return lines.join("\n");
}
