import { expect } from "chai";
import { mirrorDigest } from "../../server/database/mirror.ts";
import { FIRST_DAY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

describe("indexer", function () {
  this.timeout(120_000);
  let registry: RegistryChain;
  let tokenId: string;

  before(async () => {
    registry = await openRegistry();
    tokenId = await registry.issueUnits(5_000_500n);
  });
  after(() => registry?.close());

  it("mirrors the programme, its accounts, roles, parameters, methodology and source", async () => {
    const count = async (table: string): Promise<number> =>
      Number((await registry.query<{ n: string }>(`SELECT count(*) n FROM mirror.${table}`))[0]!.n);
    expect(await count("programme")).to.equal(1);
    expect(await count("account")).to.equal(5);
    expect(await count("role_grant")).to.equal(4);
    expect(await count("parameter")).to.equal(13);
    expect(await count("methodology")).to.equal(1);
    expect(await count("source")).to.equal(1);
  });

  it("mirrors an issue: request, statement, token, holding and the carry", async () => {
    const [request] = await registry.query<Record<string, unknown>>("SELECT * FROM mirror.request");
    expect(request).to.include({ state: "issued", first_day: String(FIRST_DAY) });
    expect(request).to.include({ issued_grams: "5000", carry_after_milligrams: "500" });
    const [source] = await registry.query<Record<string, unknown>>("SELECT * FROM mirror.source");
    expect(source).to.include({ carry_milligrams: "500" });
    const [token] = await registry.query<Record<string, unknown>>("SELECT * FROM mirror.token");
    expect(token).to.include({ issued_grams: "5000", retired_grams: "0", state: "active" });
    expect(await registry.grams("applicant")).to.equal(5_000n);
  });

  it("stores every block with its parent, and every transaction with its status", async () => {
    const head = Number(await registry.rpc<string>("eth_blockNumber"));
    const [row] = await registry.query<{ blocks: string; linked: string }>(
      `SELECT count(*) AS blocks, count(p.hash) AS linked
       FROM mirror.block b LEFT JOIN mirror.block p ON p.hash = b.parent_hash`,
    );
    expect(row).to.deep.equal({ blocks: String(head + 1), linked: String(head) });
    const [failed] = await registry.query<{ n: string }>(
      "SELECT count(*) n FROM mirror.transaction WHERE status <> 1",
    );
    expect(failed!.n).to.equal("0");
  });

  it("keeps the raw bytes of blocks that are not final, and only of them", async () => {
    const [checkpoint] = await registry.query<{ final_block: string }>(
      "SELECT final_block FROM mirror.checkpoint",
    );
    const [row] = await registry.query<{ early: string; late: string }>(
      `SELECT count(*) FILTER (WHERE block_number <= $1 AND raw IS NOT NULL) AS early,
              count(*) FILTER (WHERE block_number > $1 AND raw IS NULL) AS late
       FROM mirror.transaction`,
      [checkpoint!.final_block],
    );
    expect(row).to.deep.equal({ early: "0", late: "0" });
    const [sample] = await registry.query<{ raw: Buffer; hash: Buffer }>(
      "SELECT raw, hash FROM mirror.transaction WHERE raw IS NOT NULL LIMIT 1",
    );
    const raw = await registry.rpc<string>("eth_getRawTransactionByHash", [
      `0x${sample!.hash.toString("hex")}`,
    ]);
    expect(raw).to.equal(`0x${sample!.raw.toString("hex")}`);
  });

  it("gives the digest it gave before when the head went backwards", async () => {
    await registry.index();
    const at = Number(await registry.rpc<string>("eth_blockNumber"));
    const before = await mirrorDigest(registry.client, at);
    const snapshot = await registry.rpc<string>("evm_snapshot");
    await registry.order("transfer", "applicant", {
      to: registry.accounts.enterprise,
      tokenId,
      grams: "1000",
    });
    await registry.mine(3);
    await registry.index();
    expect(await registry.grams("enterprise")).to.equal(1_000n);
    expect(await mirrorDigest(registry.client, at)).to.equal(before);

    await registry.rpc("evm_revert", [snapshot]);
    const { undone } = await registry.index();
    expect(undone).to.equal(4);
    expect(await registry.grams("enterprise")).to.equal(0n);
    expect(await mirrorDigest(registry.client, at)).to.equal(before);
  });

  it("follows another branch of the same height", async () => {
    const snapshot = await registry.rpc<string>("evm_snapshot");
    await registry.mine(2);
    await registry.index();
    const [old] = await registry.query<{ hash: Buffer }>(
      "SELECT hash FROM mirror.block ORDER BY number DESC LIMIT 1",
    );
    await registry.rpc("evm_revert", [snapshot]);
    await registry.rpc("evm_increaseTime", [100]);
    await registry.mine(2);
    const { undone } = await registry.index();
    expect(undone).to.equal(2);
    const [fresh] = await registry.query<{ hash: Buffer }>(
      "SELECT hash FROM mirror.block ORDER BY number DESC LIMIT 1",
    );
    expect(fresh!.hash.equals(old!.hash)).to.equal(false);
  });

  it("stops where the chain contradicts a final block, and keeps what it has", async () => {
    const snapshot = await registry.rpc<string>("evm_snapshot");
    await registry.mine(20);
    await registry.index();
    const rows = await registry.query("SELECT number FROM mirror.block");
    await registry.rpc("evm_revert", [snapshot]);
    let error: unknown;
    await registry.index().catch((cause: unknown) => {
      error = cause;
    });
    expect(error).to.have.property("name", "FinalityBrokenError");
    expect(await registry.query("SELECT number FROM mirror.block")).to.have.length(rows.length);
  });
});
