import { z } from "zod";
import { fromHex, toHex, utf8 } from "../domain/bytes.ts";
import { randomSalts, type SaltSource, seededSalts } from "../domain/commitment.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import { type KeyRing, keyRingOf } from "../domain/keyRing.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";

const key = z.string().regex(/^0x[0-9a-f]{64}$/);

const keyFileSchema = z.strictObject({
  format: z.literal("tanpu-keys/1"),
  demonstration: z.boolean(),
  note: z.string().optional(),
  commonKey: key,
  programmeKeys: z.record(z.string().regex(/^[1-9]\d{0,9}$/), key),
  /** Only in the demonstration: salts that can be computed again. */
  saltKey: key.optional(),
});

/**
 * Hash of the published common key as it is written. A file that leaves out the word "demonstration" is still
 * recognised by it.
 */
const PUBLISHED_COMMON_KEY = "0x3d481f22119d815de25e6b585625410bf75d80ea5c71cf700c67961e97dfed87";

export type IntakeKeys = { keys: KeyRing; salts: SaltSource };

/**
 * Reads a parsed key file. DEMO_KEYS_OUTSIDE_DEMO for the published keys, or repeatable salts, in any
 * mode but the demonstration; KEYS_MALFORMED. No key ever stands in a message.
 */
export function loadKeys(
  suite: HashSuite,
  parsed: unknown,
  options: { mode: "production" | "demo"; randomBytes: (length: number) => Uint8Array },
): Result<IntakeKeys> {
  const file = keyFileSchema.safeParse(parsed);
  if (!file.success) {
    const path = file.error.issues[0]?.path.join(".") ?? "";
    return refuse("KEYS_MALFORMED", { values: { detail: path === "" ? "not an object" : path } });
  }
  const { demonstration, commonKey, programmeKeys, saltKey } = file.data;
  const published = toHex(suite.hash(utf8(commonKey))) === PUBLISHED_COMMON_KEY;
  if ((demonstration || published || saltKey !== undefined) && options.mode !== "demo") {
    return refuse("DEMO_KEYS_OUTSIDE_DEMO");
  }
  const keys = keyRingOf(suite, {
    commonKey: fromHex(commonKey),
    programmeKeys: new Map(
      Object.entries(programmeKeys).map(([programme, secret]) => [
        Number(programme),
        fromHex(secret),
      ]),
    ),
  });
  const salts =
    saltKey === undefined ? randomSalts(options.randomBytes) : seededSalts(suite, fromHex(saltKey));
  return succeed({ keys, salts });
}
