import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { Transaction, verifyTypedData, Wallet } from "ethers";
import { FileKeyStore } from "../../server/chain/keys.ts";

describe("file key store", function () {
  this.timeout(20_000);
  const KEY = `0x${"42".repeat(32)}`;
  const ADDRESS = new Wallet(KEY).address.toLowerCase();
  const call = { type: 2, chainId: 5, nonce: 0, to: ADDRESS, gasLimit: 21_000n };
  let folder: string;
  const open = (passphrase: string) => new FileKeyStore({ folder, passphrase, scryptCost: 1_024 });

  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), "tanpu keys ")), "keystore");
  });
  afterEach(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

  const failure = async (work: Promise<unknown>): Promise<Error> => {
    try {
      await work;
    } catch (cause) {
      return cause as Error;
    }
    throw new Error("it did not fail");
  };

  it("refuses to sign for an address it holds no key of", async () => {
    const error = await failure(open("right").signTransaction(ADDRESS, call));
    expect(error).to.have.property("name", "PermanentError");
    expect(error.message).to.contain(ADDRESS);
  });

  it("refuses a wrong passphrase, and does not tell the key", async () => {
    await open("right").create(KEY);
    const error = await failure(open("wrong").signTransaction(ADDRESS, call));
    expect(error).to.have.property("name", "PermanentError");
    expect(String(error.stack)).not.to.contain("4242");
  });

  it("lists nothing where no folder is", async () => {
    expect(await open("right").addresses()).to.deep.equal([]);
  });

  it("writes one encrypted file a key, for its owner alone", async () => {
    const store = open("right");
    expect(await store.create(KEY)).to.equal(ADDRESS);
    expect(await store.create(KEY)).to.equal(ADDRESS);
    expect(readdirSync(folder)).to.deep.equal([`${ADDRESS}.json`]);
    const file = path.join(folder, `${ADDRESS}.json`);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readFileSync(file, "utf8")).not.to.contain("4242");
    expect(await open("right").addresses()).to.deep.equal([ADDRESS]);
  });

  it("signs transactions and typed data as the key's address, after a restart", async () => {
    await open("right").create(KEY);
    const store = open("right");
    const raw = await store.signTransaction(ADDRESS, call);
    expect(Transaction.from(raw).from!.toLowerCase()).to.equal(ADDRESS);
    const types = { Note: [{ name: "grams", type: "uint64" }] };
    const domain = { name: "test", version: "1", chainId: 5 };
    const signature = await store.signTypedData(ADDRESS, { domain, types, value: { grams: 3n } });
    const signer = verifyTypedData(domain, types, { grams: 3n }, signature);
    expect(signer.toLowerCase()).to.equal(ADDRESS);
  });
});
