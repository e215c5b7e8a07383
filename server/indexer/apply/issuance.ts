import type { ChainEventOf } from "../../chain/events.ts";
import { fromHex, toUint } from "../../domain/bytes.ts";
import { decodeTokenId, type TokenIdParts } from "../../domain/tokenId.ts";
import { type EventBatch, inChainOrder } from "./batch.ts";
import { applyRecords, type Records } from "./records.ts";
import { bytes, insertRows } from "./rows.ts";

/** What a token id says by itself. Throws a RangeError when it is of an unknown version. */
export function tokenParts(tokenId: string): TokenIdParts {
  const parts = decodeTokenId(toUint(fromHex(tokenId)));
  if (!parts.ok) throw new RangeError(`the chain issued an unreadable token id ${tokenId}`);
  return parts.value;
}

const deducted = (requestId: bigint, deductedMilligrams: bigint) =>
  [
    {
      update: "request",
      key: { request_id: requestId },
      row: { deducted_milligrams: deductedMilligrams },
    },
  ] as const;

/** What happens to a request between its proposal and its decision. */
const records: Records = {
  Filed: ({ requestId, document, noticeEnd }, { at }) => [
    {
      update: "request",
      key: { request_id: requestId },
      row: { state: "filed", filed_at: at, filing_document: document, notice_end: noticeEnd },
    },
  ],
  Forwarded: ({ requestId, document }, { at }) => [
    {
      update: "request",
      key: { request_id: requestId },
      row: { forwarded_at: at, forwarding_document: document },
    },
  ],
  Deducted: ({ requestId, deductedMilligrams }) => deducted(requestId, deductedMilligrams),
  Restored: ({ requestId, deductedMilligrams }) => deducted(requestId, deductedMilligrams),
  RequestHeld: ({ requestId, holds }) => [
    { update: "request", key: { request_id: requestId }, row: { holds } },
  ],
};

const ENDED = {
  Rejected: "rejected",
  Withdrawn: "withdrawn",
  Expired: "expired",
  Fell: "fallen",
} as const;

/** Requests from proposal to decision, review statements, objections, and the ids issued. */
export async function applyIssuance(batch: EventBatch): Promise<void> {
  await applyProposed(batch);
  await insertRows(
    batch.client,
    "statement",
    {
      request_id: "bigint",
      reviewer: "bytea",
      institution: "bytea",
      kind: "smallint",
      favourable: "boolean",
      valid_until: "numeric",
      digest: "bytea",
      transaction_hash: "bytea",
      block_number: "bigint",
      attested_at: "bigint",
    },
    batch
      .named("Attested")
      .map((event) => [
        event.arguments.requestId,
        bytes(event.arguments.reviewer),
        bytes(event.arguments.institution),
        event.arguments.kind,
        event.arguments.favourable,
        event.arguments.validUntil,
        bytes(event.arguments.digest),
        bytes(event.transactionHash),
        event.blockNumber,
        batch.timeOf(event),
      ]),
  );
  await applyRecords(batch, records);
  await applyObjections(batch);
  for (const event of batch.named("Issued")) await applyIssued(batch, event);
  for (const event of inChainOrder(batch, "Rejected", "Withdrawn", "Expired", "Fell")) {
    await batch.client.query(
      `UPDATE request SET state = $2, decided_at = $3, decision_document = $4,
         decision_transaction_hash = $5 WHERE request_id = $1`,
      [
        event.arguments.requestId,
        ENDED[event.name],
        batch.timeOf(event),
        event.name === "Rejected" ? bytes(event.arguments.document) : null,
        bytes(event.transactionHash),
      ],
    );
  }
  await applyIdStates(batch);
}

async function applyProposed(batch: EventBatch): Promise<void> {
  await insertRows(
    batch.client,
    "request",
    {
      request_id: "bigint",
      token_id: "bytea",
      source_id: "bytea",
      programme: "bigint",
      methodology: "bigint",
      applicant: "bytea",
      first_day: "bigint",
      end_day: "bigint",
      root: "bytea",
      total_milligrams: "numeric",
      count: "numeric",
      depth: "smallint",
      hash_suite: "smallint",
      leaf_file_hash: "bytea",
      report_hash: "bytea",
      state: "text",
      proposed_at: "bigint",
      transaction_hash: "bytea",
      block_number: "bigint",
    },
    batch.named("Proposed").map((event) => {
      const { arguments: proposed } = event;
      const { programme, methodology } = tokenParts(proposed.tokenId);
      return [
        proposed.requestId,
        bytes(proposed.tokenId),
        bytes(proposed.sourceId),
        programme,
        methodology,
        bytes(proposed.applicant),
        proposed.firstDay,
        proposed.endDay,
        bytes(proposed.root),
        proposed.totalMilligrams,
        proposed.count,
        proposed.depth,
        proposed.hashSuite,
        bytes(proposed.leafFileHash),
        bytes(proposed.reportHash),
        "proposed",
        batch.timeOf(event),
        bytes(event.transactionHash),
        event.blockNumber,
      ];
    }),
  );
}

async function applyObjections(batch: EventBatch): Promise<void> {
  for (const event of inChainOrder(batch, "Objected", "ObjectionDecided")) {
    const { requestId, index, document } = event.arguments;
    if (event.name === "Objected") {
      await batch.client.query(
        `INSERT INTO objection (request_id, index, objector, document, block_number, objected_at)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [
          requestId,
          index,
          bytes(event.arguments.objector),
          bytes(document),
          event.blockNumber,
          batch.timeOf(event),
        ],
      );
    } else {
      await batch.client.query(
        "UPDATE objection SET upheld = $3, decision_document = $4 WHERE request_id = $1 AND index = $2",
        [requestId, index, event.arguments.upheld, bytes(document)],
      );
    }
  }
}

async function applyIssued(batch: EventBatch, event: ChainEventOf<"Issued">): Promise<void> {
  const { arguments: issued, transactionHash, blockNumber } = event;
  const { programme, methodology, firstDay, endDay } = tokenParts(issued.tokenId);
  const at = batch.timeOf(event);
  await batch.client.query(
    `UPDATE request SET state = 'issued', decided_at = $2, decision_document = $3, owner = $4,
       issued_grams = $5, carry_before_milligrams = $6, carry_after_milligrams = $7,
       deducted_milligrams = $8, decision_transaction_hash = $9
     WHERE request_id = $1`,
    [
      issued.requestId,
      at,
      bytes(issued.document),
      bytes(issued.owner),
      issued.issuedGrams,
      issued.carryBeforeMilligrams,
      issued.carryAfterMilligrams,
      issued.deductedMilligrams,
      bytes(transactionHash),
    ],
  );
  await batch.client.query(
    `INSERT INTO token (token_id, programme, methodology, first_day, end_day, request_id, source_id,
       owner, issued_grams, issued_at, transaction_hash, block_number)
     SELECT $1, $2, $3, $4, $5, $6, source_id, $7, $8, $9, $10, $11 FROM request WHERE request_id = $6`,
    [
      bytes(issued.tokenId),
      programme,
      methodology,
      firstDay,
      endDay,
      issued.requestId,
      bytes(issued.owner),
      issued.issuedGrams,
      at,
      bytes(transactionHash),
      blockNumber,
    ],
  );
  await batch.client.query(
    `UPDATE source SET carry_milligrams = $2
     WHERE source_id = (SELECT source_id FROM request WHERE request_id = $1)`,
    [issued.requestId, issued.carryAfterMilligrams],
  );
}

const ID_STATES: Readonly<Record<number, string>> = { 1: "active", 2: "suspended" };

/** The token emits the state, Issuance the document it rests on. */
async function applyIdStates(batch: EventBatch): Promise<void> {
  for (const event of inChainOrder(batch, "IdStateSet", "TokenSuspended", "TokenResumed")) {
    const tokenId = bytes(event.arguments.tokenId);
    if (event.name === "IdStateSet") {
      const state = ID_STATES[event.arguments.state];
      if (state === undefined) throw new RangeError(`no id state ${event.arguments.state}`);
      await batch.client.query("UPDATE token SET state = $2 WHERE token_id = $1", [tokenId, state]);
    } else {
      await batch.client.query("UPDATE token SET state_document = $2 WHERE token_id = $1", [
        tokenId,
        bytes(event.arguments.document),
      ]);
    }
  }
}
