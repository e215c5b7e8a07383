import pg from "pg";
import { type AnyMethodology, statusOf } from "../../server/domain/methodology/catalogue.ts";
import {
  type BehaviourDifference,
  compareOnKept,
  type KeptGroup,
} from "../../server/domain/methodology/dryRun.ts";
import { formatDay, type Period, parseDay } from "../../server/domain/period.ts";
import { formatMilligrams } from "../../server/domain/units.ts";
import { errorOf, jsonOf, loadFile, MethodologyError, type Print, sideText } from "./commands.ts";

export type StoredPeriod = {
  /** 32 bytes, `0x…`. */
  sourceId: string;
  /** `YYYY-MM-DD`. */
  first: string;
  /** Not included. */
  end: string;
};

type Row = {
  behaviour: string;
  day: number;
  quantities: string;
  milligrams: string;
  rows: string;
};

/** Reports that say the same are one row: a day of a city has few different quantities. */
const GROUPS = `SELECT r.behaviour, ((r.activity_at + 28800) / 86400)::integer AS day, r.quantities,
       r.milligrams::text, count(*)::text AS rows
  FROM intake.report r
 WHERE r.source = (SELECT source FROM intake.source WHERE source_id = $1)
   AND r.day >= $2 AND r.day < $3
   AND ($4 OR EXISTS (SELECT FROM intake.membership m
                       WHERE m.day = r.day AND m.platform = r.platform AND m.row_key = r.row_key
                         AND m.day >= $2 AND m.day < $3 AND m.credited))
 GROUP BY 1, 2, 3, 4`;

function dayOf(name: string, date: string): number {
  const day = parseDay(date);
  if (!day.ok) throw new MethodologyError(`--${name} takes a day such as 2024-06-01.`);
  return day.value;
}

/** What the registry holds of the period: what was credited once it is closed, all reports before. */
async function storedGroups(
  client: pg.Client,
  sourceId: string,
  { firstDay, endDay }: Period,
): Promise<{ isClosed: boolean; groups: KeptGroup[] }> {
  const source = Buffer.from(sourceId.slice(2), "hex");
  const closed = await client.query<{ days: string }>(
    `SELECT coalesce(sum(least(end_day, $3) - greatest(first_day, $2)), 0)::text AS days
       FROM intake.batch WHERE source_id = $1 AND first_day < $3 AND end_day > $2`,
    [source, firstDay, endDay],
  );
  const isClosed = Number(closed.rows[0]?.days) === endDay - firstDay;
  const { rows } = await client.query<Row>(GROUPS, [source, firstDay, endDay, !isClosed]);
  const groups = rows.map((row) => ({
    behaviour: row.behaviour,
    day: formatDay(row.day),
    quantities: JSON.parse(row.quantities) as Record<string, string>,
    milligrams: BigInt(row.milligrams),
    rows: Number(row.rows),
  }));
  return { isClosed, groups };
}

/**
 * Quantifies the stored reports of a period by a file that need not be published, and prints the
 * difference to what they were credited. Nothing is stored. Exit code 0, or 1 when the file is refused.
 */
export async function comparePeriod(
  databaseUrl: string,
  of: StoredPeriod & { file: string; json: boolean },
  print: Print,
): Promise<number> {
  if (!/^0x[0-9a-f]{64}$/.test(of.sourceId)) {
    throw new MethodologyError("--source takes a source's id, 0x and 64 hex digits.");
  }
  const period = { firstDay: dayOf("first", of.first), endDay: dayOf("end", of.end) };
  if (period.endDay <= period.firstDay) throw new MethodologyError("--end is after --first.");
  const loaded = await loadFile(of.file);
  if (!loaded.ok) {
    print(`${of.file}  refused 不通过  ${loaded.refusal.code}\n${errorOf(loaded)}`);
    return 1;
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { isClosed, groups } = await storedGroups(client, of.sourceId, period);
    const differences = compareOnKept(loaded.value, groups);
    if (of.json) print(jsonOf(differences));
    else tell(loaded.value, isClosed, differences, print);
    return 0;
  } finally {
    await client.end();
  }
}

function tell(
  any: AnyMethodology,
  isClosed: boolean,
  differences: readonly BehaviourDifference[],
  print: Print,
): void {
  const { code, version } = any.methodology.document;
  print("Dry run: nothing is stored. 试算：不保存任何结果。");
  print(
    isClosed
      ? "A  credited reports of the closed period 已关闭期间的计入记录"
      : "A  all stored reports; the period is not closed 全部已存记录（期间未关闭）",
  );
  print(`B  ${code} ${version} (${statusOf(any)})`);
  for (const one of differences) {
    print("");
    print(`${one.behaviour}: ${one.rows} rows 行`);
    print(`  A    ${sideText(one.first)}`);
    print(`  B    ${sideText(one.second)}`);
    const lacking = one.second.refusals.FIELD_MISSING ?? 0;
    if (lacking > 0) print(`  B    ${lacking} rows lack a quantity 行缺少所需监测量`);
    print(
      `  B-A  ${formatMilligrams(one.differenceMilligrams)} (${one.differenceMilligrams} mg); changed rows 变化行数: ${one.changedRows}`,
    );
  }
  const total = differences.reduce((sum, one) => sum + one.differenceMilligrams, 0n);
  print("");
  print(`total 合计  B-A  ${formatMilligrams(total)} (${total} mg)`);
}
