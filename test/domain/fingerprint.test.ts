import { createHmac } from "node:crypto";
import { expect } from "chai";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import {
  assetKeyOf,
  bucketOf,
  carrierTimeFingerprints,
  markTime,
  participantOf,
  rowKeyOf,
} from "../../server/domain/fingerprint.ts";
import { keyRingOf } from "../../server/domain/keyRing.ts";
import { loadKeys } from "../../server/intake/keys.ts";
import { codeOf, demoKeyFile, seeded, suite, vectors } from "./support.ts";

type FingerprintVectors = {
  commonKey: string;
  programmeKey: string;
  dayKeys: { day: number; key: string }[];
  activities: {
    carrier: string;
    card: string;
    at: number;
    windowSeconds: number;
    first: string;
    second: string;
    day: number;
  }[];
  participants: { programme: number; platform: string; userId: string; participant: string }[];
  rowKeys: { programme: number; platform: string; orderNo: string; rowKey: string }[];
  assetKeys: { kind: string; assetNo: string; assetKey: string }[];
};

const known = vectors<FingerprintVectors>("fingerprint.json");
const commonKey = fromHex(known.commonKey);
const programmeKey = fromHex(known.programmeKey);
const keys = keyRingOf(suite, { commonKey, programmeKeys: new Map([[1, programmeKey]]) });

const mac = (key: Uint8Array, ...parts: (string | Buffer)[]): Buffer => {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
};

const uint = (value: number | bigint, length: number): Buffer =>
  Buffer.from(
    BigInt(value)
      .toString(16)
      .padStart(2 * length, "0"),
    "hex",
  );

/** The same fingerprint from the words of the specification, with Node's own HMAC. */
function slowFingerprint(facts: FingerprintVectors["activities"][number], grid: number): string {
  const shift = (BigInt(grid) * BigInt(facts.windowSeconds)) / 2n;
  const window = BigInt(facts.windowSeconds);
  const bucket = (BigInt(facts.at) + shift) / window;
  const day = (bucket * window - shift + 28_800n) / 86_400n;
  const dayKey = mac(commonKey, "tanpu/fingerprint-day/1", uint(day, 4));
  const fields = [
    Buffer.from("carrier-time"),
    Buffer.from(facts.carrier),
    Buffer.from(facts.card),
    uint(facts.windowSeconds, 4),
    uint(grid, 1),
    uint(bucket, 8),
  ].flatMap((field) => [uint(field.length, 2), field]);
  return `0x${uint(day, 4).toString("hex")}${mac(dayKey, ...fields)
    .toString("hex")
    .slice(0, 56)}`;
}

describe("Fingerprints", () => {
  it("follow the shared vectors, computed two ways", () => {
    for (const { day, key } of known.dayKeys) expect(toHex(keys.dayKey(day))).to.equal(key);
    for (const vector of known.activities) {
      const { first, second, day } = carrierTimeFingerprints(suite, keys, vector);
      expect(toHex(first)).to.equal(vector.first);
      expect(toHex(second)).to.equal(vector.second);
      expect(day).to.equal(vector.day);
      expect(slowFingerprint(vector, 0)).to.equal(vector.first);
      expect(slowFingerprint(vector, 1)).to.equal(vector.second);
    }
  });

  it("keep persons, rows and assets apart by platform and kind", () => {
    for (const { programme, platform, userId, participant } of known.participants) {
      expect(toHex(participantOf(suite, keys, programme, platform, userId))).to.equal(participant);
      const slow = mac(programmeKey, "tanpu/participant/1", platform, "\0", userId);
      expect(`0x${slow.toString("hex").slice(0, 32)}`).to.equal(participant);
    }
    for (const { programme, platform, orderNo, rowKey } of known.rowKeys) {
      expect(toHex(rowKeyOf(suite, keys, programme, platform, orderNo))).to.equal(rowKey);
      const slow = mac(programmeKey, "tanpu/row/1", platform, "\0", orderNo);
      expect(`0x${slow.toString("hex").slice(0, 32)}`).to.equal(rowKey);
    }
    for (const { kind, assetNo, assetKey } of known.assetKeys) {
      expect(toHex(assetKeyOf(suite, keys, kind, assetNo))).to.equal(assetKey);
      const slow = mac(commonKey, "tanpu/asset/1", kind, "\0", assetNo);
      expect(`0x${slow.toString("hex")}`).to.equal(assetKey);
    }
  });

  it("share a bucket whenever two reports are at most half a window apart", () => {
    const random = seeded(2);
    const shares = (at: number, later: number, windowSeconds: number): boolean =>
      ([0, 1] as const).some(
        (grid) =>
          bucketOf(at, windowSeconds, grid).bucket === bucketOf(later, windowSeconds, grid).bucket,
      );
    for (let i = 0; i < 20_000; i++) {
      const windowSeconds = 2 * (1 + random(1_000));
      const at = random(2_000_000_000);
      expect(shares(at, at + random(windowSeconds / 2 + 1), windowSeconds)).to.equal(true);
      expect(shares(at, at + windowSeconds / 2, windowSeconds)).to.equal(true);
      expect(shares(at, at + windowSeconds, windowSeconds)).to.equal(false);
    }
    // Every second of a window, with exactly W/2 between the reports.
    for (let at = 0; at < 720; at++) expect(shares(at, at + 180, 360)).to.equal(true);
  });

  it("have marks whose time fits two bytes and is one for all moments of a bucket", () => {
    const random = seeded(3);
    for (let i = 0; i < 20_000; i++) {
      const windowSeconds = 2 * (1 + random(1_000));
      const [at, grid] = [random(2_000_000_000), random(2) as 0 | 1];
      const time = markTime(at, windowSeconds, grid);
      expect(time).to.be.within(0, 43_199);
      const { bucket, start } = bucketOf(at, windowSeconds, grid);
      const other = start + random(windowSeconds);
      expect(bucketOf(other, windowSeconds, grid).bucket).to.equal(bucket);
      expect(markTime(other, windowSeconds, grid)).to.equal(time);
    }
  });

  it("say nothing of another card, vehicle or time", () => {
    const facts = { carrier: "01620D", card: "FHEFIHBJC", at: 1_535_773_051, windowSeconds: 360 };
    const fingerprints = [
      facts,
      { ...facts, card: "FHEFIHBJD" },
      { ...facts, carrier: "01620E" },
      { ...facts, carrier: "01620", card: "DFHEFIHBJC" },
      { ...facts, at: facts.at + 360 },
    ].flatMap((one) => {
      const { first, second } = carrierTimeFingerprints(suite, keys, one);
      return [toHex(first), toHex(second)];
    });
    expect(new Set(fingerprints).size).to.equal(fingerprints.length);
  });
});

describe("Keys", () => {
  const randomBytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);
  const production = { mode: "production", randomBytes } as const;

  it("that are published are refused outside the demonstration", () => {
    expect(codeOf(loadKeys(suite, demoKeyFile(), production))).to.equal("DEMO_KEYS_OUTSIDE_DEMO");
  });

  it("that are published are recognised without the word", () => {
    const { saltKey: _, ...file } = { ...demoKeyFile(), demonstration: false } as Record<
      string,
      unknown
    >;
    expect(codeOf(loadKeys(suite, file, production))).to.equal("DEMO_KEYS_OUTSIDE_DEMO");
  });

  it("with repeatable salts are refused outside the demonstration", () => {
    const file = { ...demoKeyFile(), demonstration: false, commonKey: `0x${"ab".repeat(32)}` };
    expect(codeOf(loadKeys(suite, file, production))).to.equal("DEMO_KEYS_OUTSIDE_DEMO");
  });

  it("that are malformed are refused without being shown", () => {
    const result = loadKeys(suite, { ...demoKeyFile(), commonKey: "0xsecret" }, production);
    expect(codeOf(result)).to.equal("KEYS_MALFORMED");
    expect(JSON.stringify(result)).to.not.contain("secret");
  });

  it("of one's own are taken, with random salts", () => {
    const { saltKey: _, ...file } = {
      ...demoKeyFile(),
      demonstration: false,
      commonKey: `0x${"ab".repeat(32)}`,
    } as Record<string, unknown>;
    const loaded = loadKeys(suite, file, production);
    expect(codeOf(loaded)).to.equal("accepted");
    if (loaded.ok) {
      expect(loaded.value.salts.salt("p", new Uint8Array(16))[0]).to.equal(7);
    }
  });
});
