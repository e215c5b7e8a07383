import type { Pool } from "pg";
import {
  type Found,
  findByContent,
  findByHex,
  findByNumber,
  foundKinds,
} from "../../database/queries/search.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { defineRead } from "../read.ts";
import { foundSchema, searchQuery } from "./schema.ts";

const MOST_OF_A_KIND = 20;
const HEX = /^0x[0-9a-f]{4,64}$/;
const ANY_HEX = /^0x[0-9a-f]*$/;
const NUMBER = /^\d{1,18}$/;

const places: Readonly<Record<string, (id: string) => string>> = {
  request: (id) => `/v1/issuance-requests/${id}`,
  methodology: (id) => `/v1/methodologies/${id}`,
  source: (id) => `/v1/sources/${id}`,
  token: (id) => `/v1/tokens/${id}`,
  retirement: (id) => `/v1/retirements/${id}`,
  certificate: (id) => `/v1/certificates/${id}`,
  account: (id) => `/v1/accounts/${id}/holdings`,
};

/** Hashes of the methodologies whose title, code or issuer has all of these words. */
function contentsNamed(words: string, { methodologies }: ApiDependencies): string[] {
  const wanted = words.split(/\s+/);
  return [...methodologies]
    .filter(([, { methodology }]) => {
      const { title, code, issuer } = methodology.document;
      const text = [title.en, title.zh, code, issuer].join(" ").toLowerCase();
      return wanted.every((word) => text.includes(word));
    })
    .map(([hash]) => hash);
}

async function search(text: string, dependencies: ApiDependencies): Promise<Result<Found[]>> {
  const { pool }: { pool: Pool } = dependencies;
  const most = MOST_OF_A_KIND + 1;
  const wanted = text.toLowerCase();
  if (HEX.test(wanted)) return succeed(await findByHex(pool, wanted, most));
  if (ANY_HEX.test(wanted)) return refuse("FIELD_MALFORMED", { field: "q" });
  if (NUMBER.test(wanted)) return succeed(await findByNumber(pool, BigInt(wanted), most));
  return succeed(await findByContent(pool, contentsNamed(wanted, dependencies), most));
}

/** The first of each kind, in the order of the kinds. */
function shown(found: readonly Found[]) {
  const groups = foundKinds.map((kind) => found.filter((one) => one.kind === kind));
  const items = groups
    .flatMap((group) => group.slice(0, MOST_OF_A_KIND))
    .map((one) => ({ ...one, href: places[one.kind]?.(one.id) ?? "/v1" }));
  return { items, truncated: groups.some((group) => group.length > MOST_OF_A_KIND) };
}

export const searchRoutes = [
  defineRead({
    path: "/v1/search",
    tag: "Service",
    summary: "Find sources, methodologies, units, retirements, certificates and accounts 检索",
    description:
      "By the beginning of an id, a hash of content, an asset key or a party's address; by a request's or methodology's number; by words of a methodology's title. Names of beneficiaries stand in published documents and are not searched. 按编号、哈希、地址的开头，按申请或方法学编号，或按方法学名称检索；不检索受益方名称。",
    query: searchQuery,
    answer: "At most 20 of each kind",
    schema: foundSchema,
    refusals: ["FIELD_MALFORMED"],
    find: async ({ query: { q } }, dependencies) => {
      const found = await search(q, dependencies);
      return found.ok ? succeed(shown(found.value)) : found;
    },
  }),
];
