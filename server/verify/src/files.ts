import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { toHex } from "../../domain/bytes.ts";
import type { HashSuite } from "../../domain/hashSuite.ts";
import {
  type Bundle,
  bundleSchema,
  type Manifest,
  manifestSchema,
  type Ride,
  rideSchema,
} from "./formats.ts";
import { Unusable } from "./unusable.ts";

/** A published blob; `isNamed` whether its bytes still have the hash that is its name. */
export type Blob = { bytes: Uint8Array; isNamed: boolean };

/** The published folder. Methods throw `Unusable` for what is there and cannot be read. */
export interface PublishedFiles {
  manifest(): Promise<Manifest>;
  bundles(): Promise<Bundle[]>;
  rides(): Promise<{ name: string; ride: Ride }[]>;
  /** The blob of that hash (`0x` and 64 hex digits), undefined when it was not published. */
  blob(hash: string): Promise<Blob | undefined>;
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

async function readJson<T>(file: string, form: z.ZodType<T>): Promise<T> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    throw new Unusable(`The file ${file} cannot be read.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Unusable(`The file ${file} is not JSON.`);
  }
  const parsed = form.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Unusable(
    `The file ${file} has another form: ${issue?.path.join(".")} ${issue?.message}`,
  );
}

async function jsonNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw new Unusable(`The folder ${folder} cannot be read.`);
  }
}

/** Opens a published folder; nothing is read yet. */
export function openFiles(folder: string, suite: HashSuite): PublishedFiles {
  const all = async <T>(part: string, form: z.ZodType<T>): Promise<{ name: string; it: T }[]> => {
    const items: { name: string; it: T }[] = [];
    for (const name of await jsonNames(join(folder, part))) {
      items.push({ name, it: await readJson(join(folder, part, name), form) });
    }
    return items;
  };
  return {
    manifest: () => readJson(join(folder, "manifest.json"), manifestSchema),
    bundles: async () => (await all("tokens", bundleSchema)).map(({ it }) => it),
    rides: async () => (await all("rides", rideSchema)).map(({ name, it }) => ({ name, ride: it })),
    blob: async (hash) => {
      const name = hash.slice(2);
      let bytes: Uint8Array;
      try {
        bytes = await readFile(join(folder, "blobs", name.slice(0, 2), name));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw new Unusable(`The blob ${hash} cannot be read.`);
      }
      return { bytes, isNamed: toHex(suite.hash(bytes)) === hash };
    },
  };
}
