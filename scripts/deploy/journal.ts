import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { writeDurably } from "../../server/platform/store.ts";

type Message = {
  type: string;
  futureId?: string;
  networkInteractionId?: number;
  nonce?: number;
};

/** Where Ignition writes what it does, a line of JSON each. */
export function journalFile(folder: string): string {
  return path.join(folder, "journal.jsonl");
}

/**
 * Drops a last line that a crash left half written. Nothing is lost with it: what it would have said
 * is found again on the chain or among the kept transactions.
 */
export async function mendJournal(folder: string): Promise<void> {
  const file = journalFile(folder);
  if (!existsSync(file)) return;
  const lines = (await readFile(file, "utf8")).split("\n");
  while (lines.length > 0 && !isWhole(lines.at(-1) ?? "")) lines.pop();
  const text = lines.join("\n");
  if (text !== (await readFile(file, "utf8"))) {
    await writeDurably(file, new TextEncoder().encode(text));
  }
}

/**
 * Nonce of a transaction that was announced and of which the journal does not know whether it was
 * sent; undefined when there is none. Steps follow one another, so there is at most one.
 */
export async function unsureNonce(folder: string): Promise<number | undefined> {
  const file = journalFile(folder);
  if (!existsSync(file)) return undefined;
  let unsure: Message | undefined;
  for (const line of (await readFile(file, "utf8")).split("\n")) {
    if (line === "") continue;
    const message = JSON.parse(line) as Message;
    if (message.type === "TRANSACTION_PREPARE_SEND") unsure = message;
    if (message.type === "TRANSACTION_SEND") unsure = undefined;
  }
  return unsure?.nonce;
}

function isWhole(line: string): boolean {
  try {
    return typeof (JSON.parse(line) as Message).type === "string";
  } catch {
    return false;
  }
}
