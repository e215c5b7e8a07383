import type pg from "pg";
import { fromHex } from "../../server/domain/bytes.ts";
import { encodeTokenId, formatTokenId, sourceIdOf } from "../../server/domain/tokenId.ts";
import { demoMethodology, suite } from "../domain/support.ts";
import { ACCOUNT, CHAIN_ID } from "./api.ts";
import { filled } from "./database.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");

export const ASSET_KEY = filled(0x0a);
const sourceBytes = sourceIdOf(suite, 1, 1, fromHex(ASSET_KEY));
export const SOURCE_ID = `0x${Buffer.from(sourceBytes).toString("hex")}`;

/** The id of the units the test source earns from a day on. */
export function tokenIdOf(firstDay: number, endDay = firstDay + 1): string {
  return formatTokenId(
    encodeTokenId(suite, {
      programme: 1,
      methodology: 1,
      firstDay,
      endDay,
      sourceId: sourceBytes,
      assetKey: fromHex(ASSET_KEY),
    }),
  );
}

export const TOKEN_ID = tokenIdOf(17_775);
/** Blocks up to this one are final in the written mirror. */
export const FINAL_BLOCK = 100;
const HEAD_BLOCK = 110;

/** Inserts one row; values that look like `0x…` become bytes. */
export async function insertRow(
  owner: pg.Pool,
  table: string,
  row: Readonly<Record<string, string | number | boolean | null>>,
): Promise<void> {
  const names = Object.keys(row);
  const values = Object.values(row).map((value) =>
    typeof value === "string" && /^0x([0-9a-f]{2})*$/.test(value) ? bytes(value) : value,
  );
  const places = names.map((_, index) => `$${index + 1}`);
  await owner.query(
    `INSERT INTO ${table} (${names.join(", ")}) VALUES (${places.join(", ")})`,
    values,
  );
}

/** Programme, methodology, source, and where the mirror stands. */
export async function writeRegistry(owner: pg.Pool): Promise<void> {
  const document = filled(0xd0);
  const methodology = await demoMethodology();
  // As after the first sync.
  await owner.query("SELECT mirror.index_accounts('mirror')");
  await insertRow(owner, "mirror.checkpoint", {
    chain_id: CHAIN_ID,
    first_block: 0,
    position: "0".repeat(32),
    block_number: HEAD_BLOCK,
    final_block: FINAL_BLOCK,
  });
  await insertRow(owner, "mirror.programme", {
    programme: 1,
    tier: 2,
    authority: ACCOUNT.authority,
    institution: filled(0x01),
    document,
    block_number: 1,
    created_at: 1,
  });
  await insertRow(owner, "mirror.methodology", {
    programme: 1,
    methodology: 1,
    content_hash: methodology.contentHash,
    class: 1,
    status: 3,
    first_day: 17_532,
    end_day: 0,
    cap_milligrams: 600_000,
    document,
    block_number: 1,
  });
  await insertRow(owner, "mirror.source", {
    source_id: SOURCE_ID,
    programme: 1,
    methodology: 1,
    asset_key: ASSET_KEY,
    applicant: ACCOUNT.applicant,
    owner: ACCOUNT.applicant,
    document,
    block_number: 2,
  });
}

/** A request of the test source in any state. */
export async function writeRequest(
  owner: pg.Pool,
  requestId: number,
  firstDay: number,
  state: string,
): Promise<void> {
  await insertRow(owner, "mirror.request", {
    request_id: requestId,
    token_id: tokenIdOf(firstDay),
    source_id: SOURCE_ID,
    programme: 1,
    methodology: 1,
    applicant: ACCOUNT.applicant,
    first_day: firstDay,
    end_day: firstDay + 1,
    root: filled(0x70),
    total_milligrams: 6_920_452_000,
    count: 18_502,
    depth: 15,
    hash_suite: 1,
    leaf_file_hash: filled(0x71),
    report_hash: filled(0x72),
    state,
    proposed_at: 1_700_000_000,
    transaction_hash: filled(0x73),
    block_number: 3,
    ...(state === "filed" ? { filed_at: 1_700_000_100, notice_end: 1_700_000_200 } : {}),
  });
}

/** Units of one id, all held by one account. */
export async function writeToken(
  owner: pg.Pool,
  tokenId: string,
  account: string,
  grams: number,
): Promise<void> {
  await insertRow(owner, "mirror.token", {
    token_id: tokenId,
    programme: 1,
    methodology: 1,
    first_day: 17_775,
    end_day: 17_776,
    request_id: 1,
    source_id: SOURCE_ID,
    owner: account,
    issued_grams: grams,
    issued_at: 1_700_000_300,
    transaction_hash: filled(0x74),
    block_number: 4,
  });
  await insertRow(owner, "mirror.holding", { token_id: tokenId, account, grams });
}

/** A retirement with one line. */
export async function writeRetirement(
  owner: pg.Pool,
  of: {
    retirementId: string;
    holder: string;
    grams: number;
    content: string;
    block: number;
    tokenId?: string;
  },
): Promise<void> {
  await insertRow(owner, "mirror.retirement", {
    retirement_id: of.retirementId,
    holder: of.holder,
    programme: 1,
    purpose: 3,
    content: of.content,
    grams: of.grams,
    transaction_hash: filled(0x75),
    block_number: of.block,
    log_index: Number.parseInt(of.retirementId.slice(-2), 16),
    retired_at: 1_700_000_400,
  });
  await insertRow(owner, "mirror.retirement_line", {
    retirement_id: of.retirementId,
    line: 0,
    token_id: of.tokenId ?? TOKEN_ID,
    grams: of.grams,
    first_serial: 0,
    end_serial: of.grams,
  });
}
