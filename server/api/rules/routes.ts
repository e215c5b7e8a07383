import { chinaDay, formatDay, parseDay } from "../../domain/period.ts";
import { refuse, succeed } from "../../domain/result.ts";
import type { Regulation, RuleRow } from "../../domain/rules/load.ts";
import { ruleTitles } from "../../domain/rules/titles.ts";
import { defineRead } from "../read.ts";
import { rulesQuery, rulesSchema } from "./schema.ts";

const isOn = (row: RuleRow, day: number): boolean =>
  row.firstDay <= day && day < (row.endDay ?? Number.POSITIVE_INFINITY);

function shown(row: RuleRow, { id, title }: Regulation) {
  const { programme, rule, of, status, value, source, known } = row;
  return {
    ...{ programme, regulation: { id, title }, rule, title: ruleTitles[rule] },
    ...{ of, status, value, source },
    first: formatDay(row.firstDay),
    end: row.endDay === undefined ? null : formatDay(row.endDay),
    known,
    missing: row.status === "draft" ? row.missing : null,
  };
}

export const ruleRoutes = [
  defineRead({
    path: "/v1/rules",
    tag: "Service",
    summary: "The rules of a programme on a day 碳普惠机制规则",
    description:
      "What each programme's regulations say, row by row, with source and dates; a draft row says what is missing and decides nothing. 各机制规则逐条列出，附来源与有效期；草案注明所缺内容，不作为依据。",
    query: rulesQuery,
    answer: "The rows in force and the drafts of that day, programme by programme",
    schema: rulesSchema,
    refusals: ["DATE_MALFORMED", "NOT_FOUND"],
    find: async ({ query }, { programmeRules, now }) => {
      const asked = query.day === undefined ? succeed(chinaDay(now())) : parseDay(query.day);
      if (!asked.ok) return asked;
      const day = asked.value;
      const wanted = programmeRules.filter(
        ({ programme }) => query.programme === undefined || programme === Number(query.programme),
      );
      if (wanted.length === 0 && query.programme !== undefined) {
        return refuse("NOT_FOUND", { values: { what: "programme", id: query.programme } });
      }
      const items = wanted
        .flatMap((regulation) =>
          regulation.rows.filter((row) => isOn(row, day)).map((row) => shown(row, regulation)),
        )
        .sort((a, b) => a.programme - b.programme);
      return succeed({ day: formatDay(day), items });
    },
  }),
];
