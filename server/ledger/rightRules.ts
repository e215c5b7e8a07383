import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { ClientBase, Pool } from "pg";
import { parse } from "yaml";
import { contentHash, type Json } from "../domain/canonical.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { loadRight, type RightRule } from "../domain/rights.ts";

/** Reads `rules/rights-*.yaml`. RIGHT_RULE_INVALID, DATE_MALFORMED, PERIOD_EMPTY, with the file's name. */
export async function readRightRules(
  folder: string,
): Promise<Result<{ rule: RightRule; body: Json }[]>> {
  const names = (await readdir(folder)).filter((name) => /^rights-.*\.yaml$/.test(name)).sort();
  const found: { rule: RightRule; body: Json }[] = [];
  for (const name of names) {
    const text = await readFile(path.join(folder, name), "utf8");
    let body: Json;
    try {
      body = parse(text, { strict: true, uniqueKeys: true });
    } catch {
      return refuse("RIGHT_RULE_INVALID", { values: { detail: `${name} is not YAML` } });
    }
    const rule = loadRight(body);
    if (!rule.ok) {
      const { code, values } = rule.refusal;
      return refuse(code, { values: { ...values, detail: `${name}: ${values?.detail ?? code}` } });
    }
    found.push({ rule: rule.value, body });
  }
  return succeed(found);
}

/** Stores the rules that are no drafts, so that postings use them; storing them again changes nothing. */
export async function registerRightRules(
  pool: Pool,
  suite: HashSuite,
  rules: readonly { rule: RightRule; body: Json }[],
): Promise<void> {
  for (const { rule, body } of rules) {
    if (rule.status === "draft") continue;
    await pool.query(
      `INSERT INTO ledger.right_rule (content_hash, programme, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [Buffer.from(contentHash(suite, body)), rule.programme, JSON.stringify(body)],
    );
  }
}

/** The rules of a programme, as stored. Throws when a stored rule cannot be read any more. */
export async function storedRightRules(
  client: ClientBase,
  programme: number,
): Promise<RightRule[]> {
  const { rows } = await client.query<{ body: unknown }>(
    "SELECT body FROM ledger.right_rule WHERE programme = $1 ORDER BY sequence",
    [programme],
  );
  return rows.map(({ body }) => {
    const rule = loadRight(body);
    if (!rule.ok) throw new Error(`a stored rule of rights is broken: ${rule.refusal.code}`);
    return rule.value;
  });
}
