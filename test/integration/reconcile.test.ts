import { expect } from "chai";
import type { ChainClient } from "../../server/chain/client.ts";
import { reconcileByCalls } from "../../server/indexer/reconcile/byCalls.ts";
import { differencesWhenTampered, reconcileRegistry } from "../support/reconciling.ts";
import { FINALITY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

const CONTENT = `0x${"11".repeat(32)}`;

describe("reconcile", function () {
  this.timeout(240_000);
  let registry: RegistryChain;
  let early: number;

  before(async () => {
    registry = await openRegistry();
    const tokenId = await registry.issueUnits(7_000_400n);
    const { enterprise } = registry.accounts;
    await registry.order("transfer", "applicant", { to: enterprise, tokenId, grams: "4000" });
    early = registry.checkpoint!.blockNumber;
    await registry.order("retire", "enterprise", {
      ...{ tokenId, grams: "10", purpose: 3, content: CONTENT },
    });
    const [{ id }] = (await registry.query<{ id: string }>(
      "SELECT '0x' || encode(retirement_id, 'hex') AS id FROM mirror.retirement",
    )) as [{ id: string }];
    await registry.order("certify", "enterprise", {
      ...{ retirements: [id], kind: 1, emittedGrams: "9", content: CONTENT },
      replaces: `0x${"0".repeat(64)}`,
    });
    await trade(tokenId);
    await registry.mine(FINALITY);
    await registry.index();
  });
  after(() => registry?.close());

  /** Units in escrow, in pledge and in the pool. */
  async function trade(tokenId: string): Promise<void> {
    const { authority, enterprise, applicant } = registry.accounts;
    const institution = `0x${"ee".repeat(32)}`;
    const exchange = await registry.openAccount(institution);
    await registry.act(authority, "programmes", "grantRole", [1, 5, exchange, 0, CONTENT]);
    const { timestamp } = await registry.rpc<{ timestamp: string }>("eth_getBlockByNumber", [
      ...["latest", false],
    ]);
    const soon = Number(timestamp) + 400_000;
    const order = [enterprise, institution, tokenId, 100, 1, 1, `0x${"0".repeat(64)}`, soon, 1];
    await registry.act(enterprise, "settlement", "list", [order]);
    const terms = [enterprise, applicant, tokenId, 10, soon, soon + 1, CONTENT, 1];
    await registry.act(enterprise, "pledge", "offer", [terms]);
    const pool = registry.deployment.contracts.poolReserve;
    await registry.order("transfer", "enterprise", { to: pool, tokenId, grams: "70" });
  }

  const reconcile = (block?: number) => reconcileRegistry(registry, block);
  const tampered = (table: string, change: string, block?: number) =>
    differencesWhenTampered(registry, table, change, block);

  const calls: readonly [string, string, string, string[]][] = [
    ["a balance", "holding", "grams = grams + 1", ["balance", "sum of holdings"]],
    [
      "what was issued",
      "token",
      "issued_grams = issued_grams + 1",
      ["supply", "sum of holdings", "ids issued"],
    ],
    ["what was retired", "token", "retired_grams = 0", ["supply", "sum of holdings"]],
    ["what is void", "token", "void_grams = 1", ["supply", "sum of holdings"]],
    ["an id's state", "token", "state = 'suspended'", ["supply"]],
    ["a retirement's holder", "retirement", "holder = '\\x77'", ["retirement", "retirement's id"]],
    ["a retirement's content", "retirement", "content = '\\x77'", ["retirement's id"]],
    ["a retirement's form", "retirement", "is_batch = true", ["retirement's id"]],
    [
      "a retirement's serials",
      "retirement_line",
      "end_serial = end_serial + 1",
      ["retirement", "retirement's id"],
    ],
    [
      "where a retirement's serials begin",
      "retirement_line",
      "first_serial = first_serial + 5, end_serial = end_serial + 5",
      ["retirement's id"],
    ],
    ["a line's beneficiary", "retirement_line", "beneficiary = '\\x77'", ["retirement's id"]],
    ["a certificate's content", "certificate", "content = '\\x77'", ["certificate's id"]],
    ["a source's asset", "source", "asset_key = '\\x77'", ["source", "source's id", "token's id"]],
    ["an id's days", "token", "first_day = first_day + 1", ["token's id"]],
    ["an id's day that fits no id", "token", "end_day = 1 << 30", ["token's id"]],
    ["a request's root", "request", "root = '\\x77'", ["proposal"]],
    ["a request's milligrams", "request", "total_milligrams = 5", ["proposal"]],
    ["a notice's end", "request", "notice_end = notice_end - 1", ["end of a notice"]],
    ["a request's state", "request", "state = 'fallen'", ["request"]],
    ["what was deducted", "request", "deducted_milligrams = 5", ["request"]],
    ["a carry", "source", "carry_milligrams = 1", ["carry"]],
    ["a source's owner", "source", "owner = '\\x77'", ["source"]],
    ["a certificate's grams", "certificate", "emitted_grams = 8", ["certificate"]],
    ["a certificate's state", "certificate", "state = 'revoked'", ["certificate"]],
    ["booked days", "booking", "end_day = end_day + 1", ["calendar"]],
    ["freed days", "booking", "released_block = 5", ["calendar"]],
    ["an order's rest", "sell_order", "left_grams = 99", ["sell order", "escrow"]],
    ["a pledge's state", "pledge", "state = 'released'", ["pledge", "pledged grams"]],
    ["pledged grams", "pledge", "grams = 11", ["pledged grams"]],
    ["what a pool took in", "pool_movement", "grams = 71", ["pool"]],
    [
      "a holder that is no account",
      "holding",
      "account = '\\x77' WHERE grams = (SELECT max(grams) FROM mirror.holding)",
      ["balance"],
    ],
    ["an account's standing", "account", "standing = 2", ["standing", "account"]],
    ["an account's institution", "account", "institution = '\\x77'", ["account"]],
    ["a role", "role_grant", "revoked_at = 5 WHERE role <> 1", ["role"]],
    ["an authority", "role_grant", "revoked_at = 5 WHERE role = 1", ["role", "account"]],
    ["a role's beginning", "role_grant", "effective_at = 7", ["role"]],
    ["a parameter", "parameter", "value = value + 1", ["parameter"]],
    ["a parameter's beginning", "parameter", "effective_at = 7", ["parameter"]],
    ["whose a parameter is", "parameter", "programme = 9", ["parameter"]],
    ["a programme's pause", "programme", "paused = true", ["programme"]],
  ];

  for (const [what, table, set, found] of calls) {
    it(`finds a mirror that was changed in ${what}`, async () => {
      expect(await tampered(table, `UPDATE mirror.${table} SET ${set}`)).to.deep.equal(found);
    });
  }

  const removed: readonly [string, string[]][] = [
    ["holding", ["sum of holdings"]],
    ["request", ["number of requests"]],
    ["certificate_retirement", ["retirement consumed"]],
    ["token", ["ids issued"]],
  ];
  for (const [table, found] of removed) {
    it(`finds rows of ${table} that are gone`, async () => {
      expect(await tampered(table, `DELETE FROM mirror.${table}`)).to.include.members(found);
    });
  }

  it("finds nothing where mirror and chain agree, and says what it compared", async () => {
    const { differences, compared, how, block } = await reconcile();
    expect(differences).to.deep.equal([]);
    expect(how).to.equal("calls at the block");
    expect(block).to.equal(registry.checkpoint!.blockNumber);
    for (const what of [
      "balance",
      "supply",
      "retirement",
      "request",
      "certificate",
      "calendar",
      "escrow",
    ]) {
      expect(compared[what], what).to.be.greaterThan(0);
    }
  });

  const old: readonly [string, string, string[]][] = [
    ["transfer", "grams = grams + 1", ["balance", "supply", "transfer"]],
    ["retirement", "grams = 1", []],
    ["block", "timestamp = 1", ["block"]],
    ["booking", "end_day = end_day + 1", ["calendar", "booking"]],
    ["request", "total_milligrams = 1", ["request"]],
  ];
  for (const [table, set, found] of old) {
    it(`compares an old block by replay where ${table} was changed`, async () => {
      expect(await tampered(table, `UPDATE mirror.${table} SET ${set}`, early)).to.deep.equal(
        found,
      );
    });
  }

  it("finds an old block as it was, by replay, and leaves no schema behind", async () => {
    const { differences, how, compared } = await reconcile(early);
    expect(differences).to.deep.equal([]);
    expect(how).to.equal("replay");
    expect(compared.balance).to.equal(2);
    const schemas = await registry.query(
      "SELECT FROM pg_namespace WHERE nspname = 'mirror_replay'",
    );
    expect(schemas).to.have.length(0);
  });

  it("asks at the head where the node has no state of older blocks", async () => {
    const { batch: _, ...chain } = registry.chain;
    const forgetful: ChainClient = {
      ...chain,
      send: (method, params) =>
        typeof params[1] === "object"
          ? Promise.reject(new Error("missing trie node"))
          : chain.send(method, params),
      attempt: () => Promise.reject(new Error("missing trie node")),
    };
    await registry.query("SET search_path = mirror");
    const result = await reconcileByCalls(registry.client, {
      ...{ client: forgetful, contracts: registry.deployment.contracts },
    });
    expect(result).to.include({ how: "calls at the head" });
    expect(result.differences).to.deep.equal([]);
  });

  it("says that a block is not mirrored", async () => {
    let error: unknown;
    await reconcile(100_000).catch((cause: unknown) => {
      error = cause;
    });
    expect(error).to.have.property("name", "ReconcileImpossibleError");
  });
});
