import { expect } from "chai";
import pg from "pg";
import { runReindex } from "../../scripts/reindex.ts";
import { WRITER_LOCK } from "../../server/indexer/run.ts";
import { FINALITY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

describe("reindex", function () {
  this.timeout(120_000);
  let registry: RegistryChain;

  before(async () => {
    registry = await openRegistry();
    const tokenId = await registry.issueUnits(7_000_000n);
    await registry.order("transfer", "applicant", {
      to: registry.accounts.enterprise,
      tokenId,
      grams: "4000",
    });
    await registry.mine(FINALITY + 2);
    await registry.order("retire", "enterprise", {
      tokenId,
      grams: "10",
      purpose: 3,
      content: `0x${"11".repeat(32)}`,
    });
  });
  after(() => registry?.close());

  const reindex = () =>
    runReindex({
      databaseUrl: registry.databaseUrl,
      rpcUrl: registry.rpcUrl,
      manifest: {
        ...registry.deployment,
        contracts: Object.fromEntries(
          Object.entries(registry.deployment.contracts).map(([name, address]) => [
            name,
            { address },
          ]),
        ),
      },
      finalityBlocks: FINALITY,
    });

  it("refuses while an indexer holds the writer's lock", async () => {
    const other = new pg.Client({ connectionString: registry.databaseUrl });
    await other.connect();
    await other.query("SELECT pg_advisory_lock(hashtext($1))", [WRITER_LOCK]);
    let error: unknown;
    await reindex().catch((cause: unknown) => {
      error = cause;
    });
    await other.end();
    expect(error).to.have.property("name", "ReindexRefusedError");
  });

  it("builds an equal mirror and puts it in the place of the old one", async () => {
    const result = await reindex();
    expect(result.reindexDigest).to.equal(result.mirrorDigest);
    expect(result.atBlock).to.be.greaterThan(10);
    expect(result.blocks).to.be.greaterThan(result.atBlock);
    expect(await registry.grams("enterprise")).to.equal(3_990n);
    const schemas = await registry.query<{ nspname: string }>(
      "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'mirror%'",
    );
    expect(schemas).to.deep.equal([{ nspname: "mirror" }]);
  });

  it("goes on indexing, and undoing, in the new mirror", async () => {
    const snapshot = await registry.rpc<string>("evm_snapshot");
    await registry.mine(2);
    await registry.index();
    await registry.rpc("evm_revert", [snapshot]);
    expect(await registry.index()).to.deep.equal({ undone: 2 });
  });

  it("tells a mirror that was tampered with", async () => {
    await registry.mine(FINALITY);
    await registry.query("UPDATE mirror.holding SET grams = grams + 1");
    const result = await reindex();
    expect(result.reindexDigest).not.to.equal(result.mirrorDigest);
    const again = await reindex();
    expect(again.reindexDigest).to.equal(again.mirrorDigest);
    expect(again.reindexDigest).to.equal(result.reindexDigest);
  });
});
