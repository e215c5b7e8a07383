import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LEAF_BYTES } from "../../server/domain/sumTree.ts";

/** One field changed in one published file, as somebody with something to hide would. */
export type Edit = {
  /** One field of one published file. */
  what: string;
  /** The checks of which at least one must fail. */
  caughtBy: string[];
  apply(folder: string): Promise<void>;
};

export const EDITS: Edit[] = [
  {
    what: "one leaf's milligrams",
    caughtBy: ["leaves.sum", "leaves.root"],
    apply: (folder) => editLeafFile(folder, (records) => flip(records, 1575 * LEAF_BYTES + 39)),
  },
  {
    what: "one leaf's fingerprint",
    caughtBy: ["leaves.root", "leaves.order"],
    apply: (folder) => editLeafFile(folder, (records) => flip(records, 7 * LEAF_BYTES + 31)),
  },
  {
    what: "the time of one platform's report",
    caughtBy: ["ride.fingerprints", "ride.leaf"],
    apply: (folder) =>
      editJson(join(folder, "rides", "one-ride.json"), (ride) => {
        ride.reports[1].at += 720;
      }),
  },
  {
    what: "the emissions the certificate states",
    caughtBy: ["certificate.figures", "certificate.document"],
    apply: (folder) =>
      editBlob(folder, '"format":"tanpu-neutrality-certificate/1"', (text) =>
        text.replace('"emitted":{"grams":"1202395"', '"emitted":{"grams":"1202394"'),
      ),
  },
  {
    what: "the end of a retirement's serials",
    caughtBy: ["retirement.id"],
    apply: async (folder) => {
      const [name] = await readdir(join(folder, "tokens"));
      await editJson(join(folder, "tokens", name ?? ""), (bundle) => {
        bundle.retirements[0].endSerial = "1250001";
      });
    },
  },
];

function flip(bytes: Uint8Array, place: number): void {
  bytes[place] = (bytes[place] ?? 0) ^ 1;
}

// biome-ignore lint/suspicious/noExplicitAny: the edit reaches into a file's JSON as an attacker would.
async function editJson(file: string, edit: (value: any) => void): Promise<void> {
  const value = JSON.parse(await readFile(file, "utf8"));
  edit(value);
  await writeFile(file, JSON.stringify(value));
}

async function blobFiles(folder: string): Promise<string[]> {
  const blobs = join(folder, "blobs");
  const shards = await readdir(blobs);
  const names = await Promise.all(
    shards.map(async (shard) =>
      (await readdir(join(blobs, shard))).map((n) => join(blobs, shard, n)),
    ),
  );
  return names.flat();
}

async function editBlob(
  folder: string,
  holds: string,
  edit: (text: string) => string,
): Promise<void> {
  for (const file of await blobFiles(folder)) {
    const text = await readFile(file, "utf8");
    if (!text.includes(holds)) continue;
    const edited = edit(text);
    await writeFile(file, edited);
    return;
  }
  throw new Error(`No published blob holds ${holds}.`);
}

async function editLeafFile(folder: string, edit: (records: Buffer) => void): Promise<void> {
  for (const file of await blobFiles(folder)) {
    const bytes = await readFile(file);
    if (!bytes.subarray(0, 200).includes('"tanpu-leaves/1"')) continue;
    edit(bytes.subarray(bytes.indexOf(0x0a) + 1));
    await writeFile(file, bytes);
    return;
  }
  throw new Error("The leaf file is not published.");
}
