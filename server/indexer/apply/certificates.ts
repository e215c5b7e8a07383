import { type EventBatch, inChainOrder } from "./batch.ts";
import { applyRecords, type Change, type Records } from "./records.ts";
import { bytes, insertRows } from "./rows.ts";

const NONE = `0x${"0".repeat(64)}`;

const certificate = (certificateId: string, row: Record<string, string>): readonly Change[] => [
  { update: "certificate", key: { certificate_id: certificateId }, row },
];

const records: Records = {
  Certified: ({ replaces }) =>
    replaces === NONE ? [] : certificate(replaces, { state: "replaced" }),
  CertificateRevoked: ({ certificateId, document }) =>
    certificate(certificateId, { state: "revoked", revocation_document: document }),
  CertificateImpaired: ({ certificateId, tokenId, retirementId }, { at }) => [
    {
      upsert: "certificate_impairment",
      key: { certificate_id: certificateId, token_id: tokenId },
      row: { retirement_id: retirementId, impaired_at: at, mended_at: null },
    },
  ],
  CertificateMended: ({ certificateId, tokenId }, { at }) => [
    {
      update: "certificate_impairment",
      key: { certificate_id: certificateId, token_id: tokenId },
      row: { mended_at: at },
    },
  ],
};

/** Certificates, what they consumed, and what became of them. */
export async function applyCertificates(batch: EventBatch): Promise<void> {
  const certified = batch.named("Certified");
  await insertRows(
    batch.client,
    "certificate",
    {
      certificate_id: "bytea",
      holder: "bytea",
      programme: "bigint",
      kind: "smallint",
      retired_grams: "bigint",
      emitted_grams: "bigint",
      content: "bytea",
      replaces: "bytea",
      transaction_hash: "bytea",
      block_number: "bigint",
      log_index: "integer",
      certified_at: "bigint",
    },
    certified.map((event) => [
      bytes(event.arguments.certificateId),
      bytes(event.arguments.holder),
      event.arguments.programme,
      event.arguments.kind,
      event.arguments.retiredGrams,
      event.arguments.emittedGrams,
      bytes(event.arguments.content),
      event.arguments.replaces === NONE ? null : bytes(event.arguments.replaces),
      bytes(event.transactionHash),
      event.blockNumber,
      event.logIndex,
      batch.timeOf(event),
    ]),
  );
  await insertRows(
    batch.client,
    "certificate_retirement",
    { certificate_id: "bytea", retirement_id: "bytea", line: "integer" },
    certified.flatMap(({ arguments: { certificateId, retirements } }) =>
      retirements.map((retirementId, line) => [bytes(certificateId), bytes(retirementId), line]),
    ),
  );
  await applyRecords(batch, records);
  await applyImpaired(batch);
}

/** A certificate is impaired while at least one id behind it is. */
async function applyImpaired(batch: EventBatch): Promise<void> {
  const touched = inChainOrder(batch, "CertificateImpaired", "CertificateMended");
  if (touched.length === 0) return;
  await batch.client.query(
    `UPDATE certificate AS c SET impaired = EXISTS (
       SELECT FROM certificate_impairment i
       WHERE i.certificate_id = c.certificate_id AND i.mended_at IS NULL)
     WHERE c.certificate_id = ANY ($1::bytea[])`,
    [touched.map((event) => bytes(event.arguments.certificateId))],
  );
}
