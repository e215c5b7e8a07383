import { expect } from "chai";
import type { ChainClient } from "../../server/chain/client.ts";
import { RetryableError } from "../../server/chain/failures.ts";
import { type ChainWriter, createWriter } from "../../server/chain/writer.ts";
import { runLane } from "../../server/queue/lane.ts";
import { resendOpen } from "../../server/queue/resend.ts";
import { openRegistry, type RegistryChain } from "../support/registryChain.ts";

describe("a lane's pipeline", function () {
  this.timeout(120_000);
  let registry: RegistryChain;
  let tokenId: string;
  let lane: string;

  before(async () => {
    registry = await openRegistry();
    tokenId = await registry.issueUnits(1_000_000_000n);
    lane = registry.accounts.applicant;
  });
  after(() => registry?.close());

  const transfer = (grams: bigint | number, from: "applicant" | "enterprise" = "applicant") => {
    const to = registry.accounts[from === "applicant" ? "enterprise" : "applicant"];
    return registry.store("transfer", from, { to, tokenId, grams: String(grams) });
  };
  const states = async (operations: readonly string[]): Promise<string[]> => {
    const found: string[] = [];
    for (const operation of operations) found.push((await registry.stateOf(operation)).state);
    return found;
  };
  const noncesOf = async (operations: readonly string[]): Promise<number[]> => {
    const rows = await registry.query<{ nonce: string }>(
      `SELECT nonce FROM app.operation_nonce WHERE operation_id = ANY ($1::uuid[])
       ORDER BY array_position($1::uuid[], operation_id)`,
      [operations],
    );
    return rows.map(({ nonce }) => Number(nonce));
  };
  const mineAndIndex = async (): Promise<void> => {
    await registry.mine();
    await registry.index();
  };

  it("refuses nothing while an earlier command is in no block, and then says why", async () => {
    const all = await registry.grams("applicant");
    const first = await transfer(all);
    const second = await transfer(1);
    await runLane(registry.executeContext(), lane);
    expect(await states([first, second])).to.deep.equal(["sent", "queued"]);
    await runLane(registry.executeContext(), lane);
    expect(await states([second])).to.deep.equal(["queued"]);
    await mineAndIndex();
    await runLane(registry.executeContext(), lane);
    expect(await registry.stateOf(second)).to.deep.equal({
      ...{ state: "refused", code: "ERC1155_INSUFFICIENT_BALANCE" },
    });
    await registry.order("transfer", "enterprise", {
      ...{ to: registry.accounts.applicant, tokenId, grams: String(all) },
    });
  });

  it("carries out what only another's transaction of the same block makes possible", async () => {
    const all = await registry.grams("applicant");
    const seven = await transfer(7);
    await runLane(registry.executeContext(), lane);
    await mineAndIndex();
    expect(await states([seven])).to.deep.equal(["included"]);
    const rest = await transfer(all - 7n);
    const more = await transfer(7);
    await runLane(registry.executeContext(), lane);
    const back = await transfer(7, "enterprise");
    await runLane(registry.executeContext(), registry.accounts.enterprise);
    expect(await states([rest, more, back])).to.deep.equal(["sent", "queued", "sent"]);
    await mineAndIndex();
    await runLane(registry.executeContext(), lane);
    await mineAndIndex();
    expect(await states([rest, more, back])).to.deep.equal(["included", "included", "included"]);
    await transfer(all, "enterprise");
    await runLane(registry.executeContext(), registry.accounts.enterprise);
    await mineAndIndex();
  });

  it("sends one account's commands together, with consecutive nonces, into one block", async () => {
    const before = await registry.grams("enterprise");
    const operations = [];
    for (const grams of [1, 2, 3, 4, 5]) operations.push(await transfer(grams));
    await runLane(registry.executeContext(), lane);
    const nonces = await noncesOf(operations);
    expect(nonces).to.deep.equal(nonces.map((_, index) => (nonces[0] as number) + index));
    const later = await transfer(6);
    await runLane(registry.executeContext(), lane);
    expect(await noncesOf([later])).to.deep.equal([(nonces[0] as number) + 5]);
    await mineAndIndex();
    expect(new Set(await states([...operations, later]))).to.deep.equal(new Set(["included"]));
    expect(await registry.grams("enterprise")).to.equal(before + 21n);
  });

  it("keeps no more in flight than allowed", async () => {
    const operations = [];
    for (let count = 0; count < 5; count++) operations.push(await transfer(1));
    const context = registry.executeContext({ inFlight: 2 });
    for (const expected of [2, 4, 5]) {
      await runLane(context, lane);
      const sent = (await noncesOf(operations)).length;
      expect(sent).to.equal(expected);
      await mineAndIndex();
    }
    expect(new Set(await states(operations))).to.deep.equal(new Set(["included"]));
  });

  it("fills an unusable nonce in the middle, and what stands behind it goes through", async () => {
    const real = createWriter(registry.chain, registry.keys);
    const before = await registry.grams("enterprise");
    const operations = [await transfer(10), await transfer(20), await transfer(30)];
    const cheap: ChainWriter = {
      ...real,
      simulateNext: async (...given) =>
        (await real.simulateNext(...given)).map((gas, index) => (index === 1 ? 100n : gas)),
    };
    await runLane(registry.executeContext({ writer: cheap }), lane);
    await resendOpen(registry.executeContext(), 0);
    await mineAndIndex();
    expect(await states(operations)).to.deep.equal(["included", "refused", "included"]);
    expect(await registry.grams("enterprise")).to.equal(before + 40n);
  });

  it("goes on, one by one, with a node that cannot simulate many calls", async () => {
    const chain: ChainClient = {
      ...registry.chain,
      send: (method, params) =>
        method === "eth_simulateV1"
          ? Promise.reject(new RetryableError("the method eth_simulateV1 is not supported"))
          : registry.chain.send(method, params),
    };
    const all = await registry.grams("applicant");
    const operations = [await transfer(all - 1n), await transfer(1), await transfer(1)];
    const context = registry.executeContext({ writer: createWriter(chain, registry.keys) });
    await runLane(context, lane);
    // The node's pending block shows that nothing is left for the third.
    expect(await states(operations)).to.deep.equal(["sent", "sent", "queued"]);
    await mineAndIndex();
    await runLane(context, lane);
    expect(await states(operations)).to.deep.equal(["included", "included", "refused"]);
  });
});
