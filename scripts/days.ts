import pg from "pg";
import { toHex } from "../server/domain/bytes.ts";
import { type HashSuite, loadHashSuite } from "../server/domain/hashSuite.ts";
import { formatDay, parseDay } from "../server/domain/period.ts";
import { attachDays } from "../server/intake/partitions/attach.ts";
import { detachDays } from "../server/intake/partitions/detach.ts";
import type { BlobStore } from "../server/platform/store.ts";
import { openStore } from "../server/platform/stores.ts";
import { parseStoreUrl } from "../server/platform/storeUrl.ts";
import { StackError } from "./dev/stackError.ts";

type Print = (line: string) => void;
type Asked = { dataFolder: string; json: boolean };

const SECONDS_PER_DAY = 86_400;

function dayOf(name: string, date: string): number {
  const day = parseDay(date);
  if (!day.ok) throw new StackError(`--${name} takes a day such as 2024-06-01.`);
  return day.value;
}

/** The store that the worker keeps leaf files in; nothing of it is published by itself. */
function storeOf(dataFolder: string, suite: HashSuite): Promise<BlobStore> {
  const storeUrl = process.env.STORE_URL || undefined;
  if (storeUrl !== undefined && !parseStoreUrl(storeUrl)) {
    throw new StackError("The environment variable STORE_URL is no place of an object store.");
  }
  const hash = (bytes: Uint8Array): string => toHex(suite.hash(bytes));
  return openStore({ dataFolder, storeUrl }, "kept", hash, suite.begin);
}

const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one));

/** Moves days to files and says which; days that stay are told with the reason. */
export async function detachCommand(
  databaseUrl: string,
  of: Asked & { before: string; challengeDays: number },
  print: Print,
): Promise<number> {
  const suite = await loadHashSuite("keccak");
  const owner = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const result = await detachDays({
      owner,
      store: await storeOf(of.dataFolder, suite),
      before: dayOf("before", of.before),
      decidedBefore: Math.floor(Date.now() / 1000) - of.challengeDays * SECONDS_PER_DAY,
    });
    if (of.json) print(jsonOf(result));
    else {
      for (const { day, part, rows, fileHash } of result.detached) {
        print(`${formatDay(day)}  ${part}  ${rows} rows 行  ${fileHash}`);
      }
      for (const { day, why } of result.kept) {
        const told =
          why === "open"
            ? "stays: not all of its periods are closed 保留：仍有监测期未关账"
            : "stays: not issued long enough ago 保留：签发未满期限";
        print(`${formatDay(day)}  ${told}`);
      }
    }
    return 0;
  } finally {
    await owner.end();
  }
}

/** Takes days back from their files and says which. */
export async function attachCommand(
  databaseUrl: string,
  of: Asked & { first: string; end: string },
  print: Print,
): Promise<number> {
  const suite = await loadHashSuite("keccak");
  const owner = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const days = await attachDays({
      ...{ owner, suite, store: await storeOf(of.dataFolder, suite) },
      ...{ firstDay: dayOf("first", of.first), endDay: dayOf("end", of.end) },
    });
    const told = days.map(formatDay);
    print(of.json ? JSON.stringify(told) : told.join("\n"));
    return 0;
  } finally {
    await owner.end();
  }
}
