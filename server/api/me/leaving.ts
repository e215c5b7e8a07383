import { randomUUID } from "node:crypto";
import { chinaDay } from "../../domain/period.ts";
import { succeed } from "../../domain/result.ts";
import { deletePerson, giveUp } from "../../ledger/deletion.ts";
import { exportPerson } from "../../ledger/personExport.ts";
import { doneSchema } from "../persons/schema.ts";
import { accountOfPerson } from "./account.ts";
import { defineOwn, done } from "./own.ts";
import { deletedSchema, exportSchema, giveUpBody } from "./schema.ts";

/** Kept while the programme has no rule of retention: the last day of this registry. */
const UNTIL_A_RULE_SAYS = 100_000;

export const leavingRoutes = [
  defineOwn({
    method: "get",
    path: "/v1/me/export",
    summary: "Everything held of oneself, as one file 导出我的全部数据",
    answer: "The file",
    schema: exportSchema,
    find: async (person, _, { pool, now }) =>
      succeed({
        format: "tanpu-person/1",
        exportedAt: new Date(now() * 1_000).toISOString(),
        account: await accountOfPerson(pool, person),
        ...(await exportPerson(pool, person.participant)),
      }),
  }),
  defineOwn({
    method: "post",
    path: "/v1/me/settlement",
    summary: "Settle one's account before leaving 注销前结清账户",
    description:
      "`give-up`: what is pending and issued goes to the programme for good. Who would rather keep the worth of it first uses it: points at the platform, or a mandate to an agent.",
    body: giveUpBody,
    example: { way: "give-up" },
    refusals: ["BALANCE_SHORT"],
    answer: "Nothing pending or issued is left",
    schema: doneSchema,
    find: async (person, _, { pool }) => done(await giveUp(pool, person, randomUUID())),
  }),
  defineOwn({
    method: "post",
    path: "/v1/me/deletion",
    summary: "Delete oneself 删除我的账户与数据",
    description:
      "Refused while something is pending, issued, behind points or under a mandate. Then the person's row and all salts are destroyed, so that nothing published can be opened any more; roots still verify. What stands behind issued units stays under its pseudonym, shown to nobody, until the programme's term of retention ends.\n\n删除后个人记录与全部盐值即行销毁，已公布的承诺无法再被打开，各树根仍可验证；已签发部分的证据限制保存至规定期限。",
    refusals: ["ACCOUNT_NOT_SETTLED", "ACCOUNT_MANDATE_OPEN"],
    answer: "Deleted; the token opens nothing any more",
    schema: deletedSchema,
    find: async (person, _, { pool, retention, now }) => {
      const days = retention.get(person.programme);
      const today = chinaDay(now());
      const retainedUntil = days === undefined ? UNTIL_A_RULE_SAYS : today + days;
      const deleted = await deletePerson(pool, person, { retainedUntil, now: now() });
      return deleted.ok ? succeed({ deleted: true, ...deleted.value }) : deleted;
    },
  }),
];
