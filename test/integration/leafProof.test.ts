import { expect } from "chai";
import { toHex } from "../../server/domain/bytes.ts";
import { LEAF_BYTES, readLeaf, verifyProof } from "../../server/domain/sumTree.ts";
import { readLeafProof } from "../../server/intake/leafProof.ts";
import type { BlobStore } from "../../server/platform/store.ts";
import { seeded, suite } from "../domain/support.ts";
import { type StoredTree, storeTree } from "../support/storedTree.ts";
import { keyOf, type StorePlace, storePlaces } from "../support/storePlaces.ts";

for (const [name, openPlace] of storePlaces)
  describe(`A proof out of the files in ${name}`, () => {
    const random = seeded(21);
    let at: StorePlace;
    let store: BlobStore;

    beforeEach(async () => {
      at = await openPlace();
      store = at.open((bytes) => toHex(suite.hash(bytes)));
    });
    afterEach(() => at.close());

    async function expectProof({ hash, tree, records }: StoredTree, index: number): Promise<void> {
      const proof = await readLeafProof({ suite, store }, hash, tree, index);
      expect(proof?.leaf).to.deep.equal(readLeaf(records, index));
      expect(proof?.siblings).to.deep.equal(tree.proof(index));
      const { leaf, siblings } = proof!;
      expect(verifyProof(suite, tree, leaf, index, siblings)).to.equal(true);
    }

    it("is not given beyond the last leaf, without the file, or under another head", async () => {
      const { hash, tree } = await storeTree(store, 70, random);
      const place = { suite, store };
      for (const index of [70, -1, 0.5]) {
        const error = await readLeafProof(place, hash, tree, index).catch((thrown) => thrown);
        expect(error).to.be.instanceOf(RangeError);
      }
      const unknown = `0x${"22".repeat(32)}`;
      expect(await readLeafProof(place, unknown, tree, 0)).to.equal(undefined);
      const others = [
        { ...tree, root: suite.hash(tree.root) },
        { ...tree, totalMilligrams: tree.totalMilligrams + 1n },
        { ...tree, count: 69 },
        { ...tree, depth: 8 },
      ];
      for (const other of others) {
        expect(await readLeafProof(place, hash, other, 0)).to.equal(undefined);
      }
    });

    it("is not given out of a damaged leaf file", async () => {
      const { hash, tree } = await storeTree(store, 200, random);
      const bytes = await at.read(keyOf(hash));
      const changed = bytes.length - 100 * LEAF_BYTES;
      bytes[changed] = (bytes[changed] ?? 0) ^ 1;
      await at.write(keyOf(hash), bytes);
      const error = await readLeafProof({ suite, store }, hash, tree, 99).catch((thrown) => thrown);
      expect(error).to.have.property("name", "BlobStoreError");
    });

    it("is right, and the level file whole again, when that one was damaged, cut or is gone", async () => {
      const one = await storeTree(store, 5_000, random);
      const whole = await at.read(keyOf(one.hash, ".levels"));
      const changed = Buffer.from(whole);
      const last = changed.length - 1;
      changed[last] = (changed[last] ?? 0) ^ 1;
      for (const broken of [changed, whole.subarray(0, -100), Buffer.alloc(0), undefined]) {
        if (broken) await at.write(keyOf(one.hash, ".levels"), broken);
        else await at.remove(keyOf(one.hash, ".levels"));
        await expectProof(one, 4_999);
        expect(await at.read(keyOf(one.hash, ".levels"))).to.deep.equal(whole);
      }
    });

    it("makes a level file that is gone once, however many ask at the same time", async () => {
      const one = await storeTree(store, 5_000, random);
      await at.remove(keyOf(one.hash, ".levels"));
      let made = 0;
      const counting: BlobStore = {
        ...store,
        putBeside: (...beside) => {
          made++;
          return store.putBeside(...beside);
        },
      };
      const places = [0, 77, 4_999];
      const proofs = await Promise.all(
        places.map((index) => readLeafProof({ suite, store: counting }, one.hash, one.tree, index)),
      );
      expect(proofs.map((proof) => proof?.siblings)).to.deep.equal(places.map(one.tree.proof));
      expect(made).to.equal(1);
    });

    it("is the one the tree gives, for trees about every border of a block", async () => {
      for (const count of [1, 2, 63, 64, 65, 128, 129, 4_095, 4_096, 4_097, 9_000]) {
        const one = await storeTree(store, count, random);
        for (const index of new Set([0, count - 1, count >> 1, random(count), random(count)])) {
          await expectProof(one, index);
        }
      }
    });
  });
