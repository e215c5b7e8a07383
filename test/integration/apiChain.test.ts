import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { Wallet } from "ethers";
import pg from "pg";
import { statementMembers } from "../../server/domain/reviewStatement.ts";
import { runLane } from "../../server/queue/lane.ts";
import {
  ACCOUNT,
  type Answer,
  makeKeys,
  type Party,
  type ServedApi,
  serveApi,
} from "../support/api.ts";
import { FIRST_DAY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

type Operation = {
  state: string;
  result: Record<string, unknown> | null;
  refusal: { code: string; values: Record<string, unknown> } | null;
  record: { document?: { hash: string } };
};

describe("the API on a real chain", function () {
  this.timeout(120_000);
  let registry: RegistryChain;
  let owner: pg.Pool;
  let api: ServedApi;
  const document = { number: "深环〔2026〕7号", date: "2026-11-20", title: "a test" };

  before(async () => {
    registry = await openRegistry();
    owner = new pg.Pool({ connectionString: registry.databaseUrl, max: 2 });
    // An idle connection ends with its server; nothing of it is left to do.
    owner.on("error", () => {});
    await makeKeys(owner, { ...ACCOUNT, ...registry.accounts });
    const { chainId, contracts } = registry.deployment;
    api = await serveApi({
      databaseUrl: registry.databaseUrl,
      relayAccount: registry.accounts.operator,
      deployment: { chainId, issuance: contracts.issuance },
    });
  });

  after(async () => {
    await api?.close();
    await owner?.end();
    await registry?.close();
  });

  /** Orders over HTTP, carries out what was stored, and gives what the API then says of it. */
  async function order(route: string, as: Party, body: unknown): Promise<Operation> {
    const id = randomUUID();
    const answer = await api.post(route, as, body, { id });
    expect(answer.status, answer.text).to.equal(202);
    const lanes = await registry.query<{ lane: string }>(
      "SELECT lane FROM app.operation WHERE id = $1",
      [id],
    );
    await runLane(registry.executeContext(), lanes[0]!.lane);
    await registry.mine();
    await registry.index();
    const shown = await api.get(`/v1/operations/${id}`, { as });
    return shown.json as unknown as Operation;
  }

  async function expectRefused(ordered: Promise<Operation>, code: string): Promise<void> {
    const { state, refusal } = await ordered;
    expect({ state, code: refusal?.code }).to.deep.equal({ state: "refused", code });
  }

  async function expectDone(ordered: Promise<Operation>): Promise<Operation> {
    const operation = await ordered;
    expect(operation.state, JSON.stringify(operation)).to.equal("included");
    return operation;
  }

  const show = async (route: string): Promise<Answer["json"]> => (await api.get(route)).json;
  const soon = (): number => Math.floor(Date.now() / 1000) + 3_600;

  describe("an objection", () => {
    let route: string;

    before(async () => {
      const { requestId } = await registry.fileRequest(10_000_000n, FIRST_DAY, soon());
      route = `/v1/issuance-requests/${requestId}`;
    });

    const object = (as: Party) => order(`${route}/objections`, as, { document });
    const decide = (index: number, upheld: boolean) =>
      order(`${route}/objections/${index}/decision`, "authority", { upheld, document });

    it("is refused to a request that nobody knows, or without its document", async () => {
      const unknown = await api.post("/v1/issuance-requests/99/objections", "enterprise", {
        document,
      });
      expect(unknown.json).to.include({ status: 404, code: "NOT_FOUND" });
      const bare = await api.post(`${route}/objections`, "enterprise", {});
      expect(bare.json).to.include({ code: "FIELD_MISSING", field: "document" });
    });

    it("is refused by an account that the registry did not open", async () => {
      await expectRefused(object("platform"), "SIGNER_UNAVAILABLE");
    });

    it("cannot be decided before it is there", async () => {
      const answer = await api.post(`${route}/objections/0/decision`, "authority", {
        ...{ upheld: true, document },
      });
      expect(answer.json).to.include({ status: 404, code: "NOT_FOUND" });
    });

    it("stands on the chain with its published document, once for each account", async () => {
      const { result, record } = await expectDone(object("enterprise"));
      expect(result).to.deep.equal({ requestId: route.split("/").pop(), index: 0 });
      const hash = record.document?.hash;
      const { objections } = await show(route);
      expect(objections).to.have.length(1);
      expect(objections?.[0]).to.include({
        ...{ index: 0, objector: registry.accounts.enterprise, document: hash, upheld: null },
      });
      const blob = await show(`/v1/blobs/${hash}`);
      expect(blob).to.include({ ...document, objector: registry.accounts.enterprise });
      await expectRefused(object("enterprise"), "ISSUANCE_OBJECTION_EXISTS");
    });

    it("holds the issue up until it is decided", async () => {
      await expectRefused(
        order(`${route}/issue`, "authority", { document }),
        "ISSUANCE_NOTICE_RUNNING",
      );
    });

    it("is dismissed once, and the request goes on", async () => {
      const { record } = await expectDone(decide(0, false));
      const request = await show(route);
      expect(request.state).to.equal("filed");
      expect(request.objections?.[0]).to.include({
        ...{ upheld: false, decisionDocument: record.document?.hash },
      });
      await expectRefused(decide(0, true), "ISSUANCE_OBJECTION_DECIDED");
    });

    it("rejects the request when it is upheld", async () => {
      await expectDone(object("reviewer"));
      await expectDone(decide(1, true));
      expect((await show(route)).state).to.equal("rejected");
      await expectRefused(object("operator"), "ISSUANCE_STATE");
    });
  });

  describe("a certificate", () => {
    let retirementId: unknown;
    let revoked: unknown;

    before(async () => {
      const tokenId = await registry.issueUnits(50_000_000n, FIRST_DAY + 1);
      const to = registry.accounts.enterprise;
      await expectDone(order("/v1/transfers", "applicant", { tokenId, to, grams: "2000" }));
      const retired = await expectDone(
        order("/v1/retirements", "enterprise", {
          ...{ tokenId, grams: "2000", purpose: "eventNeutrality" },
          beneficiary: { name: "Enterprise", registerNumber: "91440300TEST" },
          period: { first: "2026-11-02", end: "2026-11-04" },
        }),
      );
      retirementId = retired.result?.retirementId;
    });

    const body = (more: object = {}) => ({
      retirementIds: [retirementId],
      kind: "neutralitySelfDeclared",
      event: {
        ...{ name: "Conference", organiser: "Enterprise", place: "Shenzhen", boundary: "Venue" },
        ...{ first: "2026-11-02", end: "2026-11-04" },
      },
      inventory: [
        {
          ...{ activity: "electricity", quantity: "2", unit: "kWh" },
          factorId: "electricity-guangdong-2022",
        },
      ],
      ...more,
    });
    const certify = (more?: object) => order("/v1/certificates", "enterprise", body(more));
    const revoke = (id: unknown) =>
      order(`/v1/certificates/${id}/revocation`, "authority", { document });

    it("cannot be revoked or replaced before it is there", async () => {
      const id = `0x${"9".repeat(64)}`;
      const route = `/v1/certificates/${id}/revocation`;
      const revocation = await api.post(route, "authority", { document });
      expect(revocation.json).to.include({ status: 404, code: "NOT_FOUND" });
      const answer = await api.post("/v1/certificates", "enterprise", body({ replaces: id }));
      expect(answer.json).to.include({ status: 404, code: "NOT_FOUND", field: "replaces" });
    });

    it("is replaced only after it was revoked", async () => {
      revoked = (await expectDone(certify())).result?.certificateId;
      await expectRefused(certify(), "CERTIFICATE_EXISTS");
      await expectRefused(certify({ replaces: revoked }), "CERTIFICATE_REPLACED_NOT_REVOKED");
    });

    it("is revoked once, by the authority, for a published reason", async () => {
      const { record } = await expectDone(revoke(revoked));
      const hash = record.document?.hash;
      const shown = await show(`/v1/certificates/${revoked}`);
      expect(shown).to.include({ state: "revoked", revocationDocument: hash });
      expect(await show(`/v1/blobs/${hash}`)).to.include({ certificateId: revoked });
      await expectRefused(revoke(revoked), "CERTIFICATE_NOT_VALID");
    });

    it("frees nothing when it is revoked", async () => {
      const other = { ...body().event, name: "Another conference" };
      await expectRefused(certify({ event: other }), "REDUCTION_TOKEN_CONSUMED");
    });

    it("is not replaced for another beneficiary", async () => {
      for (const beneficiary of [{ name: "Other" }, { name: "Enterprise", registerNumber: "1" }]) {
        const answer = await api.post(
          "/v1/certificates",
          "enterprise",
          body({ replaces: revoked, beneficiary }),
        );
        expect(answer.json).to.include({ status: 422, code: "CERTIFICATE_BENEFICIARY" });
      }
    });

    it("takes the retirements of the one it replaces", async () => {
      const { result } = await expectDone(certify({ replaces: revoked }));
      const shown = await show(`/v1/certificates/${result?.certificateId}`);
      expect(shown).to.deep.include({ replaces: revoked, retirements: [retirementId] });
      expect(shown).to.include({ state: "valid", impaired: false });
      expect((await show(`/v1/certificates/${revoked}`)).state).to.equal("replaced");
      const content = await show(`/v1/blobs/${shown.content}`);
      expect(content).to.include({ replaces: revoked });
    });
  });

  describe("a review statement", () => {
    it("under somebody else's signature is refused, and costs the relay nothing", async () => {
      const { requestId } = await registry.fileRequest(10_000_000n, FIRST_DAY + 2, soon());
      const opinion = { kind: 3, favourable: true, validUntil: "4102444800" };
      const reviewer = registry.accounts.reviewer;
      const query = `kind=3&validUntil=4102444800&reviewer=${reviewer}`;
      const route = `/v1/issuance-requests/${requestId}`;
      const template = await show(`${route}/statement-template?${query}`);
      const { domain, message } = template as unknown as Record<string, Record<string, never>>;
      const types = { Statement: [...statementMembers] };
      const stranger = await Wallet.createRandom().signTypedData(domain!, types, message!);
      const nonces = (): Promise<string> =>
        registry.rpc("eth_getTransactionCount", [registry.accounts.operator, "latest"]);
      const nonce = await nonces();
      const attest = (signature: string) =>
        order(`${route}/statements`, "reviewer", {
          statement: { ...opinion, reviewer },
          signature,
        });
      await expectRefused(attest(stranger), "ISSUANCE_SIGNATURE");
      expect(await nonces()).to.equal(nonce);
    });
  });
});
