import { utf8 } from "../domain/bytes.ts";
import { canonicalJson, type Json } from "../domain/canonical.ts";
import { parseDay } from "../domain/period.ts";
import type { BlobStore } from "../platform/store.ts";
import { dateField, textField } from "./validation.ts";
import { z } from "./zod.ts";

/** A document of an authority or operator: the number and date people cite it by. */
export const documentSchema = z
  .strictObject({
    number: textField(200).openapi({ description: "Document number 文号" }),
    date: dateField.refine((text) => parseDay(text).ok),
    title: textField(500).optional(),
  })
  .openapi("Document");
export type Document = z.infer<typeof documentSchema>;

/** The body of a decision that needs nothing but its document. */
export const decisionBody = z.strictObject({ document: documentSchema }).openapi("DecisionBody");

/**
 * Publishes a JSON document under the hash of its canonical text, and returns the hash. The chain holds
 * the hash, so what is published here can never be swapped for something else.
 */
export async function publish(store: BlobStore, document: Json): Promise<string> {
  return store.put(utf8(canonicalJson(document)));
}

/** What people cite a decision by, as it is recorded with the command. */
export type DocumentRecord = Document & { readonly hash: string };

/** Publishes what a decision rests on: its kind, what it is about, and the document people cite it by. */
export async function publishDecision(
  store: BlobStore,
  decision: string,
  about: Readonly<Record<string, Json>>,
  document: Document,
): Promise<DocumentRecord> {
  const hash = await publish(store, {
    ...about,
    format: "tanpu-document/1",
    decision,
    number: document.number,
    date: document.date,
    title: document.title ?? null,
  });
  return { ...document, hash };
}

/** A member of a published document, at any depth; undefined when there is none. */
export function memberAt(content: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, name)
        ? (at as Record<string, unknown>)[name]
        : undefined,
    content,
  );
}

/** A published JSON document; undefined when it is not here or is no JSON object. */
export async function readPublished(
  store: BlobStore,
  hash: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const bytes = await store.get(hash);
  if (bytes === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
