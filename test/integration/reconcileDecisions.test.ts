// What authorities and challengers decided, compared with the contracts: freezes, guards, acts, demands, debts, times
// that pauses move.
import { expect } from "chai";
import { encodeBytes32String, id, ZeroAddress, ZeroHash } from "ethers";
import { interfaces } from "../../server/chain/contracts.ts";
import { activityTree, leafOf, sorted } from "../support/activityTree.ts";
import { differencesWhenTampered, reconcileRegistry } from "../support/reconciling.ts";
import { FIRST_DAY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

const DOCUMENT = id("decision");
const DAY_SECONDS = 86_400;
const [VOID, REISSUE] = [6, 7];

describe("reconcile, of decisions", function () {
  this.timeout(240_000);
  let registry: RegistryChain;
  let tokenId: string;

  before(async () => {
    registry = await openRegistry();
    tokenId = await registry.issueUnits(100_000_000n);
    await registry.order("transfer", "applicant", {
      ...{ to: registry.accounts.enterprise, tokenId, grams: "60000" },
    });
    await freezes();
    await acts();
    await guards();
    await demands();
    await pauses();
    await recognition();
    await deductions();
  });
  after(() => registry?.close());

  const pass = async (seconds: number): Promise<void> => {
    await registry.rpc("evm_increaseTime", [seconds]);
    await registry.mine();
  };
  const newest = async (table: string, column: string): Promise<Buffer | string> => {
    const rows = await registry.query<{ found: Buffer | string }>(
      `SELECT ${column} AS found FROM mirror.${table} ORDER BY block_number DESC LIMIT 1`,
    );
    return rows[0]!.found;
  };

  /** One freeze that holds, one that was lifted. */
  async function freezes(): Promise<void> {
    const { authority, enterprise } = registry.accounts;
    const values = [enterprise, tokenId, 5, DOCUMENT, 0];
    await registry.act(authority, "freezes", "freezeGrams", values);
    await registry.act(authority, "freezes", "lift", [
      await newest("partial_freeze", "freeze_id"),
      DOCUMENT,
    ]);
    await registry.act(authority, "freezes", "freezeGrams", values);
  }

  /** A void that was carried out and given back in part, and one that is proposed. */
  async function acts(): Promise<void> {
    const { authority, operator, enterprise } = registry.accounts;
    const act = (kind: number, more: object) => ({
      ...{ kind, from: ZeroAddress, to: ZeroAddress, liable: ZeroAddress, tokenId },
      ...{ replacement: 0, grams: 100, voidAct: ZeroHash, document: DOCUMENT, ...more },
    });
    const propose = (values: unknown) => registry.act(operator, "corrections", "propose", [values]);
    await propose(act(VOID, { from: enterprise }));
    const voidAct = await newest("act", "act_id");
    await registry.act(authority, "corrections", "approve", [voidAct, DOCUMENT]);
    await propose(act(REISSUE, { to: enterprise, grams: 40, voidAct }));
    const reissue = await newest("act", "act_id");
    await registry.act(authority, "corrections", "approve", [reissue, DOCUMENT]);
    await propose(act(VOID, { from: enterprise, grams: 7 }));
  }

  /** A guarded account with a trusted one and an order that waits. */
  async function guards(): Promise<void> {
    const { enterprise, applicant, operator } = registry.accounts;
    const second = await registry.openAccount(id("institution enterprise"));
    const values = [second, 3_600, 100, 150, [applicant]];
    await registry.act(enterprise, "accountGuard", "turnOn", values);
    await registry.order("transfer", "enterprise", { to: applicant, tokenId, grams: "70" });
    await registry.act(enterprise, "accountGuard", "order", [operator, tokenId, 200]);
  }

  async function proposalOf(requestId: string): Promise<object> {
    const [row] = await registry.query("SELECT * FROM mirror.request WHERE request_id = $1", [
      requestId,
    ]);
    const { source_id, first_day, end_day, root: treeRoot, total_milligrams } = row!;
    return {
      ...{ sourceId: source_id, firstDay: first_day, endDay: end_day, root: treeRoot },
      ...{ totalMilligrams: total_milligrams, count: row!.count, depth: row!.depth },
      ...{ hashSuite: row!.hash_suite, leafFileHash: row!.leaf_file_hash },
      reportHash: row!.report_hash,
    };
  }

  /** A request in its notice held by a demand, and an issued one whose demand nobody answered: a debt. */
  async function demands(): Promise<void> {
    const { reviewer } = registry.accounts;
    const demand = async (requestId: string) => {
      const values = [requestId, await proposalOf(requestId), 0, 1];
      await registry.act(reviewer, "doubleCount", "demand", values);
    };
    await demand("1");
    const unanswered = await newest("demand", "demand_id");
    await pass(8 * DAY_SECONDS);
    const values = [unanswered, await proposalOf("1")];
    await registry.act(reviewer, "doubleCount", "fellUnanswered", values);
    const { requestId } = await registry.fileRequest(9_000_000n, FIRST_DAY + 1, 4_000_000_000);
    await demand(requestId);
    await registry.act(registry.accounts.enterprise, "issuance", "object_", [requestId, DOCUMENT]);
    await registry.order("propose", "applicant", {
      ...{ sourceId: registry.sourceId, firstDay: FIRST_DAY + 2, endDay: FIRST_DAY + 3 },
      ...{ root: id("root"), totalMilligrams: "5", count: "3", depth: 2 },
      ...{ leafFileHash: id("leaves"), reportHash: id("report") },
    });
  }

  /** The notice and the reservation end later on the chain than they were told. */
  async function pauses(): Promise<void> {
    const { authority } = registry.accounts;
    await registry.act(authority, "programmes", "pauseProgramme", [1, DOCUMENT]);
    await pass(1_000);
    await registry.act(authority, "programmes", "resumeProgramme", [1, DOCUMENT]);
  }

  async function recognition(): Promise<void> {
    const { authority } = registry.accounts;
    const [deployed] = await registry.query<{ signer: string }>(
      "SELECT '0x' || encode(signer, 'hex') AS signer FROM mirror.transaction ORDER BY block_number, index LIMIT 1",
    );
    await sendAs(deployed!.signer, "programmes", "createProgramme", [
      ...[2, 0, 2, authority, id("institution authority"), DOCUMENT],
    ]);
    await registry.act(authority, "programmes", "recognise", [1, 2, 3, 0, DOCUMENT]);
  }

  /** A leaf outside its period, and a deposit that came back with the request's fall. */
  async function deductions(): Promise<void> {
    const { authority, reviewer } = registry.accounts;
    const [firstDay, endDay] = [FIRST_DAY + 3, FIRST_DAY + 4];
    const leaves = [leafOf(firstDay, "ride", 9_000n), leafOf(endDay, "late", 8_000n)];
    const tree = activityTree(sorted(leaves));
    await registry.order("propose", "applicant", {
      ...{ sourceId: registry.sourceId, firstDay, endDay, root: tree.head.root },
      ...{ totalMilligrams: "17000", count: "2", depth: tree.head.depth },
      ...{ leafFileHash: id("leaves"), reportHash: id("report") },
    });
    const requestId = await newest("request", "request_id");
    const proposal = await proposalOf(String(requestId));
    const values = [requestId, proposal, tree.opening(1)];
    await registry.act(reviewer, "doubleCount", "challengePeriod", values);
    const key = encodeBytes32String("demand.depositWei");
    await registry.act(authority, "programmes", "setParameter", [1, key, 5, 0, DOCUMENT]);
    await registry.rpc("anvil_setBalance", [reviewer, "0xffffffffff"]);
    await sendAs(reviewer, "doubleCount", "demand", [requestId, proposal, 0, 0], "0x5");
    await pass(8 * DAY_SECONDS);
    const demandId = await newest("demand", "demand_id");
    await registry.act(reviewer, "doubleCount", "fellUnanswered", [demandId, proposal]);
  }

  /** Calls as an account whose key nobody here has to have. */
  async function sendAs(
    from: string,
    contract: "programmes" | "doubleCount",
    name: string,
    values: unknown[],
    value = "0x0",
  ): Promise<void> {
    await registry.rpc("anvil_impersonateAccount", [from]);
    const data = interfaces[contract].encodeFunctionData(name, values);
    const to = registry.deployment.contracts[contract];
    await registry.rpc("eth_sendTransaction", [{ from, to, data, value, gasPrice: "0x0" }]);
    await registry.mine();
    await registry.index();
  }

  const changed: readonly [what: string, table: string, set: string, found: string[]][] = [
    ["a freeze's grams", "partial_freeze", "grams = grams + 1", ["freeze"]],
    [
      "whether a freeze holds",
      "partial_freeze",
      "state = 'lifted'",
      ["freeze", "freezes of an id", "number of freezes"],
    ],
    [
      "whose a freeze is",
      "partial_freeze",
      "account = '\\x77'",
      ["freeze", "freezes of an id", "number of freezes"],
    ],
    ["a debt's frozen grams", "debt_freeze", "grams = grams + 1", ["freeze for a debt"]],
    ["a guard's limit", "guard", "day_grams = 151", ["guard"]],
    ["a guard's second person", "guard", "second = '\\x77'", ["guard"]],
    ["what a guarded account spent", "guard", "spent_grams = 1", ["guard"]],
    ["whether a guard is on", "guard", "is_on = false", ["guard", "trusted account"]],
    ["whom an account trusts", "guard_trusted", "trusted = false", ["trusted account"]],
    ["a guarded account's order", "guard_order", "grams = 201", ["guarded account's order"]],
    ["an order's state", "guard_order", "state = 'confirmed'", ["guarded account's order"]],
    ["an act's state", "act", "state = 'withdrawn' WHERE number = 3", ["act"]],
    ["an act's grams", "act", "grams = 8 WHERE number = 3", ["act", "act's id"]],
    ["what an act gave back", "act", "state = 'rejected' WHERE number = 2", ["act"]],
    ["a demand's state", "demand", "state = 'answered'", ["demand"]],
    ["a demand's deadline", "demand", "deadline = deadline + 1", ["demand"]],
    ["an objection's state", "objection", "upheld = true", ["request", "objection"]],
    ["a methodology's cap", "methodology", "cap_milligrams = 5", ["methodology"]],
    ["a methodology's end", "methodology", "end_day = 5", ["methodology"]],
    ["a deduction", "deduction", "milligrams = 1", ["deduction"]],
    ["a deduction's state", "deduction", "restored = true", ["deduction"]],
    ["a deposit", "deposit_credit", "credit_wei = 0", ["credited deposits"]],
    ["what a debt owes", "debt", "owed_grams = owed_grams - 1", ["debt"]],
    ["what is outstanding", "debt", "outstanding_grams = 0", ["debt"]],
    ["whether a debt is open", "debt", "is_open = false", ["debt", "disputed id"]],
    ["who owes", "debt_account", "account = '\\x77'", ["accounts of a debt"]],
    ["who may not issue", "issue_block", "blocked = false", ["blocked issue"]],
    ["what is recognised", "recognition", "ended_at = 5", ["recognition"]],
    [
      "a notice that pauses moved, by a second more than they did",
      "request",
      "notice_end = notice_end - 1 WHERE state = 'filed'",
      ["end of a notice"],
    ],
    [
      "how long a pause was",
      "pause",
      "resumed_at = resumed_at + 1",
      ["time of a proposal", "end of a notice"],
    ],
    [
      "a notice that would end after the chain's",
      "request",
      "notice_end = notice_end + 1 WHERE state = 'filed'",
      ["end of a notice"],
    ],
    [
      "when a request was proposed",
      "request",
      "proposed_at = proposed_at + 1 WHERE state = 'proposed'",
      ["time of a proposal"],
    ],
    ["when a programme began", "programme", "created_at = 5", ["programme"]],
  ];
  for (const [what, table, set, found] of changed) {
    it(`finds a mirror that was changed in ${what}`, async () => {
      const change = `UPDATE mirror.${table} SET ${set}`;
      expect(await differencesWhenTampered(registry, table, change)).to.deep.equal(found);
    });
  }

  const gone: readonly [string, string[]][] = [
    ["partial_freeze", ["number of freezes"]],
    ["debt_freeze", ["number of freezes"]],
    ["guard", ["guard", "trusted account"]],
    ["guard_order", ["guard"]],
    ["act", ["number of acts"]],
    ["methodology", ["number of methodologies"]],
    ["demand", ["number of demands"]],
    ["debt", ["disputed id"]],
    ["debt_account", ["accounts of a debt"]],
  ];
  for (const [table, found] of gone) {
    it(`finds rows of ${table} that are gone`, async () => {
      const change = `DELETE FROM mirror.${table}`;
      expect(await differencesWhenTampered(registry, table, change)).to.deep.equal(found);
    });
  }

  const old: readonly [table: string, set: string][] = [
    ["account", "institution = '\\x77'"],
    ["recognition", "document = '\\x77'"],
    ["methodology", "cap_milligrams = 5"],
    ["objection", "document = '\\x77'"],
    ["partial_freeze", "grams = 77"],
    ["guard_order", "grams = 77"],
    ["act", "document = '\\x77'"],
    ["demand", "place = 77"],
    ["debt_account", "account = '\\x77'"],
    ["refutation", "fault = 77"],
    ["programme", "document = '\\x77'"],
  ];
  for (const [table, set] of old) {
    it(`finds by replay of an old block that ${table} was changed`, async () => {
      const { blockNumber } = registry.checkpoint!;
      const change = `UPDATE mirror.${table} SET ${set}`;
      expect(await differencesWhenTampered(registry, table, change, blockNumber - 1)).to.deep.equal(
        [table],
      );
    });
  }

  it("finds nothing by replay of old blocks that agree", async () => {
    const { blockNumber } = registry.checkpoint!;
    for (const block of [blockNumber, blockNumber - 5, blockNumber - 20]) {
      const { differences, how } = await reconcileRegistry(registry, block);
      expect(differences, String(block)).to.deep.equal([]);
      expect(how).to.equal("replay");
    }
  });

  it("finds nothing where mirror and chain agree, and says what it compared", async () => {
    const { differences, compared } = await reconcileRegistry(registry);
    expect(differences).to.deep.equal([]);
    for (const [what, rows] of Object.entries({
      ...{ freeze: 2, "freezes of an id": 1, "freeze for a debt": 1, guard: 1 },
      ...{ "guarded account's order": 1, act: 3, "act's id": 3, demand: 3, debt: 1, deduction: 1 },
      ...{ "end of a notice": 2, "time of a proposal": 2, recognition: 2 },
    })) {
      expect(compared[what], what).to.equal(rows);
    }
  });
});
