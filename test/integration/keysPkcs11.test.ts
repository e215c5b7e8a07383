// Keys in a PKCS#11 token, tried on SoftHSM. Only where TANPU_TEST_PKCS11_LIBRARY names its library;
// `.ci/run` installs it, `./tanpu test` says so when this is left out.
import { expect } from "chai";
import { id, Transaction, verifyTypedData } from "ethers";
import { Pkcs11KeyStore } from "../../server/chain/keysPkcs11.ts";
import { createWriter } from "../../server/chain/writer.ts";
import { runLane } from "../../server/queue/lane.ts";
import { DOCUMENT, FIRST_DAY, openRegistry, type RegistryChain } from "../support/registryChain.ts";
import { makeSoftToken, type SoftToken, tokenLibrary } from "../support/softToken.ts";

const failure = async (work: Promise<unknown>): Promise<Error> => {
  try {
    await work;
  } catch (cause) {
    return cause as Error;
  }
  throw new Error("it did not fail");
};

if (tokenLibrary !== "") {
  describe("PKCS#11 key store", function () {
    this.timeout(60_000);
    const STRANGER = `0x${"11".repeat(20)}`;
    let token: SoftToken;
    let store: Pkcs11KeyStore;
    const call = { type: 2, chainId: 5, nonce: 0, to: STRANGER, gasLimit: 21_000n };

    before(() => {
      token = makeSoftToken();
      store = new Pkcs11KeyStore(token);
    });
    after(() => token.remove());

    it("tries a refused PIN once only", async () => {
      // Before anybody logs in: a login counts for the whole process.
      const mistaken = new Pkcs11KeyStore({ ...token, pin: "000000" });
      const first = await failure(mistaken.addresses());
      expect(first).to.have.property("name", "PermanentError");
      expect(first.message).not.to.contain("000000");
      expect(await failure(mistaken.addresses())).to.equal(first);
    });

    it("refuses to sign for an address it holds no key of", async () => {
      const error = await failure(store.signTransaction(STRANGER, call));
      expect(error).to.have.property("name", "PermanentError");
      expect(error.message).to.contain(STRANGER);
    });

    it("refuses a file that is no PKCS#11 library", async () => {
      const error = await failure(
        new Pkcs11KeyStore({ ...token, library: "/dev/null" }).addresses(),
      );
      expect(error).to.have.property("name", "PermanentError");
    });

    it("waits for a token that is not there", async () => {
      const error = await failure(new Pkcs11KeyStore({ ...token, token: "another" }).addresses());
      expect(error).to.have.property("name", "RetryableError");
      expect(error.message).to.contain("another").and.not.to.contain(token.pin);
    });

    it("lists nothing on an empty token", async () => {
      expect(await store.addresses()).to.deep.equal([]);
    });

    it("makes keys and signs with each of them what a chain takes", async () => {
      const made = [await store.create(), await store.create(), await store.create()];
      expect(await store.addresses()).to.deep.equal([...made].sort());
      const types = { Note: [{ name: "grams", type: "uint64" }] };
      const domain = { name: "test", version: "1", chainId: 5 };
      const sign = async (address: string, nonce: number): Promise<void> => {
        const raw = await store.signTransaction(address, { ...call, nonce });
        const { from, signature } = Transaction.from(raw);
        expect(from?.toLowerCase()).to.equal(address);
        // ethers refuses a high s when it parses; half of all raw signatures have one.
        expect(signature).not.to.equal(null);
        const typed = await store.signTypedData(address, {
          domain,
          types,
          value: { grams: nonce },
        });
        const signer = verifyTypedData(domain, types, { grams: nonce }, typed);
        expect(signer.toLowerCase()).to.equal(address);
      };
      const work = Array.from({ length: 60 }, (_, at) => sign(made[at % 3] as string, at));
      await Promise.all(work);
    });

    it("finds a key that another process of the same token made", async () => {
      const other = new Pkcs11KeyStore(token);
      const address = await other.create();
      const raw = await store.signTransaction(address, call);
      expect(Transaction.from(raw).from?.toLowerCase()).to.equal(address);
    });

    describe("on a chain", () => {
      let registry: RegistryChain;
      before(async function () {
        this.timeout(120_000);
        registry = await openRegistry();
      });
      after(() => registry.close());

      it("signs a reviewer's statement and its transaction, and Issuance takes them", async () => {
        const reviewer = await store.create();
        const { authority } = registry.accounts;
        const opened = [1, reviewer, id("reviewers with a token"), DOCUMENT];
        await registry.act(authority, "programmes", "openAccount", opened);
        await registry.act(authority, "programmes", "grantRole", [1, 3, reviewer, 0, DOCUMENT]);
        const period = { firstDay: FIRST_DAY, endDay: FIRST_DAY + 1 };
        const proposal = {
          ...period,
          root: id("root"),
          totalMilligrams: "5000",
          reportHash: id("r"),
        };
        await registry.order("propose", "applicant", {
          ...proposal,
          sourceId: registry.sourceId,
          count: "3",
          depth: 2,
          leafFileHash: id("leaves"),
        });
        registry.accounts.reviewer = reviewer;
        const operation = await registry.store("attest", "reviewer", {
          statement: {
            ...proposal,
            requestId: "1",
            methodology: 1,
            kind: 2,
            favourable: true,
            validUntil: "4102444800",
            reviewer,
          },
        });
        const writer = createWriter(registry.chain, store);
        await runLane(registry.executeContext({ keys: store, writer }), reviewer);
        await registry.mine();
        await registry.index();
        expect(await registry.stateOf(operation)).to.deep.equal({ state: "included", code: null });
        const signed = await registry.query("SELECT reviewer FROM mirror.statement");
        expect(signed).to.deep.equal([{ reviewer: Buffer.from(reviewer.slice(2), "hex") }]);
      });
    });
  });
}
