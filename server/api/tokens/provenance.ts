import {
  type CertificateView,
  listRetirements,
  type RetirementView,
} from "../../database/queries/certificates.ts";
import {
  listObjections,
  listStatements,
  type ObjectionView,
  type RequestView,
  type StatementView,
} from "../../database/queries/requests.ts";
import { findCertificate, findRequest } from "../../database/queries/single.ts";
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

/** Where units come from and what became of them, everything checkable on the chain. */
export type Provenance = {
  token: TokenView;
  source: SourceView | null;
  methodology: MethodologyView | null;
  request: RequestView | null;
  statements: StatementView[];
  objections: ObjectionView[];
  transfers: TransferView[];
  retirements: RetirementView[];
  certificates: CertificateView[];
  blobs: Readonly<Record<string, string | null>>;
  truncated: boolean;
};

/** Gathers the whole story of a token id. */
export async function provenanceOf(
  { pool, prisma }: ApiDependencies,
  token: TokenView,
): Promise<Provenance> {
  const requestId = BigInt(token.requestId);
  const [source, methodology, request, statements, objections, transfers, retirements] =
    await Promise.all([
      findSource(pool, token.sourceId),
      findMethodology(pool, token.programme, token.methodology),
      findRequest(prisma, requestId),
      listStatements(pool, requestId),
      listObjections(pool, requestId),
      listTransfers(pool, token.tokenId, MOST_SHOWN + 1),
      listRetirements(pool, { tokenId: token.tokenId }, { limit: MOST_SHOWN, after: null }),
    ]);
  const certificateIds = new Set(retirements.items.flatMap((one) => one.certificates));
  const certificates = await Promise.all(
    [...certificateIds].map((id) => findCertificate(prisma, id)),
  );
  return {
    token,
    source: source ?? null,
    methodology: methodology ?? null,
    request: request ?? null,
    statements,
    objections,
    transfers: transfers.slice(0, MOST_SHOWN),
    retirements: retirements.items,
    certificates: certificates.filter((one) => one !== undefined),
    blobs: {
      methodology: methodology?.contentHash ?? null,
      report: request?.reportHash ?? null,
      leaves: request?.leafFileHash ?? null,
      filingDocument: request?.filingDocument ?? null,
      decisionDocument: request?.decisionDocument ?? null,
    },
    truncated: transfers.length > MOST_SHOWN || retirements.nextCursor !== null,
  };
}
