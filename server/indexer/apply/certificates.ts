import type { EventBatch } from "./batch.ts";
import { bytes, insertRows, updateRows } from "./rows.ts";

const NONE = `0x${"0".repeat(64)}`;

/** Certificates, what they consumed, and their revocations. */
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
  await updateRows(
    batch.client,
    "certificate AS c",
    {
      set: "state = 'revoked', revocation_document = fresh.document",
      where: "c.certificate_id = fresh.certificate_id",
    },
    { certificate_id: "bytea", document: "bytea" },
    batch
      .named("CertificateRevoked")
      .map(({ arguments: revoked }) => [bytes(revoked.certificateId), bytes(revoked.document)]),
  );
}
