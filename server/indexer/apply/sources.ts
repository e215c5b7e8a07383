import { type EventBatch, inChainOrder } from "./batch.ts";
import { applyRecords, type Records } from "./records.ts";
import { bytes, insertRows } from "./rows.ts";

const SOURCE_STATES: Readonly<Record<number, string>> = {
  1: "pending",
  2: "active",
  3: "suspended",
  4: "delisted",
};

const records: Records = {
  MethodologyClosed: ({ programme, methodology, endDay }) => [
    { update: "methodology", key: { programme, methodology }, row: { end_day: endDay } },
  ],
  SourceStateChanged: ({ sourceId, state, document }) => [
    {
      update: "source",
      key: { source_id: sourceId },
      row: { state: SOURCE_STATES[state] ?? String(state), state_document: document },
    },
  ],
  SourceTransferred: ({ sourceId, applicant, owner, document }) => [
    { update: "source", key: { source_id: sourceId }, row: { applicant, owner, document } },
  ],
  Consented: ({ assetKey, sourceId, owner }, { block_number }) => [
    {
      upsert: "source_consent",
      key: { asset_key: assetKey, source_id: sourceId },
      row: { owner, withdrawn: false, block_number },
    },
  ],
  ConsentWithdrawn: ({ assetKey, sourceId }) => [
    {
      update: "source_consent",
      key: { asset_key: assetKey, source_id: sourceId },
      row: { withdrawn: true },
    },
  ],
  TokenIssuerAdded: ({ issuer }, { block_number }, { contract }) => [
    { insert: "issuer", row: { contract, issuer, block_number } },
  ],
  SourcesIssuerAdded: ({ issuer }, { block_number }, { contract }) => [
    { insert: "issuer", row: { contract, issuer, block_number } },
  ],
  SourcesIssuerClosed: ({ issuer }, _stamp, { contract }) => [
    { update: "issuer", key: { contract, issuer }, row: { closed: true } },
  ],
};

/** Methodologies, sources, exclusion pairs and the calendars. */
export async function applySources(batch: EventBatch): Promise<void> {
  await insertRows(
    batch.client,
    "methodology",
    {
      programme: "bigint",
      methodology: "bigint",
      content_hash: "bytea",
      class: "integer",
      status: "smallint",
      first_day: "bigint",
      end_day: "bigint",
      cap_milligrams: "numeric",
      document: "bytea",
      block_number: "bigint",
    },
    batch
      .named("MethodologyRegistered")
      .map(({ blockNumber, arguments: registered }) => [
        registered.programme,
        registered.methodology,
        bytes(registered.contentHash),
        registered.class,
        registered.status,
        registered.firstDay,
        registered.endDay,
        registered.capMilligrams,
        bytes(registered.document),
        blockNumber,
      ]),
  );
  await insertRows(
    batch.client,
    "source",
    {
      source_id: "bytea",
      programme: "bigint",
      methodology: "bigint",
      asset_key: "bytea",
      applicant: "bytea",
      owner: "bytea",
      document: "bytea",
      block_number: "bigint",
    },
    batch
      .named("SourceRegistered")
      .map(({ blockNumber, arguments: registered }) => [
        bytes(registered.sourceId),
        registered.programme,
        registered.methodology,
        bytes(registered.assetKey),
        bytes(registered.applicant),
        bytes(registered.owner),
        bytes(registered.document),
        blockNumber,
      ]),
  );
  await insertRows(
    batch.client,
    "exclusion",
    { class_a: "integer", class_b: "integer", block_number: "bigint" },
    batch
      .named("ExclusionAdded")
      .map(({ blockNumber, arguments: pair }) => [pair.classA, pair.classB, blockNumber]),
  );
  await applyRecords(batch, records);
  await applyBookings(batch);
}

/** A release ends the booking of exactly its days; days can be booked and released again. */
async function applyBookings(batch: EventBatch): Promise<void> {
  const names = ["DaysBooked", "DaysReleased", "ExternalRecorded", "ExternalWithdrawn"] as const;
  for (const event of inChainOrder(batch, ...names)) {
    if (event.name === "ExternalWithdrawn") {
      const { externalId, document } = event.arguments;
      await batch.client.query(
        "UPDATE booking SET released_block = $2, release_document = $3 WHERE external_id = $1",
        [externalId, event.blockNumber, bytes(document)],
      );
      continue;
    }
    const { assetKey, class: assetClass, firstDay, endDay } = event.arguments;
    const days = [bytes(assetKey), assetClass, firstDay, endDay];
    if (event.name === "DaysReleased") {
      await batch.client.query(
        `UPDATE booking SET released_block = $6
         WHERE asset_key = $1 AND class = $2 AND first_day = $3 AND end_day = $4 AND source_id = $5
           AND released_block IS NULL`,
        [...days, bytes(event.arguments.sourceId), event.blockNumber],
      );
      continue;
    }
    const booked = event.name === "DaysBooked";
    await batch.client.query(
      `INSERT INTO booking
         (asset_key, class, first_day, end_day, block_number, log_index, source_id, external_id,
          programme, document)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        ...days,
        event.blockNumber,
        event.logIndex,
        booked ? bytes(event.arguments.sourceId) : null,
        booked ? null : event.arguments.externalId,
        booked ? null : event.arguments.programme,
        booked ? null : bytes(event.arguments.document),
      ],
    );
  }
}
