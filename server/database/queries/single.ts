import { bytesOf, hexOf } from "../codec.ts";
import type { PrismaClient } from "../prisma.ts";
import {
  type CertificateRow,
  type CertificateView,
  certificateView,
  type RetirementRow,
  type RetirementView,
  retirementLineView,
  retirementView,
} from "./certificates.ts";
import { type RequestRow, type RequestView, requestView } from "./requests.ts";
import { type TokenRow, type TokenView, tokenView } from "./units.ts";

/*
 * Reads of single rows by their key, through Prisma. Lists, joins and everything that writes use the
 * pool.
 */

/** Prisma's bytes want their own buffer. */
function keyOf(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytesOf(hex));
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The row under its column names, as the pool would give it: whole decimals become their digits. */
function rowOf<Row>(found: object): Row {
  return Object.fromEntries(
    Object.entries(found).map(([name, value]) => {
      const isDecimal = typeof value === "object" && value !== null && "toFixed" in value;
      return [snake(name), isDecimal ? (value as { toFixed(): string }).toFixed() : value];
    }),
  ) as Row;
}

export async function findToken(
  prisma: PrismaClient,
  tokenId: string,
): Promise<TokenView | undefined> {
  const found = await prisma.mirrorToken.findUnique({ where: { tokenId: keyOf(tokenId) } });
  return found === null ? undefined : tokenView(rowOf<TokenRow>(found));
}

export async function findRequest(
  prisma: PrismaClient,
  requestId: bigint,
): Promise<RequestView | undefined> {
  const found = await prisma.mirrorRequest.findUnique({ where: { requestId } });
  if (found === null) return undefined;
  const { programme, filedAt } = found;
  const pauses =
    filedAt === null
      ? []
      : await prisma.mirrorPause.findMany({ where: { programme, pausedAt: { gte: filedAt } } });
  const now = BigInt(Math.floor(Date.now() / 1000));
  const pausedSeconds = pauses.reduce(
    (sum, { pausedAt, resumedAt }) => sum + (resumedAt ?? now) - pausedAt,
    0n,
  );
  return requestView(rowOf<RequestRow>({ ...found, pausedSeconds }));
}

/** A certificate with the retirements it consumed, in its own order. */
export async function findCertificate(
  prisma: PrismaClient,
  id: string,
): Promise<CertificateView | undefined> {
  const certificateId = keyOf(id);
  const [found, consumed] = await Promise.all([
    prisma.mirrorCertificate.findUnique({ where: { certificateId } }),
    prisma.mirrorCertificateRetirement.findMany({
      where: { certificateId },
      orderBy: { line: "asc" },
    }),
  ]);
  if (found === null) return undefined;
  const retirements = consumed.map(({ retirementId }) => hexOf(retirementId));
  return certificateView(rowOf<CertificateRow>(found), retirements);
}

/** A retirement with its lines and the certificates that consumed it. */
export async function findRetirement(
  prisma: PrismaClient,
  id: string,
): Promise<RetirementView | undefined> {
  const retirementId = keyOf(id);
  const [found, lines, consumers] = await Promise.all([
    prisma.mirrorRetirement.findUnique({ where: { retirementId } }),
    prisma.mirrorRetirementLine.findMany({ where: { retirementId }, orderBy: { line: "asc" } }),
    prisma.mirrorCertificateRetirement.findMany({
      where: { retirementId },
      orderBy: { certificateId: "asc" },
    }),
  ]);
  if (found === null) return undefined;
  return retirementView(rowOf<RetirementRow>(found), {
    lines: lines.map((line) => retirementLineView(rowOf(line))),
    certificates: consumers.map(({ certificateId }) => hexOf(certificateId)),
  });
}
