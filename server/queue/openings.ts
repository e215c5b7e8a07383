import type { Pool, PoolClient } from "pg";
import { type ContractAddresses, interfaces } from "../chain/contracts.ts";
import { RetryableError } from "../chain/failures.ts";
import type { ChainWriter } from "../chain/writer.ts";

/*
 * What the chain keeps as a hash alone: who acts on it brings the whole of it, out of the mirror. What
 * neither the mirror nor the chain holds is opened as nothing, so that the contract itself refuses it.
 */

/** What an applicant proposed, member by member as the event Proposed tells it. */
export type Proposal = {
  readonly sourceId: string;
  readonly firstDay: number;
  readonly endDay: number;
  readonly root: string;
  readonly totalMilligrams: bigint;
  readonly count: bigint;
  readonly depth: number;
  readonly hashSuite: number;
  readonly leafFileHash: string;
  readonly reportHash: string;
};

const ZERO = `0x${"0".repeat(64)}`;
const NOTHING: Proposal = {
  sourceId: ZERO,
  firstDay: 0,
  endDay: 0,
  root: ZERO,
  totalMilligrams: 0n,
  count: 0n,
  depth: 0,
  hashSuite: 0,
  leafFileHash: ZERO,
  reportHash: ZERO,
};

type Row = {
  source_id: Buffer;
  first_day: string | bigint;
  end_day: string | bigint;
  root: Buffer;
  total_milligrams: string;
  count: string | bigint;
  depth: number;
  hash_suite: number;
  leaf_file_hash: Buffer;
  report_hash: Buffer;
};

/** What a certificate's id is made of, beside its holder. */
export type CertificateOpening = {
  readonly content: string;
  readonly retirements: readonly string[];
};

/** Where openings are read. */
export type OpeningPlace = {
  readonly client: Pool | PoolClient;
  readonly writer: ChainWriter;
  readonly contracts: ContractAddresses;
  readonly signer: string;
};

/** RetryableError when the chain knows what the mirror does not: then the mirror is behind. */
async function requireUnknown(
  { writer, contracts, signer }: OpeningPlace,
  view: { contract: "issuance" | "certificate"; name: string; id: bigint },
): Promise<void> {
  const data = interfaces[view.contract].encodeFunctionData(view.name, [view.id]);
  const onChain = await writer.simulate(signer, { to: contracts[view.contract], data });
  if (onChain.ok) {
    throw new RetryableError(`the mirror does not hold what ${view.name} tells of ${view.id} yet`);
  }
}

/** The proposal of a request. RetryableError while the mirror is behind. */
export async function readProposal(place: OpeningPlace, requestId: bigint): Promise<Proposal> {
  const found = await place.client.query<Row>(
    `SELECT source_id, first_day, end_day, root, total_milligrams, count, depth, hash_suite,
            leaf_file_hash, report_hash
     FROM mirror.request WHERE request_id = $1`,
    [requestId],
  );
  const row = found.rows[0];
  if (row) return proposalOf(row);
  await requireUnknown(place, { contract: "issuance", name: "requestOf", id: requestId });
  return NOTHING;
}

/** The opening of a certificate; id 0 stands for none. RetryableError while the mirror is behind. */
export async function readCertificate(
  place: OpeningPlace,
  certificateId: bigint,
): Promise<CertificateOpening> {
  if (certificateId === 0n) return { content: ZERO, retirements: [] };
  const found = await place.client.query<{ content: Buffer; retirements: Buffer[] }>(
    `SELECT c.content, ARRAY(
       SELECT r.retirement_id FROM mirror.certificate_retirement r
       WHERE r.certificate_id = c.certificate_id ORDER BY r.line) AS retirements
     FROM mirror.certificate c WHERE c.certificate_id = $1`,
    [Buffer.from(certificateId.toString(16).padStart(64, "0"), "hex")],
  );
  const row = found.rows[0];
  if (row) return { content: hexOf(row.content), retirements: row.retirements.map(hexOf) };
  await requireUnknown(place, { contract: "certificate", name: "ownerOf", id: certificateId });
  return { content: ZERO, retirements: [ZERO] };
}

const hexOf = (bytes: Buffer): string => `0x${bytes.toString("hex")}`;

function proposalOf(row: Row): Proposal {
  return {
    sourceId: hexOf(row.source_id),
    firstDay: Number(row.first_day),
    endDay: Number(row.end_day),
    root: hexOf(row.root),
    totalMilligrams: BigInt(row.total_milligrams),
    count: BigInt(row.count),
    depth: row.depth,
    hashSuite: row.hash_suite,
    leafFileHash: hexOf(row.leaf_file_hash),
    reportHash: hexOf(row.report_hash),
  };
}
