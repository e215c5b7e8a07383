// What every blob store does, in a folder and, where TANPU_TEST_S3_URL names one, in an object store.
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import { partsOf, type RunningHash } from "../../server/platform/store.ts";
import { keyOf, type StorePlace, storePlaces } from "../support/storePlaces.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const beginSha256 = async (): Promise<RunningHash> => {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
};
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const told = (error: Error): string => error.message;

/** 20 MiB and a little: more than one part of an upload. */
const LONG = Buffer.alloc((20 << 20) + 7, "0123456789abcdef-");

async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 3_000_001) yield bytes.subarray(at, at + 3_000_001);
}

for (const [name, openPlace] of storePlaces) {
  describe(`a blob store in ${name}`, () => {
    let place: StorePlace;

    beforeEach(async () => {
      place = await openPlace();
    });
    afterEach(() => place.close());

    it("refuses names that are no hashes, and content that no longer has its hash", async () => {
      const store = place.open(sha256);
      for (const bad of ["../../etc/passwd", "", "0xAB", `0x${"g".repeat(64)}`]) {
        expect(await store.get(bad).catch(told), bad).match(/64 lowercase hex/);
      }
      const hash = await store.put(text("leaf"));
      await place.write(keyOf(hash), text("loaf"));
      expect(await store.get(hash).catch(told)).match(/damaged/);
    });

    it("keeps nothing of a blob whose parts end in a failure", async () => {
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield* inParts(LONG);
        throw new Error("the source broke");
      };
      for (const begin of [beginSha256, undefined]) {
        const store = place.open(sha256, begin);
        expect(await store.putParts(failing()).catch(told)).to.equal("the source broke");
        expect(await place.keys()).to.deep.equal([]);
      }
    });

    it("tells a range beyond the end", async () => {
      const store = place.open(sha256);
      const file = await store.open(await store.put(text("leaf")));
      expect(await file?.read(2, 5).catch(told)).match(/ends before byte 5/);
      await file?.close();
    });

    it("gives back what was put, and nothing for what was not", async () => {
      const store = place.open(sha256);
      const hash = await store.put(text("leaf"));
      expect(hash).to.equal(`0x${sha256(text("leaf"))}`);
      expect(await store.put(text("leaf"))).to.equal(hash);
      expect(await store.get(hash)).to.deep.equal(text("leaf"));
      expect(await store.has(hash)).to.equal(true);
      const none = sha256(text("none"));
      expect(await store.get(none)).to.equal(undefined);
      expect(await store.has(none)).to.equal(false);
      expect(await store.open(none)).to.equal(undefined);
      expect(await store.openBeside(hash, "levels")).to.equal(undefined);
      expect(await place.keys()).to.deep.equal([keyOf(hash)]);
      await store.remove(hash);
      await store.remove(hash);
      expect(await store.has(hash)).to.equal(false);
    });

    it("does not write again what is there", async () => {
      const store = place.open(sha256, beginSha256);
      const hash = await store.put(text("leaf"));
      // Would be whole again, had it been written.
      await place.write(keyOf(hash), text("loaf"));
      await store.put(text("leaf"));
      expect(await store.putParts(inParts(text("leaf")))).to.equal(hash);
      expect((await place.read(keyOf(hash))).toString()).to.equal("loaf");
    });

    it("takes a long blob in parts, and reads ranges of it", async () => {
      for (const begin of [beginSha256, undefined]) {
        const store = place.open(sha256, begin);
        const hash = await store.putParts(inParts(LONG));
        expect(hash).to.equal(`0x${sha256(LONG)}`);
        expect(await place.keys()).to.deep.equal([keyOf(hash)]);
        const file = await store.open(hash);
        expect(file?.length).to.equal(LONG.length);
        for (const [first, end] of [
          [0, 1],
          [(16 << 20) - 5, (16 << 20) + 5],
          [LONG.length - 3, LONG.length],
          [9, 9],
        ] as const) {
          const read = await file?.read(first, end);
          expect(Buffer.from(read ?? []).equals(LONG.subarray(first, end)), `${first}`).equal(true);
        }
        const whole = file && (await buffer(partsOf(file)));
        expect(whole?.equals(LONG)).to.equal(true);
        await store.remove(hash);
      }
    });

    it("takes an empty blob", async () => {
      const store = place.open(sha256, beginSha256);
      const hash = await store.putParts(inParts(new Uint8Array()));
      expect(await store.get(hash)).to.deep.equal(new Uint8Array());
      const file = await store.open(hash);
      expect(file?.length).to.equal(0);
      await file?.close();
    });

    it("keeps beside a blob what may be replaced", async () => {
      const store = place.open(sha256);
      const hash = await store.put(text("leaf"));
      for (const made of ["levels", "other levels"]) {
        await store.putBeside(hash, "levels", text(made));
        const beside = await store.openBeside(hash, "levels");
        expect(await beside?.read(0, made.length)).to.deep.equal(text(made));
        await beside?.close();
      }
      expect(await place.keys()).to.deep.equal([keyOf(hash), keyOf(hash, ".levels")]);
    });
  });
}
