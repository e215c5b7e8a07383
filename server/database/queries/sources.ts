import type { Pool } from "pg";
import { formatDay } from "../../domain/period.ts";
import { bytesOf, hexOf, type Page, type PageRequest, pageOf } from "../codec.ts";

export type SourceView = {
  sourceId: string;
  programme: number;
  methodology: number;
  assetKey: string;
  applicant: string;
  owner: string;
  carryMilligrams: string;
  /** pending, active, suspended, delisted. */
  state: string;
  document: string;
};

type SourceRow = {
  source_id: Buffer;
  programme: bigint;
  methodology: bigint;
  asset_key: Buffer;
  applicant: Buffer;
  owner: Buffer;
  carry_milligrams: string;
  state: string;
  document: Buffer;
};

function sourceView(row: SourceRow): SourceView {
  return {
    sourceId: hexOf(row.source_id),
    programme: Number(row.programme),
    methodology: Number(row.methodology),
    assetKey: hexOf(row.asset_key),
    applicant: hexOf(row.applicant),
    owner: hexOf(row.owner),
    carryMilligrams: row.carry_milligrams,
    state: row.state,
    document: hexOf(row.document),
  };
}

export async function findSource(pool: Pool, sourceId: string): Promise<SourceView | undefined> {
  const { rows } = await pool.query<SourceRow>("SELECT * FROM mirror.source WHERE source_id = $1", [
    bytesOf(sourceId),
  ]);
  return rows[0] && sourceView(rows[0]);
}

/** The first sources of a programme; two are enough to know whether there is exactly one. */
export async function listSources(
  pool: Pool,
  programme: number,
  limit: number,
): Promise<SourceView[]> {
  const { rows } = await pool.query<SourceRow>(
    "SELECT * FROM mirror.source WHERE programme = $1 ORDER BY methodology, source_id LIMIT $2",
    [programme, limit],
  );
  return rows.map(sourceView);
}

export const sourceList = { name: "sources", forms: [/^0x[0-9a-f]{64}$/] } as const;

/** Sources in the order of their ids. */
export async function searchSources(
  pool: Pool,
  filter: { programme?: number; methodology?: number; state?: string; party?: string },
  page: PageRequest,
): Promise<Page<SourceView>> {
  const after = page.after?.[0];
  const { rows } = await pool.query<SourceRow>(
    `SELECT * FROM mirror.source
     WHERE ($1::bigint IS NULL OR programme = $1) AND ($2::bigint IS NULL OR methodology = $2)
       AND ($3::text IS NULL OR state = $3) AND ($4::bytea IS NULL OR applicant = $4 OR owner = $4)
       AND ($5::bytea IS NULL OR source_id > $5)
     ORDER BY source_id LIMIT $6`,
    [
      filter.programme ?? null,
      filter.methodology ?? null,
      filter.state ?? null,
      filter.party === undefined ? null : bytesOf(filter.party),
      after === undefined ? null : bytesOf(after),
      page.limit + 1,
    ],
  );
  return pageOf(sourceList.name, rows, page.limit, {
    view: sourceView,
    key: (row) => [hexOf(row.source_id)],
  });
}

export type MethodologyView = {
  programme: number;
  methodology: number;
  contentHash: string;
  class: number;
  /** 1 official, 2 published, 3 demonstration. */
  status: number;
  firstDay: number;
  /** Not included; 0 while no end is decided. */
  endDay: number;
  capMilligrams: string;
};

type MethodologyRow = {
  programme: bigint;
  methodology: bigint;
  content_hash: Buffer;
  class: number;
  status: number;
  first_day: bigint;
  end_day: bigint;
  cap_milligrams: string;
};

function methodologyView(row: MethodologyRow): MethodologyView {
  return {
    programme: Number(row.programme),
    methodology: Number(row.methodology),
    contentHash: hexOf(row.content_hash),
    class: row.class,
    status: row.status,
    firstDay: Number(row.first_day),
    endDay: Number(row.end_day),
    capMilligrams: row.cap_milligrams,
  };
}

export async function findMethodology(
  pool: Pool,
  programme: number,
  methodology: number,
): Promise<MethodologyView | undefined> {
  const { rows } = await pool.query<MethodologyRow>(
    "SELECT * FROM mirror.methodology WHERE programme = $1 AND methodology = $2",
    [programme, methodology],
  );
  return rows[0] && methodologyView(rows[0]);
}

export const methodologyList = {
  name: "methodologies",
  forms: [/^\d{1,10}$/, /^\d{1,10}$/],
} as const;

/** Registered methodologies by programme and number. */
export async function listMethodologies(
  pool: Pool,
  filter: { programme?: number; class?: number },
  page: PageRequest,
): Promise<Page<MethodologyView>> {
  const [programme = null, methodology = null] = page.after ?? [];
  const { rows } = await pool.query<MethodologyRow>(
    `SELECT * FROM mirror.methodology
     WHERE ($1::bigint IS NULL OR programme = $1) AND ($2::integer IS NULL OR class = $2)
       AND ($3::bigint IS NULL OR (programme, methodology) > ($3, $4::bigint))
     ORDER BY programme, methodology LIMIT $5`,
    [filter.programme ?? null, filter.class ?? null, programme, methodology, page.limit + 1],
  );
  return pageOf(methodologyList.name, rows, page.limit, {
    view: methodologyView,
    key: (row) => [row.programme.toString(), row.methodology.toString()],
  });
}

/** A closed period: what an issuance request proposes. */
export type BatchView = {
  batchId: string;
  sourceId: string;
  firstDay: number;
  endDay: number;
  period: { first: string; end: string };
  root: string;
  totalMilligrams: string;
  count: string;
  depth: number;
  leafFileHash: string;
  accepted: string;
  duplicates: string;
};

export async function findBatch(pool: Pool, batchId: string): Promise<BatchView | undefined> {
  const { rows } = await pool.query<{
    id: string;
    source_id: Buffer;
    first_day: number;
    end_day: number;
    root: Buffer;
    total_milligrams: string;
    count: bigint;
    depth: number;
    leaf_file_hash: Buffer;
    accepted: bigint;
    duplicates: bigint;
  }>("SELECT * FROM intake.batch WHERE id = $1", [batchId]);
  const row = rows[0];
  return (
    row && {
      batchId: row.id,
      sourceId: hexOf(row.source_id),
      firstDay: row.first_day,
      endDay: row.end_day,
      period: { first: formatDay(row.first_day), end: formatDay(row.end_day) },
      root: hexOf(row.root),
      totalMilligrams: row.total_milligrams,
      count: row.count.toString(),
      depth: row.depth,
      leafFileHash: hexOf(row.leaf_file_hash),
      accepted: row.accepted.toString(),
      duplicates: row.duplicates.toString(),
    }
  );
}

export type MirrorPosition = {
  chainId: number;
  blockNumber: number;
  finalBlock: number;
  /** Seconds since the indexer last wrote. */
  ageSeconds: number;
};

/** How far the mirror is; undefined before the indexer's first step. */
export async function findMirrorPosition(pool: Pool): Promise<MirrorPosition | undefined> {
  const { rows } = await pool.query<{
    chain_id: bigint;
    block_number: bigint;
    final_block: bigint;
    age: number;
  }>(
    `SELECT chain_id, block_number, final_block,
            extract(epoch FROM now() - updated_at)::float8 AS age FROM mirror.checkpoint`,
  );
  const row = rows[0];
  return (
    row && {
      chainId: Number(row.chain_id),
      blockNumber: Number(row.block_number),
      finalBlock: Number(row.final_block),
      ageSeconds: Math.max(0, Math.floor(row.age)),
    }
  );
}

/** The first of the program's schemas that is not there yet; undefined when all are. */
export async function findMissingSchema(pool: Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT name FROM (VALUES (1, 'app', 'app.operation'), (2, 'intake', 'intake.report'),
                              (3, 'mirror', 'mirror.checkpoint')) AS wanted (place, name, relation)
     WHERE to_regclass(relation) IS NULL ORDER BY place LIMIT 1`,
  );
  return rows[0]?.name;
}
