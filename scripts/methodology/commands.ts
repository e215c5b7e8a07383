import { open, readFile } from "node:fs/promises";
import { parse as parseCsv } from "csv-parse";
import { parse as parseYaml } from "yaml";
import { explain } from "../../server/domain/errors.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import {
  type AnyMethodology,
  checkCanBePutInForce,
  loadAnyMethodology,
  statusOf,
} from "../../server/domain/methodology/catalogue.ts";
import {
  type BehaviourDifference,
  compareOnRows,
  type TrialSide,
} from "../../server/domain/methodology/dryRun.ts";
import { runExamples } from "../../server/domain/methodology/formulaExamples.ts";
import { type Result, refuse } from "../../server/domain/result.ts";
import { formatMilligrams } from "../../server/domain/units.ts";

/** A file that cannot be read, told to whoever typed the command. */
export class MethodologyError extends Error {
  override readonly name = "MethodologyError";
}

export type Print = (line: string) => void;

export const errorOf = (result: Result<unknown> & { ok: false }): string =>
  `${explain(result.refusal, "en")}\n${explain(result.refusal, "zh")}`;

export async function loadFile(file: string): Promise<Result<AnyMethodology>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new MethodologyError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
  const suite = await loadHashSuite("keccak");
  let parsed: unknown;
  try {
    parsed = parseYaml(text, { strict: true, uniqueKeys: true });
  } catch {
    return refuse("METHODOLOGY_INVALID", { values: { detail: "not YAML" } });
  }
  return loadAnyMethodology(suite, parsed);
}

function examplesOf(any: AnyMethodology): { run: number; left: number } {
  if (any.form === 1) {
    const run = [...any.methodology.behaviours.values()].flatMap(({ rule }) => rule.examples);
    return { run: run.length, left: 0 };
  }
  const all = any.methodology.document.behaviours.flatMap(({ examples }) => examples).length;
  const run = runExamples(any.methodology).length;
  return { run, left: all - run };
}

/** Loads one file and says what it is worth: exit code 0 when it is sound, 1 when it is refused. */
export async function checkMethodologyFile(file: string, print: Print): Promise<number> {
  const loaded = await loadFile(file);
  if (!loaded.ok) {
    print(`refused 不通过  ${loaded.refusal.code}`);
    print(errorOf(loaded));
    return 1;
  }
  const any = loaded.value;
  const { code, version, title } = any.methodology.document;
  const { run, left } = examplesOf(any);
  print(`${code} ${version}  ${title.en} / ${title.zh}`);
  print(`content hash 内容哈希  ${any.methodology.contentHash}`);
  print(`status 状态  ${statusOf(any)} (file 文件: ${any.methodology.document.status})`);
  print("units 单位  every formula comes out in mass of CO2e / 各公式结果均为二氧化碳当量质量");
  print(`examples 算例  ${run} run, all as stated / 已运行${run}个，均一致`);
  if (left > 0) print(`examples 算例  ${left} wait for values / ${left}个待数值补齐`);
  const missing = any.form === 2 ? any.methodology.missing : [];
  for (const { where, what } of missing) print(`missing 缺少  ${where}: ${what.en} / ${what.zh}`);
  const inForce = checkCanBePutInForce(any, { demonstration: false });
  print(inForce.ok ? "It can be put in force.\n可以启用。" : `Not in force: ${errorOf(inForce)}`);
  return 0;
}

export const sideText = ({ quantified, milligrams, refusals }: TrialSide): string => {
  const refused = Object.entries(refusals)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([refusal, times]) => `${refusal} ${times}`)
    .join(", ");
  return `${quantified} rows 行, ${formatMilligrams(milligrams)}${refused && `; refused 拒绝: ${refused}`}`;
};

/** Amounts as decimal strings, because JSON numbers lose digits. */
export function jsonOf(differences: readonly BehaviourDifference[]): string {
  return JSON.stringify({ differences }, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

async function rowsOf(file: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  const options = { columns: true, bom: true, skip_empty_lines: true, trim: true } as const;
  try {
    const source = await open(file);
    const parser = source.createReadStream().pipe(parseCsv(options));
    for await (const row of parser) rows.push(row);
  } catch (error) {
    throw new MethodologyError(`${file} cannot be read as CSV: ${(error as Error).message}.`);
  }
  return rows;
}

/** Quantifies the rows of a CSV file by two files and prints the difference per behaviour. */
export async function compareMethodologyFiles(
  files: { first: string; second: string; activities: string },
  options: { json: boolean },
  print: Print,
): Promise<number> {
  const [first, second] = [await loadFile(files.first), await loadFile(files.second)];
  for (const [file, loaded] of [
    [files.first, first],
    [files.second, second],
  ] as const) {
    if (!loaded.ok) print(`${file}  refused 不通过  ${loaded.refusal.code}\n${errorOf(loaded)}`);
  }
  if (!first.ok || !second.ok) return 1;
  const differences = compareOnRows(first.value, second.value, await rowsOf(files.activities));
  if (options.json) {
    print(jsonOf(differences));
    return 0;
  }
  const name = ({ methodology }: AnyMethodology): string =>
    `${methodology.document.code} ${methodology.document.version}`;
  print("Dry run: nothing is stored. 试算：不保存任何结果。");
  print(`A  ${name(first.value)} (${statusOf(first.value)})`);
  print(`B  ${name(second.value)} (${statusOf(second.value)})`);
  for (const one of differences) {
    print("");
    print(`${one.behaviour || "(no behaviour 无行为)"}: ${one.rows} rows 行`);
    print(`  A    ${sideText(one.first)}`);
    print(`  B    ${sideText(one.second)}`);
    print(
      `  B-A  ${formatMilligrams(one.differenceMilligrams)} (${one.differenceMilligrams} mg); changed rows 变化行数: ${one.changedRows}`,
    );
  }
  const total = differences.reduce((sum, one) => sum + one.differenceMilligrams, 0n);
  print("");
  print(`total 合计  B-A  ${formatMilligrams(total)} (${total} mg)`);
  return 0;
}
