import type { Pool } from "pg";
import { bytesOf, hexOf, hexOrNull, type Page, type PageRequest, pageOf } from "../codec.ts";
import { type AmountView, amountView } from "./units.ts";

export type RetirementLineView = {
  tokenId: string;
  grams: string;
  /** Serials of the id, one per gram; the end is not included. */
  firstSerial: string;
  endSerial: string;
  /** Salted commitment to whom the line serves; null for the holder. */
  beneficiary: string | null;
};

type RetirementLineRow = {
  token_id: Uint8Array;
  grams: bigint;
  first_serial: bigint;
  end_serial: bigint;
  beneficiary: Uint8Array | null;
};

/** A row of mirror.retirement_line as it is shown. */
export function retirementLineView(row: RetirementLineRow): RetirementLineView {
  return {
    tokenId: hexOf(row.token_id),
    grams: row.grams.toString(),
    firstSerial: row.first_serial.toString(),
    endSerial: row.end_serial.toString(),
    beneficiary: hexOrNull(row.beneficiary),
  };
}

export type RetirementView = {
  retirementId: string;
  holder: string;
  programme: number;
  purpose: number;
  content: string;
  grams: string;
  retired: AmountView;
  lines: RetirementLineView[];
  /** Certificates that consumed it, revoked ones included. */
  certificates: string[];
  transactionHash: string;
  blockNumber: number;
  retiredAt: number;
};

export type RetirementRow = {
  retirement_id: Uint8Array;
  holder: Uint8Array;
  programme: bigint;
  purpose: number;
  content: Uint8Array;
  grams: bigint;
  transaction_hash: Uint8Array;
  block_number: bigint;
  log_index: number;
  retired_at: bigint;
};

/** A row of mirror.retirement as it is shown, with what belongs to it. */
export function retirementView(
  row: RetirementRow,
  parts: Pick<RetirementView, "lines" | "certificates">,
): RetirementView {
  return {
    retirementId: hexOf(row.retirement_id),
    holder: hexOf(row.holder),
    programme: Number(row.programme),
    purpose: row.purpose,
    content: hexOf(row.content),
    grams: row.grams.toString(),
    retired: amountView(row.grams),
    ...parts,
    transactionHash: hexOf(row.transaction_hash),
    blockNumber: Number(row.block_number),
    retiredAt: Number(row.retired_at),
  };
}

function grouped<T>(pairs: readonly (readonly [string, T])[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const [key, value] of pairs) {
    const group = groups.get(key) ?? [];
    group.push(value);
    groups.set(key, group);
  }
  return groups;
}

/** Adds lines and consuming certificates to retirement rows, with one query for each. */
export async function withLines(
  pool: Pool,
  rows: readonly RetirementRow[],
): Promise<RetirementView[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => Buffer.from(row.retirement_id));
  const [lines, consumers] = await Promise.all([
    pool.query<RetirementLineRow & { retirement_id: Buffer }>(
      "SELECT * FROM mirror.retirement_line WHERE retirement_id = ANY ($1) ORDER BY retirement_id, line",
      [ids],
    ),
    pool.query<{ retirement_id: Buffer; certificate_id: Buffer }>(
      `SELECT r.retirement_id, r.certificate_id FROM mirror.certificate_retirement r
       JOIN mirror.certificate c USING (certificate_id)
       WHERE r.retirement_id = ANY ($1) ORDER BY c.block_number, c.log_index`,
      [ids],
    ),
  ]);
  const lineMap = grouped(
    lines.rows.map((line) => [hexOf(line.retirement_id), retirementLineView(line)]),
  );
  const consumerMap = grouped(
    consumers.rows.map((row) => [hexOf(row.retirement_id), hexOf(row.certificate_id)]),
  );
  return rows.map((row) => {
    const id = hexOf(row.retirement_id);
    return retirementView(row, {
      lines: lineMap.get(id) ?? [],
      certificates: consumerMap.get(id) ?? [],
    });
  });
}

/** The retirements with these ids, in no order; the ones that do not exist are missing. */
export async function findRetirements(
  pool: Pool,
  retirementIds: readonly string[],
): Promise<RetirementView[]> {
  const { rows } = await pool.query<RetirementRow>(
    "SELECT * FROM mirror.retirement WHERE retirement_id = ANY ($1)",
    [retirementIds.map(bytesOf)],
  );
  return withLines(pool, rows);
}

/** A line of a retirement with what its id is made of: of a batch, all lines. */
export type RetiredLineView = {
  retirementId: string;
  holder: string;
  purpose: number;
  content: string;
  firstSerial: string;
  endSerial: string;
  lines?: RetirementLineView[];
};

/** Every retirement line of a token id with its retirement, by serial. */
export async function retirementLinesOf(pool: Pool, tokenId: string): Promise<RetiredLineView[]> {
  const { rows } = await pool.query<{
    retirement_id: Buffer;
    holder: Buffer;
    purpose: number;
    content: Buffer;
    is_batch: boolean;
    first_serial: bigint;
    end_serial: bigint;
  }>(
    `SELECT r.retirement_id, r.holder, r.purpose, r.content, r.is_batch, l.first_serial, l.end_serial
     FROM mirror.retirement_line l JOIN mirror.retirement r USING (retirement_id)
     WHERE l.token_id = $1 ORDER BY l.first_serial`,
    [bytesOf(tokenId)],
  );
  const batches = rows.filter((row) => row.is_batch).map((row) => hexOf(row.retirement_id));
  const whole = new Map(
    (await findRetirements(pool, [...new Set(batches)])).map((one) => [one.retirementId, one]),
  );
  return rows.map((row) => {
    const retirementId = hexOf(row.retirement_id);
    const lines = whole.get(retirementId)?.lines;
    return {
      retirementId,
      holder: hexOf(row.holder),
      purpose: row.purpose,
      content: hexOf(row.content),
      firstSerial: row.first_serial.toString(),
      endSerial: row.end_serial.toString(),
      ...(lines === undefined ? {} : { lines }),
    };
  });
}

export const retirementList = { name: "retirements", forms: [/^\d{1,19}$/, /^\d{1,10}$/] } as const;

/** Retirements from the newest to the oldest. */
export async function listRetirements(
  pool: Pool,
  filter: { holder?: string; tokenId?: string },
  page: PageRequest,
): Promise<Page<RetirementView>> {
  const { rows } = await pool.query<RetirementRow>(
    `SELECT * FROM mirror.retirement r
     WHERE ($1::bytea IS NULL OR holder = $1)
       AND ($2::bytea IS NULL OR EXISTS (
         SELECT FROM mirror.retirement_line l
         WHERE l.retirement_id = r.retirement_id AND l.token_id = $2))
       AND ($3::bigint IS NULL OR (block_number, log_index) < ($3, $4::bigint))
     ORDER BY block_number DESC, log_index DESC LIMIT $5`,
    [
      filter.holder === undefined ? null : bytesOf(filter.holder),
      filter.tokenId === undefined ? null : bytesOf(filter.tokenId),
      page.after?.[0] ?? null,
      page.after?.[1] ?? null,
      page.limit + 1,
    ],
  );
  const views = await withLines(pool, rows.slice(0, page.limit));
  const shown = pageOf(retirementList.name, rows, page.limit, {
    view: (row) => row,
    key: (row) => [row.block_number.toString(), row.log_index.toString()],
  });
  return { items: views, nextCursor: shown.nextCursor };
}

export type CertificateView = {
  certificateId: string;
  holder: string;
  programme: number;
  kind: number;
  state: string;
  /** Whether units behind it are shown to carry an open debt. */
  impaired: boolean;
  retiredGrams: string;
  emittedGrams: string;
  content: string;
  replaces: string | null;
  revocationDocument: string | null;
  retirements: string[];
  transactionHash: string;
  blockNumber: number;
  certifiedAt: number;
};

export type CertificateRow = {
  certificate_id: Uint8Array;
  holder: Uint8Array;
  programme: bigint;
  kind: number;
  state: string;
  impaired: boolean;
  retired_grams: bigint;
  emitted_grams: bigint;
  content: Uint8Array;
  replaces: Uint8Array | null;
  revocation_document: Uint8Array | null;
  transaction_hash: Uint8Array;
  block_number: bigint;
  log_index: number;
  certified_at: bigint;
};

/** A row of mirror.certificate as it is shown, with the retirements it consumed. */
export function certificateView(row: CertificateRow, retirements: string[]): CertificateView {
  return {
    certificateId: hexOf(row.certificate_id),
    holder: hexOf(row.holder),
    programme: Number(row.programme),
    kind: row.kind,
    state: row.state,
    impaired: row.impaired,
    retiredGrams: row.retired_grams.toString(),
    emittedGrams: row.emitted_grams.toString(),
    content: hexOf(row.content),
    replaces: hexOrNull(row.replaces),
    revocationDocument: hexOrNull(row.revocation_document),
    retirements,
    transactionHash: hexOf(row.transaction_hash),
    blockNumber: Number(row.block_number),
    certifiedAt: Number(row.certified_at),
  };
}

export const certificateList = {
  name: "certificates",
  forms: [/^\d{1,19}$/, /^\d{1,10}$/],
} as const;

/** Certificates from the newest to the oldest. */
export async function listCertificates(
  pool: Pool,
  filter: { holder?: string },
  page: PageRequest,
): Promise<Page<CertificateView>> {
  const { rows } = await pool.query<CertificateRow & { retirements: Buffer[] }>(
    `SELECT c.*, ARRAY(
       SELECT r.retirement_id FROM mirror.certificate_retirement r
       WHERE r.certificate_id = c.certificate_id ORDER BY r.line) AS retirements
     FROM mirror.certificate c
     WHERE ($1::bytea IS NULL OR holder = $1)
       AND ($2::bigint IS NULL OR (block_number, log_index) < ($2, $3::bigint))
     ORDER BY block_number DESC, log_index DESC LIMIT $4`,
    [
      filter.holder === undefined ? null : bytesOf(filter.holder),
      page.after?.[0] ?? null,
      page.after?.[1] ?? null,
      page.limit + 1,
    ],
  );
  return pageOf(certificateList.name, rows, page.limit, {
    view: (row) => certificateView(row, row.retirements.map(hexOf)),
    key: (row) => [row.block_number.toString(), row.log_index.toString()],
  });
}

/** All certificates that consumed one of these retirements and were not revoked. */
export async function validCertificatesOf(
  pool: Pool,
  retirementIds: readonly string[],
): Promise<CertificateView[]> {
  const { rows } = await pool.query<CertificateRow & { retirements: Buffer[] }>(
    `SELECT c.*, ARRAY(
       SELECT r.retirement_id FROM mirror.certificate_retirement r
       WHERE r.certificate_id = c.certificate_id ORDER BY r.line) AS retirements
     FROM mirror.certificate c
     WHERE c.state = 'valid' AND EXISTS (
       SELECT FROM mirror.certificate_retirement r
       WHERE r.certificate_id = c.certificate_id AND r.retirement_id = ANY ($1))
     ORDER BY block_number, log_index`,
    [retirementIds.map(bytesOf)],
  );
  return rows.map((row) => certificateView(row, row.retirements.map(hexOf)));
}
