// What `./tanpu keys` does, against a chain: an account's holder gets a new key and the old one's roles end.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { runKeys } from "../../scripts/keys/commands.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import { DOCUMENT, openRegistry, type RegistryChain } from "../support/registryChain.ts";

const OPERATOR_ROLE = 2;

describe("giving an account's holder a new key", function () {
  this.timeout(120_000);
  let registry: RegistryChain;
  let printed: string[] = [];

  before(async () => {
    registry = await openRegistry();
    const { folder, deployment } = registry;
    const contracts = Object.fromEntries(
      Object.entries(deployment.contracts).map(([name, address]) => [name, { address }]),
    );
    for (const name of ["secrets", "published"])
      mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(
      path.join(folder, "secrets", "keystore-passphrase"),
      "a passphrase of the tests\n",
    );
    const manifest = path.join(folder, "published", "manifest.json");
    writeFileSync(manifest, JSON.stringify({ ...deployment, contracts }));
    await registry.rpc("evm_setAutomine", [true]);
  });
  after(() => registry.close());
  beforeEach(() => {
    printed = [];
  });

  const keys = (words: string[], flags: { document?: string; by?: string } = {}) =>
    runKeys({
      dataFolder: registry.folder,
      rpcUrl: registry.rpcUrl,
      words,
      ...flags,
      print: (text) => printed.push(text),
    });

  const isOperator = async (account: string): Promise<boolean> => {
    const data = interfaces.programmes.encodeFunctionData("hasRole", [1, OPERATOR_ROLE, account]);
    const to = registry.deployment.contracts.programmes;
    return BigInt(await registry.rpc<string>("eth_call", [{ to, data }, "latest"])) === 1n;
  };

  const refused = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (cause: Error) => cause,
    );
    expect(error).to.have.property("name", "RotationError");
    return error?.message ?? "";
  };

  it("refuses an account that nobody opened, and makes no key for it", async () => {
    const before = await registry.keys.addresses();
    const stranger = `0x${"77".repeat(20)}`;
    expect(await refused(keys(["rotate", stranger], { document: DOCUMENT }))).to.contain(stranger);
    expect(await registry.keys.addresses()).to.deep.equal(before);
  });

  it("refuses without the decision's hash, and by an authority whose key is elsewhere", async () => {
    const { operator } = registry.accounts;
    expect(await refused(keys(["rotate", operator]))).to.contain("--document");
    const by = `0x${"77".repeat(20)}`;
    expect(await refused(keys(["rotate", operator], { document: DOCUMENT, by }))).to.contain(by);
  });

  it("prints the calls for an authority that signs elsewhere", async () => {
    await keys(["rotate", registry.accounts.operator], { document: DOCUMENT });
    const [fresh, ...calls] = printed;
    expect(await registry.keys.addresses()).to.include(fresh);
    expect(calls.map((call) => JSON.parse(call).name)).to.deep.equal([
      `programme 1: open an account of the same institution for ${fresh}`,
      `programme 1: grant the role of operator to ${fresh}`,
    ]);
    expect(await isOperator(fresh as string)).to.equal(false);
  });

  it("gives the new key account and role, and then ends the old one's", async () => {
    const { authority: by, operator } = registry.accounts;
    await keys(["rotate", operator], { document: DOCUMENT, by });
    const fresh = printed[0] as string;
    expect([await isOperator(operator), await isOperator(fresh)]).to.deep.equal([true, true]);
    await keys(["end", operator], { document: DOCUMENT, by });
    expect([await isOperator(operator), await isOperator(fresh)]).to.deep.equal([false, true]);
  });

  it("does not let an authority end its own role", async () => {
    const { authority } = registry.accounts;
    await refused(keys(["end", authority], { document: DOCUMENT, by: authority }));
  });
});
