import { expect } from "chai";
import { contentOf } from "../../server/chain/writer.ts";
import type { ExecuteContext } from "../../server/queue/context.ts";
import { runLane } from "../../server/queue/lane.ts";
import { resendOpen } from "../../server/queue/resend.ts";
import { openRegistry, type RegistryChain } from "../support/registryChain.ts";

const GWEI = 1_000_000_000n;
const hex = (value: bigint): string => `0x${value.toString(16)}`;

describe("fees and lost transactions", function () {
  this.timeout(120_000);
  let registry: RegistryChain;
  let tokenId: string;
  let lane: string;

  before(async () => {
    registry = await openRegistry();
    tokenId = await registry.issueUnits(1_000_000_000n);
    lane = registry.accounts.applicant;
    await registry.rpc("anvil_setBalance", [lane, hex(10n ** 24n)]);
  });
  after(() => registry?.close());

  const transfer = (grams: number) =>
    registry.store("transfer", "applicant", {
      ...{ to: registry.accounts.enterprise, tokenId, grams: String(grams) },
    });
  const stuckNow = (): ExecuteContext => registry.executeContext({ stuckMilliseconds: 0 });
  const nextBaseFee = (fee: bigint) => registry.rpc("anvil_setNextBlockBaseFeePerGas", [hex(fee)]);
  const attemptsOf = async (operation: string) => {
    const rows = await registry.query<{ reason: string; tx_hash: Buffer; raw: Buffer }>(
      "SELECT reason, tx_hash, raw FROM app.attempt WHERE operation_id = $1 ORDER BY attempt",
      [operation],
    );
    return rows.map(({ reason, tx_hash, raw }) => ({
      reason,
      hash: `0x${tx_hash.toString("hex")}`,
      ...contentOf(`0x${raw.toString("hex")}`),
    }));
  };
  const mineAndIndex = async (): Promise<void> => {
    await registry.mine();
    await registry.index();
  };

  it("does not offer more while the fee is not the cause, nor above the ceiling", async () => {
    await nextBaseFee(GWEI);
    await mineAndIndex();
    const operation = await transfer(1);
    await runLane(registry.executeContext(), lane);
    await resendOpen(stuckNow(), 0);
    expect(await attemptsOf(operation)).to.have.length(1);
    await nextBaseFee(100n * GWEI);
    await mineAndIndex();
    expect((await registry.stateOf(operation)).state).to.equal("sent");
    const [first] = await attemptsOf(operation);
    const ceiling = { ...stuckNow(), feeCeilingWei: first!.fees.maxFeePerGas };
    await resendOpen(ceiling, 0);
    expect(await attemptsOf(operation)).to.have.length(1);
    // The node has dropped it, and takes it again when the fee has fallen.
    await nextBaseFee(GWEI);
    await mineAndIndex();
    expect(await resendOpen(ceiling, 0)).to.equal(1);
    await mineAndIndex();
    expect((await registry.stateOf(operation)).state).to.equal("included");
    expect(await attemptsOf(operation)).to.have.length(1);
  });

  it("offers at least a tenth more on both fields for all that is stuck, under the same nonces", async () => {
    const before = await registry.grams("enterprise");
    await nextBaseFee(GWEI);
    await mineAndIndex();
    const operations = [await transfer(10), await transfer(20)];
    await runLane(registry.executeContext(), lane);
    await nextBaseFee(50n * GWEI);
    await mineAndIndex();
    expect(await resendOpen(stuckNow(), 0)).to.equal(2);
    for (const operation of operations) {
      const [first, second, ...others] = await attemptsOf(operation);
      expect(others).to.have.length(0);
      expect([first!.reason, second!.reason]).to.deep.equal(["first", "fee bump"]);
      expect({ nonce: second!.nonce, data: second!.data, to: second!.to }).to.deep.equal({
        ...{ nonce: first!.nonce, data: first!.data, to: first!.to },
      });
      for (const field of ["maxFeePerGas", "maxPriorityFeePerGas"] as const) {
        expect(second!.fees[field] * 10n >= first!.fees[field] * 11n).to.equal(true);
      }
    }
    await nextBaseFee(50n * GWEI);
    await mineAndIndex();
    for (const operation of operations) {
      expect((await registry.stateOf(operation)).state).to.equal("included");
      const [, second] = await attemptsOf(operation);
      const mined = await registry.query("SELECT FROM mirror.transaction WHERE hash = $1", [
        Buffer.from(second!.hash.slice(2), "hex"),
      ]);
      expect(mined).to.have.length(1);
    }
    expect(await registry.grams("enterprise")).to.equal(before + 30n);
  });

  it("counts the former attempt when the chain takes that one after all", async () => {
    const before = await registry.grams("enterprise");
    await nextBaseFee(GWEI);
    await mineAndIndex();
    const operation = await transfer(40);
    await runLane(registry.executeContext(), lane);
    const [first] = await registry.query<{ raw: Buffer }>(
      "SELECT raw FROM app.attempt WHERE operation_id = $1",
      [operation],
    );
    await nextBaseFee(50n * GWEI);
    await mineAndIndex();
    await resendOpen(stuckNow(), 0);
    const [, bumped] = await attemptsOf(operation);
    await registry.rpc("anvil_dropTransaction", [bumped!.hash]);
    await nextBaseFee(GWEI);
    await registry.rpc("eth_sendRawTransaction", [`0x${first!.raw.toString("hex")}`]);
    await mineAndIndex();
    expect((await registry.stateOf(operation)).state).to.equal("included");
    expect(await resendOpen(stuckNow(), 0)).to.equal(0);
    expect(await registry.grams("enterprise")).to.equal(before + 40n);
  });

  it("sends the same bytes again when the pool dropped them", async () => {
    const operations = [await transfer(1), await transfer(2)];
    await runLane(registry.executeContext(), lane);
    const [first] = await attemptsOf(operations[0]!);
    await registry.rpc("anvil_dropTransaction", [first!.hash]);
    expect(await resendOpen(registry.executeContext(), 0)).to.be.greaterThan(0);
    await mineAndIndex();
    for (const operation of operations) {
      expect((await registry.stateOf(operation)).state).to.equal("included");
      expect(await attemptsOf(operation)).to.have.length(1);
    }
  });

  it("sends the same bytes again, in order, after a reorganisation threw their blocks away", async () => {
    const before = await registry.grams("enterprise");
    await mineAndIndex();
    const operations = [await transfer(100), await transfer(200)];
    await runLane(registry.executeContext(), lane);
    await mineAndIndex();
    await registry.rpc("anvil_reorg", [2, []]);
    await mineAndIndex();
    await resendOpen(registry.executeContext(), 0);
    await mineAndIndex();
    for (const operation of operations) {
      expect((await registry.stateOf(operation)).state).to.equal("included");
      expect(await attemptsOf(operation)).to.have.length(1);
    }
    expect(await registry.grams("enterprise")).to.equal(before + 300n);
  });
});
