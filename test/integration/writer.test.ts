import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import pg from "pg";
import { contractErrorNames } from "../../server/chain/errors.ts";
import type { ChainWriter } from "../../server/chain/writer.ts";
import { createWriter } from "../../server/chain/writer.ts";
import {
  codeOfContractError,
  explain,
  isRefusalCode,
  type RefusalCode,
} from "../../server/domain/errors.ts";
import { runLane } from "../../server/queue/lane.ts";
import { openQueue, registryName } from "../../server/queue/publish.ts";
import { resendOpen } from "../../server/queue/resend.ts";
import { runWorker } from "../../server/queue/worker.ts";
import { FIRST_DAY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

describe("command flow", function () {
  this.timeout(120_000);
  let registry: RegistryChain;
  let tokenId: string;

  before(async () => {
    registry = await openRegistry();
    tokenId = await registry.issueUnits(100_000_000n);
  });
  after(() => registry?.close());

  const transferBody = (grams: string) => ({ to: registry.accounts.enterprise, tokenId, grams });
  const countOf = (party: "applicant" | "enterprise"): Promise<number> =>
    registry
      .rpc<string>("eth_getTransactionCount", [registry.accounts[party], "latest"])
      .then(Number);
  /** A writer that fails at sending, as when the process dies there. */
  const mute = (): ChainWriter => ({
    ...createWriter(registry.chain, registry.keys),
    send: async () => {
      throw new Error("cut before sending");
    },
    sendAll: (raws) =>
      Promise.allSettled(raws.map(() => Promise.reject(new Error("cut before sending")))),
  });

  describe("refusals", () => {
    it("gives every custom error of the contracts a code with both languages", () => {
      for (const name of contractErrorNames()) {
        const code = codeOfContractError(name);
        expect(isRefusalCode(code), code).to.equal(true);
        for (const language of ["en", "zh"] as const) {
          expect(explain({ code: code as RefusalCode }, language)).to.have.length.greaterThan(3);
        }
      }
    });

    it("refuses what the contract would, with its code and values, and spends no nonce", async () => {
      const nonce = await countOf("enterprise");
      const operation = await registry.order("transfer", "enterprise", {
        to: registry.accounts.applicant,
        tokenId,
        grams: "999999999",
      });
      expect(await registry.stateOf(operation)).to.deep.equal({
        state: "refused",
        code: "ERC1155_INSUFFICIENT_BALANCE",
      });
      const [outcome] = await registry.query<{ detail: { values: Record<string, string> } }>(
        "SELECT detail FROM app.outcome WHERE operation_id = $1",
        [operation],
      );
      expect(outcome!.detail.values).to.include({ needed: "999999999" });
      expect(await countOf("enterprise")).to.equal(nonce);
      const stored = await registry.query("SELECT FROM app.operation_nonce WHERE operation_id=$1", [
        operation,
      ]);
      expect(stored).to.have.length(0);
    });

    it("refuses a body of another form", async () => {
      const operation = await registry.order("transfer", "applicant", { to: "0x12" });
      expect(await registry.stateOf(operation)).to.include({ code: "VALIDATION_FAILED" });
    });

    it("refuses to act on a request or a certificate that nobody knows", async () => {
      const document = `0x${"55".repeat(32)}`;
      const rejected = await registry.order("reject", "authority", { requestId: "99", document });
      expect(await registry.stateOf(rejected)).to.deep.equal({
        ...{ state: "refused", code: "ISSUANCE_REQUEST_UNKNOWN" },
      });
      const certified = await registry.order("certify", "enterprise", {
        ...{ retirements: [document], emittedGrams: "1", kind: 1, content: document },
        replaces: document,
      });
      expect(await registry.stateOf(certified)).to.deep.equal({
        ...{ state: "refused", code: "CERTIFICATE_UNKNOWN" },
      });
    });

    it("waits while the mirror does not hold a request that the chain does", async () => {
      const { requestId } = await registry.fileRequest(5_000_000n, FIRST_DAY + 1);
      const [row] = await registry.query<{ request: string }>(
        "DELETE FROM mirror.request r WHERE request_id = $1 RETURNING to_jsonb(r)::text AS request",
        [requestId],
      );
      const operation = await registry.store("withdraw", "applicant", { requestId });
      const lane = registry.accounts.applicant;
      const waited = await runLane(registry.executeContext(), lane).then(
        () => "done",
        (cause: Error) => cause.name,
      );
      expect(waited).to.equal("RetryableError");
      expect((await registry.stateOf(operation)).state).to.equal("queued");
      await registry.query(
        "INSERT INTO mirror.request SELECT * FROM jsonb_populate_record(NULL::mirror.request, $1)",
        [row!.request],
      );
      await runLane(registry.executeContext(), lane);
      await registry.mine();
      await registry.index();
      expect((await registry.stateOf(operation)).state).to.equal("included");
    });

    it("refuses when the signer's key is not held", async () => {
      const operation = await registry.store("transfer", "applicant", transferBody("1"));
      const keys = { ...registry.keys, addresses: async () => [] };
      await runLane(registry.executeContext({ keys: keys as never }), registry.accounts.applicant);
      expect(await registry.stateOf(operation)).to.include({ code: "SIGNER_UNAVAILABLE" });
    });
  });

  it("carries a transfer out: sent, then included, then final", async () => {
    const before = await registry.grams("enterprise");
    const operation = await registry.store("transfer", "applicant", transferBody("1000"));
    expect((await registry.stateOf(operation)).state).to.equal("queued");
    await runLane(registry.executeContext(), registry.accounts.applicant);
    expect((await registry.stateOf(operation)).state).to.equal("sent");
    await registry.mine();
    await registry.index();
    expect((await registry.stateOf(operation)).state).to.equal("included");
    expect(await registry.grams("enterprise")).to.equal(before + 1_000n);
    await registry.mine(13);
    await registry.index();
    expect((await registry.stateOf(operation)).state).to.equal("final");
  });

  it("sends the same bytes after a crash between storing the nonce and sending, once", async () => {
    const before = await registry.grams("enterprise");
    const operation = await registry.store("transfer", "applicant", transferBody("7"));
    await runLane(registry.executeContext({ writer: mute() }), registry.accounts.applicant);
    const [stored] = await registry.query<{ tx_hash: Buffer }>(
      "SELECT tx_hash FROM app.attempt WHERE operation_id = $1",
      [operation],
    );
    // The command is not pending any more: another pass over the lane must not sign it again.
    await runLane(registry.executeContext(), registry.accounts.applicant);
    expect(await resendOpen(registry.executeContext(), 0)).to.equal(1);
    // The node holds it now.
    expect(await resendOpen(registry.executeContext(), 0)).to.equal(0);
    await registry.mine();
    await registry.index();
    expect(await resendOpen(registry.executeContext(), 0)).to.equal(0);
    const mined = await registry.query<{ block_number: string }>(
      "SELECT block_number FROM mirror.transaction WHERE hash = $1",
      [stored!.tx_hash],
    );
    expect(mined).to.have.length(1);
    expect(await registry.grams("enterprise")).to.equal(before + 7n);
  });

  it("stores one nonce when two workers race for one command", async () => {
    const before = await registry.grams("enterprise");
    const operation = await registry.store("transfer", "applicant", transferBody("3"));
    const lane = registry.accounts.applicant;
    await Promise.all([1, 2, 3].map(() => runLane(registry.executeContext(), lane)));
    await registry.mine();
    await registry.index();
    const attempts = await registry.query("SELECT FROM app.attempt WHERE operation_id = $1", [
      operation,
    ]);
    expect(attempts).to.have.length(1);
    expect(await registry.grams("enterprise")).to.equal(before + 3n);
  });

  it("sends a command again that a shortened chain lost", async () => {
    const before = await registry.grams("enterprise");
    const snapshot = await registry.rpc<string>("evm_snapshot");
    const operation = await registry.order("transfer", "applicant", transferBody("11"));
    expect((await registry.stateOf(operation)).state).to.equal("included");
    await registry.rpc("evm_revert", [snapshot]);
    await registry.index();
    expect((await registry.stateOf(operation)).state).to.equal("sent");
    await resendOpen(registry.executeContext(), 0);
    await registry.mine();
    await registry.index();
    expect((await registry.stateOf(operation)).state).to.equal("included");
    expect(await registry.grams("enterprise")).to.equal(before + 11n);
  });

  it("outlives the database connection that held a lane, and carries the command out on the next", async () => {
    const operation = await registry.store("transfer", "applicant", transferBody("3"));
    const real = createWriter(registry.chain, registry.keys);
    const cut: ChainWriter = {
      ...real,
      nonces: async (signer) => {
        await registry.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
        // Nothing is asked of the connection while the chain is: its end is news of its own.
        await sleep(100);
        return real.nonces(signer);
      },
    };
    const lane = registry.accounts.applicant;
    const run = runLane(registry.executeContext({ writer: cut }), lane);
    expect(
      await run.then(
        () => "done",
        () => "failed",
      ),
    ).to.equal("failed");
    await runLane(registry.executeContext(), lane);
    await registry.mine();
    await registry.index();
    expect((await registry.stateOf(operation)).state).to.equal("included");
  });

  it("shows a command as displaced when another transaction took its nonce", async () => {
    const before = await registry.grams("enterprise");
    const operation = await registry.store("transfer", "applicant", transferBody("13"));
    await runLane(registry.executeContext({ writer: mute() }), registry.accounts.applicant);
    const foreign = await createWriter(registry.chain, registry.keys).signFiller(
      registry.accounts.applicant,
      await countOf("applicant"),
    );
    await registry.rpc("eth_sendRawTransaction", [foreign.raw]);
    await registry.mine();
    await registry.index();
    expect((await registry.stateOf(operation)).state).to.equal("displaced");
    expect(await resendOpen(registry.executeContext(), 0)).to.equal(0);
    expect(await registry.grams("enterprise")).to.equal(before);
  });

  it("fills a nonce whose bytes no node can take, so that later commands get through", async () => {
    const real = createWriter(registry.chain, registry.keys);
    const tooLittleGas: ChainWriter = {
      ...mute(),
      simulateNext: async () => [100n],
    };
    const stuck = await registry.store("transfer", "applicant", transferBody("17"));
    const lane = registry.accounts.applicant;
    await runLane(registry.executeContext({ writer: tooLittleGas }), lane);
    await resendOpen(registry.executeContext({ writer: real }), 0);
    await registry.mine();
    await registry.index();
    expect((await registry.stateOf(stuck)).state).to.equal("refused");
    const attempts = await registry.query(
      "SELECT attempt, reason FROM app.attempt WHERE operation_id = $1 ORDER BY attempt",
      [stuck],
    );
    expect(attempts).to.deep.equal([
      { attempt: 1, reason: "first" },
      { attempt: 2, reason: "nonce filled" },
    ]);
    const next = await registry.order("transfer", "applicant", transferBody("19"));
    expect((await registry.stateOf(next)).state).to.equal("included");
  });

  it("retires, certifies once and refuses the second certificate", async () => {
    await registry.order("retire", "enterprise", {
      tokenId,
      grams: "500",
      purpose: 3,
      content: `0x${"22".repeat(32)}`,
    });
    const [retirement] = await registry.query<{ retirement_id: Buffer }>(
      "SELECT retirement_id FROM mirror.retirement",
    );
    const body = (kind: string) => ({
      retirements: [`0x${retirement!.retirement_id.toString("hex")}`],
      emittedGrams: "480",
      kind: 1,
      content: `0x${kind.repeat(32)}`,
    });
    const first = await registry.order("certify", "enterprise", body("33"));
    expect((await registry.stateOf(first)).state).to.equal("included");
    const second = await registry.order("certify", "enterprise", body("44"));
    expect(await registry.stateOf(second)).to.deep.equal({
      state: "refused",
      code: "REDUCTION_TOKEN_CONSUMED",
    });
  });

  it("runs as a worker: commands stored while it runs are carried out in their order", async () => {
    await registry.rpc("evm_setIntervalMining", [1]);
    const stop = new AbortController();
    const errors: Error[] = [];
    const queue = openQueue(
      { databaseUrl: registry.databaseUrl, registry: registryName(registry.deployment) },
      (error) => errors.push(error),
    );
    let ready = (): void => undefined;
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const running = runWorker(
      {
        ...registry.executeContext({ signal: stop.signal }),
        queue,
        connect: async () => {
          const client = new pg.Client({ connectionString: registry.databaseUrl });
          await client.connect();
          return client;
        },
        lanes: 4,
      },
      ready,
    );
    await isReady;
    const operations = [
      await registry.store("transfer", "enterprise", {
        to: registry.accounts.applicant,
        tokenId,
        grams: "23",
      }),
      await registry.store("transfer", "applicant", transferBody("21")),
      await registry.store("transfer", "applicant", transferBody("22")),
    ];
    for (let tries = 0; tries < 100; tries++) {
      await registry.index();
      const last = await registry.stateOf(operations.at(-1)!);
      if (last.state === "included") break;
      await sleep(100);
    }
    for (const operation of operations) {
      expect((await registry.stateOf(operation)).state).to.equal("included");
    }
    stop.abort();
    await running;
    await registry.rpc("evm_setIntervalMining", [0]);
    expect(errors).to.deep.equal([]);
  });
});
