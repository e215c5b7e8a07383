import { expect } from "chai";
import { fromHex } from "../../server/domain/bytes.ts";
import { verifyProof } from "../../server/domain/sumTree.ts";
import { seeded, suite } from "../domain/support.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { writeRegistry, writeRequest } from "../support/mirrorRows.ts";
import { type StoredTree, storeTree } from "../support/storedTree.ts";

describe("GET /v1/issuance-requests/{id}/leaves/{index}", () => {
  let api: TestApi;
  let stored: StoredTree;

  before(async function () {
    this.timeout(60_000);
    api = await openTestApi();
    const { owner } = api.database;
    await writeRegistry(owner);
    stored = await storeTree(api.store, 300, seeded(31));
    await writeRequest(owner, 1, 17_775, "proposed");
    await writeRequest(owner, 2, 17_776, "proposed");
    const { root, totalMilligrams, count, depth } = stored.tree;
    await owner.query(
      `UPDATE mirror.request SET root = $1, total_milligrams = $2, count = $3, depth = $4,
         leaf_file_hash = $5 WHERE request_id = 1`,
      [
        Buffer.from(root),
        ...[totalMilligrams.toString(), count, depth],
        Buffer.from(fromHex(stored.hash)),
      ],
    );
  });

  after(() => api?.close());

  it("knows no leaf of an unknown request, behind the last, or of an unpublished file", async () => {
    for (const route of ["9/leaves/0", "1/leaves/300", "1/leaves/9999999999", "2/leaves/0"]) {
      const answer = await api.get(`/v1/issuance-requests/${route}`);
      expect(answer.json, route).to.include({ status: 404, code: "NOT_FOUND" });
    }
    expect((await api.get("/v1/issuance-requests/1/leaves/-1")).status).to.equal(400);
  });

  it("gives a leaf with the siblings that lead to the root on chain", async () => {
    for (const index of [0, 63, 64, 299]) {
      const { status, json } = await api.get(`/v1/issuance-requests/1/leaves/${index}`);
      expect(status, JSON.stringify(json)).to.equal(200);
      const proof = json as unknown as {
        leaf: { fingerprint: string; milligrams: string; beneficiary: string; evidence: string };
        siblings: { hash: string; sum: string }[];
      };
      const leaf = {
        fingerprint: fromHex(proof.leaf.fingerprint),
        milligrams: BigInt(proof.leaf.milligrams),
        beneficiary: fromHex(proof.leaf.beneficiary),
        evidence: fromHex(proof.leaf.evidence),
      };
      const siblings = proof.siblings.map(({ hash, sum }) => ({
        hash: fromHex(hash),
        sum: BigInt(sum),
      }));
      expect(verifyProof(suite, stored.tree, leaf, index, siblings)).to.equal(true);
    }
  });
});
