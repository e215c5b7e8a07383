import {
  type CertificateView,
  listRetirements,
  type RetirementView,
} from "../../database/queries/certificates.ts";
import { findRetirementOfSerial } from "../../database/queries/history.ts";
import {
  listObjections,
  listStatements,
  type ObjectionView,
  type RequestView,
  type StatementView,
} from "../../database/queries/requests.ts";
import { findCertificate, findRequest, findRetirement } from "../../database/queries/single.ts";
import {
  findMethodology,
  findSource,
  type MethodologyView,
  type SourceView,
} from "../../database/queries/sources.ts";
import { listTransfers, type TokenView, type TransferView } from "../../database/queries/units.ts";
import type { ApiDependencies } from "../dependencies.ts";

/** More than this of one kind is told by `truncated`; the lists have it all. */
const MOST_SHOWN = 200;

/** What units of an id rest on, everything checkable on the chain. */
export type Origin = {
  token: TokenView;
  source: SourceView | null;
  methodology: MethodologyView | null;
  request: RequestView | null;
  statements: StatementView[];
  objections: ObjectionView[];
  blobs: Readonly<Record<string, string | null>>;
};

/** Where units come from and what became of them. */
export type Provenance = Origin & {
  transfers: TransferView[];
  retirements: RetirementView[];
  certificates: CertificateView[];
  truncated: boolean;
};

/** Gathers what stands behind a token id. */
async function originOf({ pool, prisma }: ApiDependencies, token: TokenView): Promise<Origin> {
  const requestId = BigInt(token.requestId);
  const [source, methodology, request, statements, objections] = await Promise.all([
    findSource(pool, token.sourceId),
    findMethodology(pool, token.programme, token.methodology),
    findRequest(prisma, requestId),
    listStatements(pool, requestId),
    listObjections(pool, requestId),
  ]);
  return {
    token,
    source: source ?? null,
    methodology: methodology ?? null,
    request: request ?? null,
    statements,
    objections,
    blobs: {
      methodology: methodology?.contentHash ?? null,
      report: request?.reportHash ?? null,
      leaves: request?.leafFileHash ?? null,
      filingDocument: request?.filingDocument ?? null,
      decisionDocument: request?.decisionDocument ?? null,
    },
  };
}

async function certificatesOf(
  { prisma }: ApiDependencies,
  retirements: readonly RetirementView[],
): Promise<CertificateView[]> {
  const ids = new Set(retirements.flatMap((one) => one.certificates));
  const found = await Promise.all([...ids].map((id) => findCertificate(prisma, id)));
  return found.filter((one) => one !== undefined);
}

/** Gathers the whole story of a token id. */
export async function provenanceOf(
  dependencies: ApiDependencies,
  token: TokenView,
): Promise<Provenance> {
  const { pool } = dependencies;
  const [origin, transfers, retirements] = await Promise.all([
    originOf(dependencies, token),
    listTransfers(pool, token.tokenId, MOST_SHOWN + 1),
    listRetirements(pool, { tokenId: token.tokenId }, { limit: MOST_SHOWN, after: null }),
  ]);
  return {
    ...origin,
    transfers: transfers.slice(0, MOST_SHOWN),
    retirements: retirements.items,
    certificates: await certificatesOf(dependencies, retirements.items),
    truncated: transfers.length > MOST_SHOWN || retirements.nextCursor !== null,
  };
}

/** One retired gram, from its certificates back to the request. */
export type SerialProvenance = Origin & {
  serial: string;
  retirement: RetirementView;
  certificates: CertificateView[];
};

/** The story of a serial of an id; undefined for one that no gram has: grams that are held have none. */
export async function serialProvenanceOf(
  dependencies: ApiDependencies,
  token: TokenView,
  serial: string,
): Promise<SerialProvenance | undefined> {
  const { pool, prisma } = dependencies;
  const id = await findRetirementOfSerial(pool, token.tokenId, BigInt(serial));
  const retirement = id === undefined ? undefined : await findRetirement(prisma, id);
  if (retirement === undefined) return undefined;
  const [origin, certificates] = await Promise.all([
    originOf(dependencies, token),
    certificatesOf(dependencies, [retirement]),
  ]);
  return { serial, retirement, certificates, ...origin };
}
