import type { ChainEvent, ChainEventOf } from "../../chain/events.ts";
import { type EventBatch, inChainOrder } from "./batch.ts";
import { copyRows } from "./copy.ts";
import { tokenParts } from "./issuance.ts";
import { bytes, insertRows, updateRows } from "./rows.ts";

const NOBODY = `0x${"0".repeat(40)}`;
const NO_COMMITMENT = `0x${"0".repeat(64)}`;

type Movement = {
  event: ChainEvent;
  subIndex: number;
  tokenId: string;
  operator: string;
  from: string;
  to: string;
  grams: bigint;
};

const TRANSFER = [
  ...["block_number", "log_index", "sub_index", "token_id", "operator", "sender", "recipient"],
  ...["grams", "reason", "transaction_hash", "moved_at"],
];

/** Movements of units, the holdings they leave, corrections, and retirements with their serials. */
export async function applyUnits(batch: EventBatch): Promise<void> {
  const movements = movementsOf(batch);
  const reasons = reasonsOf(batch, movements);
  await copyRows(batch.client, "transfer", TRANSFER, movements, (copy, movement) => {
    const { event, subIndex, tokenId, operator, from, to, grams } = movement;
    copy.bigint(event.blockNumber).integer(event.logIndex).integer(subIndex);
    copy.bytea(tokenId).bytea(operator);
    copy.bytea(from === NOBODY ? null : from).bytea(to === NOBODY ? null : to);
    copy.bigint(grams).bytea(reasons.get(movement) ?? null);
    copy.bytea(event.transactionHash).bigint(batch.timeOf(event));
  });
  await applyHoldings(batch, movements);
  await applyVoids(batch);
  await applyRetirements(batch);
}

/**
 * Why units moved without their holder's order. The token tells it right after the movement, so that the
 * nearest one before it in the transaction, of the same grams between the same parties, is meant.
 */
function reasonsOf(batch: EventBatch, movements: readonly Movement[]): Map<Movement, string> {
  const reasons = new Map<Movement, string>();
  const told = inChainOrder(batch, "ForcedTransfer", "Voided", "Reissued");
  if (told.length === 0) return reasons;
  const byTransaction = new Map<string, Movement[]>();
  for (const movement of movements) {
    const { transactionHash } = movement.event;
    const same = byTransaction.get(transactionHash);
    if (same) same.push(movement);
    else byTransaction.set(transactionHash, [movement]);
  }
  for (const event of told) {
    const { tokenId, grams, reason } = event.arguments;
    const sender =
      event.name === "ForcedTransfer"
        ? event.arguments.from
        : event.name === "Voided"
          ? event.arguments.holder
          : NOBODY;
    const recipient = event.name === "Voided" ? NOBODY : event.arguments.to;
    const moved = byTransaction
      .get(event.transactionHash)
      ?.findLast(
        (one) =>
          one.event.logIndex < event.logIndex &&
          !reasons.has(one) &&
          one.tokenId === tokenId &&
          one.grams === grams &&
          one.from === sender &&
          one.to === recipient,
      );
    if (moved) reasons.set(moved, reason);
  }
  return reasons;
}

/** Voided grams leave the holder and not the serials; what is reissued is void no more. */
async function applyVoids(batch: EventBatch): Promise<void> {
  const voided = new Map<string, bigint>();
  for (const event of inChainOrder(batch, "Voided", "Reissued")) {
    const { tokenId, grams } = event.arguments;
    const change = event.name === "Voided" ? grams : -grams;
    voided.set(tokenId, (voided.get(tokenId) ?? 0n) + change);
  }
  await updateRows(
    batch.client,
    "token AS t",
    { set: "void_grams = t.void_grams + fresh.grams", where: "t.token_id = fresh.token_id" },
    { token_id: "bytea", grams: "bigint" },
    [...voided].map(([tokenId, grams]) => [bytes(tokenId), grams]),
  );
}

function movementsOf(batch: EventBatch): Movement[] {
  return inChainOrder(batch, "TransferSingle", "TransferBatch").flatMap((event) => {
    const { operator, from, to } = event.arguments;
    const same = { event, operator, from, to };
    if (event.name === "TransferSingle") {
      const { id, value } = event.arguments;
      return [{ ...same, subIndex: 0, tokenId: id, grams: value }];
    }
    const { ids, values } = event.arguments;
    return ids.map((tokenId, subIndex) => ({
      ...same,
      subIndex,
      tokenId,
      grams: values[subIndex] ?? 0n,
    }));
  });
}

/** One row for each holder touched, also when what came in went out again within the range. */
async function applyHoldings(batch: EventBatch, movements: readonly Movement[]): Promise<void> {
  const changes = new Map<string, Map<string, bigint>>();
  const add = (tokenId: string, account: string, grams: bigint): void => {
    if (account === NOBODY) return;
    let ofToken = changes.get(tokenId);
    if (!ofToken) {
      ofToken = new Map();
      changes.set(tokenId, ofToken);
    }
    ofToken.set(account, (ofToken.get(account) ?? 0n) + grams);
  };
  for (const { tokenId, from, to, grams } of movements) {
    add(tokenId, from, -grams);
    add(tokenId, to, grams);
  }
  const rows = [...changes].flatMap(([tokenId, ofToken]) =>
    Array.from(ofToken, ([account, grams]) => ({ tokenId, account, grams })),
  );
  if (rows.length === 0) return;
  // Nobody else writes, so MERGE meets every row that is there; who loses grams without having a row meets the check.
  await batch.client.query(
    `MERGE INTO holding AS h USING unnest($1::bytea[], $2::bytea[], $3::bigint[]) AS fresh (token_id, account, grams)
     ON h.token_id = fresh.token_id AND h.account = fresh.account
     WHEN MATCHED THEN UPDATE SET grams = h.grams + fresh.grams
     WHEN NOT MATCHED THEN INSERT (token_id, account, grams) VALUES (fresh.token_id, fresh.account, fresh.grams)`,
    [
      rows.map(({ tokenId }) => bytes(tokenId)),
      rows.map(({ account }) => bytes(account)),
      rows.map(({ grams }) => grams),
    ],
  );
}

type Retirement = {
  event: ChainEventOf<"Retired" | "RetiredBatch">;
  isBatch: boolean;
  lines: readonly {
    tokenId: string;
    firstSerial: bigint;
    endSerial: bigint;
    beneficiary: string;
  }[];
};

function retirementsOf(batch: EventBatch): Retirement[] {
  return inChainOrder(batch, "Retired", "RetiredBatch").map((event) => {
    if (event.name === "RetiredBatch")
      return { event, isBatch: true, lines: event.arguments.lines };
    const { tokenId, firstSerial, endSerial } = event.arguments;
    const line = { tokenId, firstSerial, endSerial, beneficiary: NO_COMMITMENT };
    return { event, isBatch: false, lines: [line] };
  });
}

const gramsOf = ({ lines }: Pick<Retirement, "lines">): bigint =>
  lines.reduce((sum, { firstSerial, endSerial }) => sum + endSerial - firstSerial, 0n);

async function applyRetirements(batch: EventBatch): Promise<void> {
  const retired = retirementsOf(batch);
  await insertRows(
    batch.client,
    "retirement",
    {
      retirement_id: "bytea",
      holder: "bytea",
      programme: "bigint",
      purpose: "smallint",
      content: "bytea",
      grams: "bigint",
      is_batch: "boolean",
      transaction_hash: "bytea",
      block_number: "bigint",
      log_index: "integer",
      retired_at: "bigint",
    },
    retired.map(({ event, isBatch, lines }) => [
      bytes(event.arguments.retirementId),
      bytes(event.arguments.holder),
      // All lines of a record are of one programme.
      lines[0] === undefined ? 0 : tokenParts(lines[0].tokenId).programme,
      event.arguments.purpose,
      bytes(event.arguments.content),
      gramsOf({ lines }),
      isBatch,
      bytes(event.transactionHash),
      event.blockNumber,
      event.logIndex,
      batch.timeOf(event),
    ]),
  );
  await insertRows(
    batch.client,
    "retirement_line",
    {
      retirement_id: "bytea",
      line: "integer",
      token_id: "bytea",
      grams: "bigint",
      first_serial: "bigint",
      end_serial: "bigint",
      beneficiary: "bytea",
    },
    retired.flatMap(({ event, lines }) =>
      lines.map((line, place) => [
        bytes(event.arguments.retirementId),
        place,
        bytes(line.tokenId),
        gramsOf({ lines: [line] }),
        line.firstSerial,
        line.endSerial,
        line.beneficiary === NO_COMMITMENT ? null : bytes(line.beneficiary),
      ]),
    ),
  );
  const byToken = new Map<string, bigint>();
  for (const line of retired.flatMap(({ lines }) => lines)) {
    byToken.set(line.tokenId, (byToken.get(line.tokenId) ?? 0n) + gramsOf({ lines: [line] }));
  }
  await updateRows(
    batch.client,
    "token AS t",
    {
      set: "retired_grams = t.retired_grams + fresh.grams",
      where: "t.token_id = fresh.token_id",
    },
    { token_id: "bytea", grams: "bigint" },
    [...byToken].map(([tokenId, grams]) => [bytes(tokenId), grams]),
  );
}
