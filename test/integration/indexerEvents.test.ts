import { expect } from "chai";
import {
  encodeBytes32String,
  type Interface,
  id,
  type TypedDataField,
  ZeroAddress,
  ZeroHash,
} from "ethers";
import { interfaces } from "../../server/chain/contracts.ts";
import { mirrorDigest } from "../../server/database/mirror.ts";
import { retirementLinesOf } from "../../server/database/queries/certificates.ts";
import { reconcileByCalls } from "../../server/indexer/reconcile/byCalls.ts";
import { retirementIdOf } from "../../server/verify/src/checks/retirementChecks.ts";
import { suite } from "../domain/support.ts";
import { differencesWhenTampered, reconcileRegistry } from "../support/reconciling.ts";
import { FIRST_DAY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

const DOCUMENT = id("decision");
const FAR = 4_102_444_800n;
const DAY_SECONDS = 86_400;
const EXCHANGE = 5;
const CUSTODIAN = 6;
const VOID = 6;
const REISSUE = 7;

type Row = Record<string, unknown>;

describe("the mirror of everything the contracts say", function () {
  this.timeout(240_000);
  let registry: RegistryChain;
  let tokenId: string;
  let start: { at: number; digest: string; snapshot: string };

  before(async () => {
    registry = await openRegistry();
    tokenId = await registry.issueUnits(100_000_000n);
    await registry.order("transfer", "applicant", {
      ...{ to: registry.accounts.enterprise, tokenId, grams: "60000" },
    });
    // Everything from here on stays undoable, so that the last test can take all of it back.
    registry.finality = 1_000;
    const at = Number(await registry.rpc<string>("eth_blockNumber"));
    const digest = await mirrorDigest(registry.client, at);
    start = { at, digest, snapshot: await registry.rpc<string>("evm_snapshot") };
  });
  after(() => registry?.close());

  const one = async (text: string, values: unknown[] = []): Promise<Row> => {
    const rows = await registry.query<Row>(text, values);
    expect(rows, text).to.have.length(1);
    return rows[0]!;
  };
  const token = () => one("SELECT * FROM mirror.token WHERE token_id = $1", [bytesOf(tokenId)]);
  const bytesOf = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");
  const hexOf = (value: unknown): string => `0x${(value as Buffer).toString("hex")}`;
  /** A command that has to get through. */
  const order = async (kind: string, party: "enterprise", body: Row): Promise<void> => {
    const operation = await registry.order(kind, party, body);
    expect(await registry.stateOf(operation), kind).to.deep.equal({
      ...{ state: "included", code: null },
    });
  };
  const standingOf = async (account: string): Promise<unknown> =>
    (await one("SELECT standing FROM mirror.account WHERE account = $1", [bytesOf(account)]))
      .standing;
  const holds = async (account: string): Promise<bigint> => {
    const rows = await registry.query<{ grams: string }>(
      "SELECT grams FROM mirror.holding WHERE account = $1 AND token_id = $2",
      [bytesOf(account), bytesOf(tokenId)],
    );
    return BigInt(rows[0]?.grams ?? 0);
  };
  const pass = async (seconds: number): Promise<void> => {
    await registry.rpc("evm_increaseTime", [seconds]);
    await registry.mine();
  };
  const view = async (contract: keyof typeof interfaces, name: string, values: unknown[]) => {
    const face: Interface = interfaces[contract];
    const data = face.encodeFunctionData(name, values);
    const to = registry.deployment.contracts[contract];
    const answer = await registry.rpc<string>("eth_call", [{ to, data }, "latest"]);
    return face.decodeFunctionResult(name, answer);
  };
  const sign = (
    signer: string,
    domain: { name: string; verifyingContract: string },
    types: Record<string, TypedDataField[]>,
    value: Row,
  ): Promise<string> => {
    const { chainId } = registry.deployment;
    return registry.keys.signTypedData(signer, {
      domain: { ...domain, version: "1", chainId },
      ...{ types, value },
    });
  };

  it("shows a batch retirement as one record with its lines and beneficiaries", async () => {
    const lines = [
      { tokenId, grams: 30, beneficiary: ZeroHash },
      { tokenId, grams: 20, beneficiary: id("who") },
    ];
    const values = [lines, 2, DOCUMENT];
    await registry.act(registry.accounts.enterprise, "reductionToken", "retireBatch", values);
    const record = await one("SELECT * FROM mirror.retirement");
    expect(record).to.include({ grams: "50", is_batch: true, programme: "1", purpose: 2 });
    const shown = await registry.query<Row>(
      "SELECT line, first_serial, end_serial, beneficiary FROM mirror.retirement_line ORDER BY line",
    );
    expect(shown.map(({ first_serial, end_serial }) => [first_serial, end_serial])).to.deep.equal([
      ["0", "30"],
      ["30", "50"],
    ]);
    expect(shown[0]?.beneficiary).to.equal(null);
    expect(hexOf(shown[1]?.beneficiary)).to.equal(id("who"));
    expect(await token()).to.include({ retired_grams: "50", void_grams: "0" });
  });

  it("tells an outsider what a batch's id is made of", async () => {
    const bundled = await retirementLinesOf(registry.workerPool, tokenId);
    expect(bundled).to.have.length(2);
    for (const { retirementId, lines, ...line } of bundled) {
      const numbers = (of: { tokenId: string; firstSerial: string; endSerial: string }) => ({
        tokenId: BigInt(of.tokenId),
        firstSerial: BigInt(of.firstSerial),
        endSerial: BigInt(of.endSerial),
      });
      const whole = lines!.map((one) => ({
        ...numbers(one),
        beneficiary: one.beneficiary ?? ZeroHash,
      }));
      const made = { ...line, ...numbers({ ...line, tokenId }), lines: whole };
      expect(retirementIdOf(suite, made)).to.equal(retirementId);
    }
  });

  it("shows partial freezes, and the token's own bits of an account", async () => {
    const { authority, enterprise } = registry.accounts;
    // More grams than any account can hold: the chain takes it, so the mirror must.
    const most = 2n ** 64n - 1n;
    await registry.act(authority, "freezes", "freezeGrams", [
      ...[enterprise, tokenId, most, DOCUMENT, 0],
    ]);
    const frozen = await one("SELECT * FROM mirror.partial_freeze");
    expect(frozen).to.include({ state: "live", grams: most.toString(), expires_at: "0" });
    expect(await standingOf(enterprise)).to.equal(9);
    await registry.act(authority, "freezes", "lift", [frozen.freeze_id, DOCUMENT]);
    expect(await one("SELECT * FROM mirror.partial_freeze")).to.include({ state: "lifted" });
    expect(await standingOf(enterprise)).to.equal(1);
  });

  it("shows a guarded account: its limits, trusted accounts, spending and orders", async () => {
    const { enterprise, applicant } = registry.accounts;
    const second = await registry.openAccount(id("institution enterprise"));
    const guard = () => one("SELECT * FROM mirror.guard");
    const onValues = [second, 3_600, 100, 150, [applicant]];
    await registry.act(enterprise, "accountGuard", "turnOn", onValues);
    expect(await standingOf(enterprise)).to.equal(5);
    expect(await guard()).to.include({ is_on: true, transaction_grams: "100" });
    await order("transfer", "enterprise", { to: applicant, tokenId, grams: "70" });
    expect(await guard()).to.include({ spent_grams: "70" });
    const orderValues = [registry.accounts.operator, tokenId, 200];
    await registry.act(enterprise, "accountGuard", "order", orderValues);
    const placed = () => one("SELECT * FROM mirror.guard_order WHERE kind = 1");
    expect(await placed()).to.include({ state: "placed", grams: "200", ripe_at: null });
    const { order_id } = await placed();
    await registry.act(second, "accountGuard", "confirm", [order_id]);
    expect(await placed()).to.include({ state: "confirmed" });
    await registry.act(enterprise, "accountGuard", "cancel", [order_id]);
    expect(await placed()).to.include({ state: "cancelled" });
    await registry.act(second, "accountGuard", "untrust", [enterprise, applicant]);
    expect(await one("SELECT trusted FROM mirror.guard_trusted")).to.deep.equal({ trusted: false });
    await registry.act(enterprise, "accountGuard", "orderOff", []);
    const off = await one("SELECT * FROM mirror.guard_order WHERE kind = 6");
    await registry.act(second, "accountGuard", "confirm", [off.order_id]);
    await pass(3_700);
    await registry.act(second, "accountGuard", "execute", [off.order_id]);
    expect(await guard()).to.include({ is_on: false });
    expect(await standingOf(enterprise)).to.equal(1);
  });

  it("shows voids and what was given back, with the act behind them", async () => {
    const { authority, operator, enterprise } = registry.accounts;
    const act = (kind: number, more: Row) => ({
      ...{ kind, from: ZeroAddress, to: ZeroAddress, liable: ZeroAddress, tokenId },
      ...{ replacement: 0, grams: 100, voidAct: ZeroHash, document: DOCUMENT, ...more },
    });
    const held = await holds(enterprise);
    const newest = () => one("SELECT * FROM mirror.act ORDER BY number DESC LIMIT 1");
    await registry.act(operator, "corrections", "propose", [act(VOID, { from: enterprise })]);
    const voiding = await newest();
    expect(voiding).to.include({ state: "proposed", kind: VOID, number: "1" });
    await registry.act(authority, "corrections", "approve", [voiding.act_id, DOCUMENT]);
    expect(await newest()).to.include({ state: "executed" });
    expect(await token()).to.include({ void_grams: "100", retired_grams: "50" });
    expect(await holds(enterprise)).to.equal(held - 100n);
    const moved = await one("SELECT * FROM mirror.transfer WHERE reason IS NOT NULL");
    expect(moved).to.include({ grams: "100", recipient: null });
    expect(hexOf(moved.reason)).to.equal(hexOf(voiding.act_id));

    const back = act(REISSUE, { to: enterprise, grams: 40, voidAct: voiding.act_id });
    await registry.act(operator, "corrections", "propose", [back]);
    await registry.act(authority, "corrections", "approve", [(await newest()).act_id, DOCUMENT]);
    expect(await token()).to.include({ void_grams: "60" });
    expect(await holds(enterprise)).to.equal(held - 60n);
    await registry.act(operator, "corrections", "propose", [act(VOID, { from: enterprise })]);
    await registry.act(operator, "corrections", "withdraw", [(await newest()).act_id]);
    expect(await newest()).to.include({ state: "withdrawn" });
  });

  it("shows signed orders that were used or given up", async () => {
    const { applicant, enterprise, operator } = registry.accounts;
    const verifyingContract = registry.deployment.contracts.reductionToken;
    const [, name] = await view("reductionToken", "eip712Domain", []);
    const intent = { from: enterprise, to: applicant, tokenId, grams: 5, nonce: 7, deadline: FAR };
    const members =
      "address from,address to,uint256 tokenId,uint64 grams,uint256 nonce,uint64 deadline";
    const fields = members.split(",").map((member) => {
      const [type = "", fieldName = ""] = member.split(" ");
      return { name: fieldName, type };
    });
    const domain = { name: String(name), verifyingContract };
    const signature = await sign(enterprise, domain, { TransferIntent: fields }, intent);
    const values = [intent, signature];
    await registry.act(operator, "reductionToken", "transferByIntent", values);
    const used = await one("SELECT * FROM mirror.intent");
    expect(used).to.include({ contract: "reductionToken", nonce: "7" });
    expect(hexOf(used.signer)).to.equal(enterprise);
    const mask = 2n ** 256n - 1n;
    await registry.act(enterprise, "settlement", "cancelNonces", [3, mask]);
    expect(await one("SELECT * FROM mirror.nonce_cancellation")).to.include({
      ...{ contract: "settlement", word: "3", mask: mask.toString() },
    });
  });

  describe("the market", () => {
    let exchange: string;
    let custodian: string;
    const sellOrder = () => ({
      ...{ seller: registry.accounts.enterprise, exchange: id("institution exchange"), tokenId },
      ...{ grams: 1_000, leastGrams: 1, minPriceFenPerTonne: 4_000, payment: ZeroHash },
      ...{ expiry: soon(), nonce: 1 },
    });
    let listed: ReturnType<typeof sellOrder>;
    let now = 0;
    const soon = (): number => now + 5 * DAY_SECONDS;

    before(async () => {
      const block = await registry.rpc<{ timestamp: string }>("eth_getBlockByNumber", [
        "latest",
        false,
      ]);
      now = Number(block.timestamp);
      exchange = await registry.openAccount(id("institution exchange"));
      custodian = await registry.openAccount(id("institution custodian"));
      const { authority } = registry.accounts;
      for (const [role, account] of [
        [EXCHANGE, exchange],
        [CUSTODIAN, custodian],
      ] as const) {
        await registry.act(authority, "programmes", "grantRole", [1, role, account, 0, DOCUMENT]);
      }
    });

    it("shows an order in escrow, its trade, a trade that failed, and what went back", async () => {
      const { enterprise, applicant } = registry.accounts;
      listed = sellOrder();
      await registry.act(enterprise, "settlement", "list", [listed]);
      const shown = () => one("SELECT * FROM mirror.sell_order");
      expect(await shown()).to.include({ left_grams: "1000", ended_at: null });
      expect(await holds(registry.deployment.contracts.settlement)).to.equal(1_000n);

      const buy = {
        ...{ buyer: applicant, exchange: listed.exchange, tokenId, grams: 600, leastGrams: 1 },
        ...{ maxPriceFenPerTonne: 5_000, payment: ZeroHash, expiry: soon(), nonce: 9 },
      };
      const trade = await tradeOf(buy, 1, 600);
      const tooMuch = { ...trade, tradeId: 2, grams: 5_000, fen: 25 };
      await registry.act(exchange, "settlement", "settle", [[trade, tooMuch]]);
      expect(await one("SELECT * FROM mirror.trade")).to.include({
        ...{ trade_id: "1", grams: "600", fen: "3" },
      });
      const failure = await one("SELECT * FROM mirror.trade_failure");
      expect(failure).to.include({ trade_id: "2" });
      expect(failure.details).to.be.an("array");
      expect(await shown()).to.include({ left_grams: "400" });
      await registry.act(exchange, "settlement", "release", [listed]);
      expect(await shown()).to.include({ left_grams: "0", returned_grams: "400" });
    });

    async function tradeOf(buy: Row, tradeId: number, grams: number): Promise<Row> {
      const domain = {
        name: "Tanpu Settlement",
        verifyingContract: registry.deployment.contracts.settlement,
      };
      const [sellOrderId] = await view("settlement", "sellOrderId", [listed]);
      const [buyOrderId] = await view("settlement", "buyOrderId", [buy]);
      const fields = (text: string) =>
        text.split(",").map((member) => {
          const [type = "", name = ""] = member.split(" ");
          return { name, type };
        });
      const orderFields = fields(
        "address buyer,bytes32 exchange,uint256 tokenId,uint64 grams,uint64 leastGrams,uint64 maxPriceFenPerTonne,bytes32 payment,uint64 expiry,uint256 nonce",
      );
      const receiptFields = fields(
        "uint256 tradeId,bytes32 sellOrderId,bytes32 buyOrderId,address buyer,address seller,uint256 tokenId,uint64 grams,uint64 fen,address custodian,uint64 deadline",
      );
      const receipt = {
        ...{ tradeId, sellOrderId, buyOrderId, buyer: buy.buyer, seller: listed.seller },
        ...{ tokenId, grams, fen: 3, custodian, deadline: soon() },
      };
      return {
        ...{ tradeId, sell: listed, buy, grams, fen: 3 },
        buySignature: await sign(String(buy.buyer), domain, { BuyOrder: orderFields }, buy),
        receipt: {
          ...{ custodian, deadline: soon() },
          signature: await sign(custodian, domain, { CashReceipt: receiptFields }, receipt),
        },
      };
    }

    it("shows a pledge from its offer to its end", async () => {
      const { enterprise, applicant } = registry.accounts;
      const terms = {
        ...{ owner: enterprise, creditor: applicant, tokenId, grams: 10, acceptBy: soon() },
        ...{ dueAt: soon() + 1, document: DOCUMENT, salt: 1 },
      };
      const shown = () => one("SELECT state, ripe_at FROM mirror.pledge");
      await registry.act(enterprise, "pledge", "offer", [terms]);
      expect(await shown()).to.include({ state: "offered" });
      await registry.act(applicant, "pledge", "accept", [terms]);
      expect(await shown()).to.include({ state: "running", ripe_at: null });
      await registry.act(applicant, "pledge", "release", [terms]);
      expect(await shown()).to.include({ state: "released" });
    });

    it("shows what a pool took in, anchored and gave out", async () => {
      const { authority, enterprise, operator } = registry.accounts;
      const pool = registry.deployment.contracts.poolReserve;
      await order("transfer", "enterprise", { to: pool, tokenId, grams: "100" });
      await registry.act(operator, "poolReserve", "anchor", [
        ...[1, id("lines"), 60_000, 2, 1, id("file")],
      ]);
      expect(await one("SELECT * FROM mirror.pool_epoch")).to.include({
        ...{ epoch: "1", total_milligrams: "60000", count: "2" },
        ...{ floor_grams: "60", lower_from: null },
      });
      const values = [1, enterprise, tokenId, 30, DOCUMENT];
      await registry.act(operator, "poolReserve", "withdraw", values);
      const moved = await registry.query<Row>(
        "SELECT kind, grams FROM mirror.pool_movement ORDER BY block_number, log_index",
      );
      expect(moved).to.deep.equal([
        { kind: "received", grams: "100" },
        { kind: "withdrawn", grams: "30" },
      ]);
      const weekOf = [1, encodeBytes32String("pool.lowerSeconds"), 604_800, 0, DOCUMENT];
      await registry.act(authority, "programmes", "setParameter", weekOf);
      const lower = [1, id("fewer"), 50_000, 2, 1, id("file")];
      await registry.act(operator, "poolReserve", "anchor", lower);
      const shown = await one(
        "SELECT floor_grams, lower_from - anchored_at AS wait FROM mirror.pool_epoch WHERE epoch = 2",
      );
      expect(shown).to.include({ floor_grams: "60", wait: "604800" });
    });
  });

  describe("a source", () => {
    it("shows its state, its new parties and recorded periods of other registries", async () => {
      const { authority, applicant, enterprise } = registry.accounts;
      const { sourceId } = registry;
      const source = () => one("SELECT * FROM mirror.source");
      await registry.act(authority, "sources", "suspendSource", [sourceId, DOCUMENT]);
      expect(await source()).to.include({ state: "suspended" });
      await registry.act(authority, "sources", "resumeSource", [sourceId, DOCUMENT]);
      expect(await source()).to.include({ state: "active" });
      const transfer = [sourceId, applicant, enterprise, DOCUMENT];
      await registry.act(authority, "sources", "transferSource", transfer);
      expect(hexOf((await source()).owner)).to.equal(enterprise);
      await registry.act(authority, "sources", "transferSource", [
        ...[sourceId, applicant, applicant, DOCUMENT],
      ]);
      const elsewhere = [1, id("meter"), 9, FIRST_DAY, FIRST_DAY + 1, DOCUMENT];
      await registry.act(authority, "sources", "recordExternal", elsewhere);
      const booking = () => one("SELECT * FROM mirror.booking WHERE external_id IS NOT NULL");
      expect(await booking()).to.include({ released_block: null });
      const { external_id } = await booking();
      await registry.act(authority, "sources", "withdrawExternal", [external_id, DOCUMENT]);
      expect((await booking()).released_block).to.be.a("string");
    });
  });

  describe("a demand that nobody answers", () => {
    const proposalOf = async (requestId: string): Promise<Row> => {
      const row = await one("SELECT * FROM mirror.request WHERE request_id = $1", [requestId]);
      return {
        ...{ sourceId: row.source_id, firstDay: row.first_day, endDay: row.end_day },
        ...{ root: row.root, totalMilligrams: row.total_milligrams, count: row.count },
        ...{ depth: row.depth, hashSuite: row.hash_suite },
        ...{ leafFileHash: row.leaf_file_hash, reportHash: row.report_hash },
      };
    };
    const request = (requestId: string) =>
      one("SELECT * FROM mirror.request WHERE request_id = $1", [requestId]);
    const demand = () => one("SELECT * FROM mirror.demand ORDER BY demand_id DESC LIMIT 1");

    it("fells a request before issue and frees its days", async () => {
      const { requestId } = await registry.fileRequest(9_000_000n, FIRST_DAY + 1);
      const values = [requestId, await proposalOf(requestId), 0, 1];
      await registry.act(registry.accounts.reviewer, "doubleCount", "demand", values);
      expect(await request(requestId)).to.include({ holds: "1", state: "filed" });
      expect(await demand()).to.include({ state: "open", level: 0, place: "1" });
      await pass(10);
      const held = await registry.order("issue", "authority", { requestId, document: DOCUMENT });
      expect(await registry.stateOf(held)).to.deep.equal({
        ...{ state: "refused", code: "ISSUANCE_HELD" },
      });
      await pass(8 * DAY_SECONDS);
      const { demand_id } = await demand();
      const fell = [demand_id, await proposalOf(requestId)];
      await registry.act(registry.accounts.reviewer, "doubleCount", "fellUnanswered", fell);
      expect(await request(requestId)).to.include({ state: "fallen" });
      expect(await demand()).to.include({ state: "unanswered" });
      const days = await registry.query<Row>(
        "SELECT released_block FROM mirror.booking WHERE first_day = $1 AND external_id IS NULL",
        [FIRST_DAY + 1],
      );
      expect(days.map((row) => row.released_block === null)).to.deep.equal([false]);
    });

    it("is a debt after issue: frozen, certificates impaired, issue blocked", async () => {
      const { enterprise, reviewer, authority, applicant } = registry.accounts;
      await order("retire", "enterprise", {
        ...{ tokenId, grams: "100", purpose: 3, content: id("content") },
      });
      const retirement = await one(
        `SELECT r.retirement_id, l.first_serial, l.end_serial FROM mirror.retirement r
         JOIN mirror.retirement_line l USING (retirement_id) WHERE NOT is_batch`,
      );
      await order("certify", "enterprise", {
        ...{ retirements: [hexOf(retirement.retirement_id)], emittedGrams: "90", kind: 1 },
        content: id("certificate"),
      });
      const certificate = () => one("SELECT * FROM mirror.certificate");
      const { certificate_id } = await certificate();
      const values = ["1", await proposalOf("1"), 0, 2];
      await registry.act(reviewer, "doubleCount", "demand", values);
      await pass(8 * DAY_SECONDS);
      const { demand_id } = await demand();
      await registry.act(reviewer, "doubleCount", "fellUnanswered", [
        ...[demand_id, await proposalOf("1")],
      ]);
      const debt = () => one("SELECT * FROM mirror.debt");
      expect(await debt()).to.include({ is_open: true, is_whole: true, owed_grams: "100000" });
      const frozen = await registry.query<Row>("SELECT account, grams FROM mirror.debt_freeze");
      expect(frozen.map((row) => hexOf(row.account))).to.deep.equal([applicant]);
      expect(await standingOf(applicant)).to.equal(9);
      const blocks = await registry.query<Row>("SELECT blocked FROM mirror.issue_block");
      expect(blocks.every((row) => row.blocked)).to.equal(true);

      const line = { tokenId, firstSerial: retirement.first_serial, beneficiary: ZeroHash };
      const opening = {
        ...{ purpose: 3, content: id("content"), batch: false },
        lines: [{ ...line, endSerial: retirement.end_serial }],
      };
      await registry.act(reviewer, "certificate", "flagImpaired", [
        BigInt(hexOf(certificate_id)),
        { content: id("certificate"), retirements: [retirement.retirement_id] },
        ...[0, opening, 0],
      ]);
      expect(await certificate()).to.include({ impaired: true, state: "valid" });

      const earlier = await token();
      await registry.act(authority, "doubleCount", "voidFrozen", ["1", DOCUMENT]);
      const paid = await one("SELECT sum(grams) AS grams FROM mirror.debt_payment");
      const later = await token();
      expect(BigInt(String(later.void_grams)) - BigInt(String(earlier.void_grams))).to.equal(
        BigInt(String(paid.grams)),
      );
      expect(await holds(enterprise)).to.be.greaterThan(0n);
      expect(await standingOf(applicant)).to.equal(1);
    });
  });

  describe("in the end", () => {
    it("answers like the token: held, retired and void of the id", async () => {
      const [, , issued, retired, voided] = await view("reductionToken", "supplyOf", [tokenId]);
      const shown = await token();
      expect([shown.issued_grams, shown.retired_grams, shown.void_grams].map(String)).to.deep.equal(
        [issued, retired, voided].map(String),
      );
      const held = await one("SELECT sum(grams) AS grams FROM mirror.holding WHERE token_id = $1", [
        bytesOf(tokenId),
      ]);
      expect(BigInt(String(held.grams))).to.equal(issued - retired - voided);
    });

    it("says of everything what the contracts say", async () => {
      await registry.query("SET search_path = mirror");
      const { differences, compared } = await reconcileByCalls(registry.client, {
        ...{ client: registry.chain, contracts: registry.deployment.contracts },
      });
      expect(differences).to.deep.equal([]);
      for (const what of [
        ...["impairment", "settled trade", "bought by an order", "anchored state of a pool"],
        ...["period of another registry", "signed order of reductionToken", "guard", "debt"],
      ]) {
        expect(compared[what], what).to.be.greaterThan(0);
      }
    });

    it("says of old blocks what a replay of them says", async () => {
      const { blockNumber } = registry.checkpoint!;
      for (const block of [blockNumber, blockNumber - 7, blockNumber - 30]) {
        const { differences } = await reconcileRegistry(registry, block);
        expect(differences, String(block)).to.deep.equal([]);
      }
    });

    for (const [table, set, found] of [
      ["certificate_impairment", "mended_at = 5", "impairment"],
      ["trade", "grams = grams + 1", "bought by an order"],
      ["trade", "trade_id = trade_id + 7777", "settled trade"],
      ["pool_epoch", "count = 7777", "anchored state of a pool"],
      ["booking", "first_day = 7 WHERE external_id IS NOT NULL", "period of another registry"],
      ["intent", "nonce = nonce + 7777", "signed order of reductionToken"],
    ] as const) {
      it(`finds a mirror whose ${table} was changed: ${found}`, async () => {
        const change = `UPDATE mirror.${table} SET ${set}`;
        expect(await differencesWhenTampered(registry, table, change)).to.include(found);
      });
    }

    it("takes all of it back when the chain does", async () => {
      const head = Number(await registry.rpc<string>("eth_blockNumber"));
      await registry.rpc("evm_revert", [start.snapshot]);
      const { undone } = await registry.index();
      expect(undone).to.equal(head - start.at);
      expect(await mirrorDigest(registry.client, start.at)).to.equal(start.digest);
    });
  });
});
