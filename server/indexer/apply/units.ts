import type { ChainEvent } from "../../chain/events.ts";
import { type EventBatch, inChainOrder } from "./batch.ts";
import { tokenParts } from "./issuance.ts";
import { bytes, type Cell, insertRows, updateRows } from "./rows.ts";

const NOBODY = `0x${"0".repeat(40)}`;

type Movement = {
  event: ChainEvent;
  subIndex: number;
  tokenId: string;
  operator: string;
  from: string;
  to: string;
  grams: bigint;
};

/** Movements of units, the holdings they leave, and retirements with their serials. */
export async function applyUnits(batch: EventBatch): Promise<void> {
  const movements = movementsOf(batch);
  await insertRows(
    batch.client,
    "transfer",
    {
      block_number: "bigint",
      log_index: "integer",
      sub_index: "integer",
      token_id: "bytea",
      operator: "bytea",
      sender: "bytea",
      recipient: "bytea",
      grams: "bigint",
      transaction_hash: "bytea",
      moved_at: "bigint",
    },
    movements.map((movement) => [
      movement.event.blockNumber,
      movement.event.logIndex,
      movement.subIndex,
      bytes(movement.tokenId),
      bytes(movement.operator),
      movement.from === NOBODY ? null : bytes(movement.from),
      movement.to === NOBODY ? null : bytes(movement.to),
      movement.grams,
      bytes(movement.event.transactionHash),
      batch.timeOf(movement.event),
    ]),
  );
  await applyHoldings(batch, movements);
  await applyRetirements(batch);
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
  const changes = new Map<string, { tokenId: string; account: string; grams: bigint }>();
  const add = (tokenId: string, account: string, grams: bigint): void => {
    if (account === NOBODY) return;
    const key = tokenId + account;
    const change = changes.get(key);
    if (change) change.grams += grams;
    else changes.set(key, { tokenId, account, grams });
  };
  for (const { tokenId, from, to, grams } of movements) {
    add(tokenId, from, -grams);
    add(tokenId, to, grams);
  }
  const rows = [...changes.values()];
  // A check constraint looks at the row to insert before it looks for the one that is there, so
  // holders who lose grams, and therefore have a row, are updated.
  const gaining = rows.filter(({ grams }) => grams >= 0n);
  const losing = rows.filter(({ grams }) => grams < 0n);
  const columns = { token_id: "bytea", account: "bytea", grams: "bigint" };
  const cells = ({ tokenId, account, grams }: (typeof rows)[number]): Cell[] => [
    bytes(tokenId),
    bytes(account),
    grams,
  ];
  await insertRows(
    batch.client,
    "holding",
    columns,
    gaining.map(cells),
    "(token_id, account) DO UPDATE SET grams = holding.grams + excluded.grams",
  );
  await updateRows(
    batch.client,
    "holding AS h",
    {
      set: "grams = h.grams + fresh.grams",
      where: "h.token_id = fresh.token_id AND h.account = fresh.account",
    },
    columns,
    losing.map(cells),
  );
}

async function applyRetirements(batch: EventBatch): Promise<void> {
  const retired = batch.named("Retired").map((event) => ({
    ...event,
    grams: event.arguments.endSerial - event.arguments.firstSerial,
    programme: tokenParts(event.arguments.tokenId).programme,
  }));
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
      transaction_hash: "bytea",
      block_number: "bigint",
      log_index: "integer",
      retired_at: "bigint",
    },
    retired.map((event) => [
      bytes(event.arguments.retirementId),
      bytes(event.arguments.holder),
      event.programme,
      event.arguments.purpose,
      bytes(event.arguments.content),
      event.grams,
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
    },
    retired.map(({ arguments: line, grams }) => [
      bytes(line.retirementId),
      0,
      bytes(line.tokenId),
      grams,
      line.firstSerial,
      line.endSerial,
    ]),
  );
  const byToken = new Map<string, bigint>();
  for (const { arguments: line, grams } of retired) {
    byToken.set(line.tokenId, (byToken.get(line.tokenId) ?? 0n) + grams);
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
