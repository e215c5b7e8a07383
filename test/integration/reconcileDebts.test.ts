// Debts that grow: past their deadline, and past what is left to owe. The mirror follows only what events say.
import { expect } from "chai";
import { id } from "ethers";
import { type ActivityTree, activityTree, leafOf, sorted } from "../support/activityTree.ts";
import { reconcileRegistry } from "../support/reconciling.ts";
import { FIRST_DAY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

const DOCUMENT = id("decision");

describe("reconcile, of debts that grow", function () {
  this.timeout(120_000);
  let registry: RegistryChain;

  before(async () => {
    registry = await openRegistry();
  });
  after(() => registry?.close());

  type Row = Record<string, unknown>;
  const row = async (table: string): Promise<Row> =>
    (await registry.query(`SELECT * FROM mirror.${table} ORDER BY request_id DESC LIMIT 1`))[0]!;
  const pass = async (seconds: number): Promise<void> => {
    await registry.rpc("evm_increaseTime", [seconds]);
    await registry.mine();
  };
  const owe = (name: string, values: unknown[], party: "authority" | "applicant" | "reviewer") =>
    registry.act(registry.accounts[party], "doubleCount", name, values);

  /** Issues a request all of whose leaves lie outside its period; any of them can be challenged. */
  async function issueWrong(
    firstDay: number,
    milligrams: readonly bigint[],
  ): Promise<{ requestId: string; tokenId: string; proposal: Row; tree: ActivityTree }> {
    const period = { firstDay, endDay: firstDay + 1 };
    const leaves = milligrams.map((each, k) => leafOf(firstDay + 1, `late ${k}`, each));
    const tree = activityTree(sorted(leaves));
    const { root, totalMilligrams, count, depth } = tree.head;
    const total = totalMilligrams.toString();
    const reportHash = id("report");
    await registry.order("propose", "applicant", {
      ...{ sourceId: registry.sourceId, ...period, root, totalMilligrams: total },
      ...{ count: count.toString(), depth, leafFileHash: id("leaves"), reportHash },
    });
    const { request_id, token_id } = await row("request");
    const requestId = String(request_id);
    const statement = {
      ...{ requestId, root, totalMilligrams: total, ...period, methodology: 1, reportHash },
      ...{ kind: 2, favourable: true, validUntil: "4102444800" },
      reviewer: registry.accounts.reviewer,
    };
    await registry.order("attest", "reviewer", { statement });
    await registry.order("file", "operator", {
      ...{ requestId, filingDocument: DOCUMENT, noticeEnd: "0" },
    });
    await pass(10);
    await registry.order("issue", "authority", { requestId, document: DOCUMENT });
    const proposal = {
      ...{ sourceId: registry.sourceId, ...period, root, totalMilligrams, count, depth },
      ...{ hashSuite: 1, leafFileHash: id("leaves"), reportHash },
    };
    const tokenId = `0x${(token_id as Buffer).toString("hex")}`;
    return { requestId, tokenId, proposal, tree };
  }

  const agrees = async (): Promise<void> => {
    expect((await reconcileRegistry(registry)).differences).to.deep.equal([]);
  };

  // In this order, because an open debt keeps its institution from further issue.
  it("stays closed when it grows by nothing", async () => {
    const wrong = await issueWrong(FIRST_DAY + 5, [500n, 500n, 500n]);
    const { requestId, tokenId, proposal, tree } = wrong;
    const challenge = (index: number) =>
      owe("challengePeriod", [requestId, proposal, tree.opening(index)], "reviewer");
    await challenge(0);
    await owe("repay", [requestId, tokenId, 1], "applicant");
    const { closed_at, is_open } = await row("debt");
    expect(is_open).to.equal(false);
    await challenge(1);
    expect(await row("debt")).to.include({ is_open: false, closed_at, outstanding_grams: "0" });
    await agrees();
  });

  it("ends a replacement that ran out when the debt grows", async () => {
    const { requestId, proposal, tree } = await issueWrong(FIRST_DAY, [9_000n, 8_000n]);
    const challenge = (index: number) =>
      owe("challengePeriod", [requestId, proposal, tree.opening(index)], "reviewer");
    await challenge(0);
    await owe("allowReplacement", [requestId, 100, DOCUMENT], "authority");
    expect(await row("debt")).to.include({ is_replacing: true, is_open: true });
    await agrees();
    await pass(200);
    await challenge(1);
    expect(await row("debt")).to.include({ is_replacing: false, owed_grams: "17" });
    await agrees();
  });
});
