// Being told: event streams of operations, and reading one's own writes.
import { randomUUID } from "node:crypto";
import { expect } from "chai";
import pg from "pg";
import { runLane } from "../../server/queue/lane.ts";
import { resendOpen } from "../../server/queue/resend.ts";
import {
  ACCOUNT,
  makeKeys,
  type Party,
  type ServedApi,
  secretOf,
  serveApi,
} from "../support/api.ts";
import { type Listener, listenTo } from "../support/eventStream.ts";
import { FINALITY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

describe("telling what became of a command", function () {
  this.timeout(40_000);
  let registry: RegistryChain;
  let owner: pg.Pool;
  let api: ServedApi;
  let tokenId: string;
  const open: Listener[] = [];

  before(async () => {
    registry = await openRegistry();
    owner = new pg.Pool({ connectionString: registry.databaseUrl, max: 2 });
    owner.on("error", () => {});
    await makeKeys(owner, { ...ACCOUNT, ...registry.accounts });
    const { chainId, contracts } = registry.deployment;
    api = await serveApi({
      databaseUrl: registry.databaseUrl,
      relayAccount: registry.accounts.operator,
      deployment: { chainId, issuance: contracts.issuance },
    });
    tokenId = await registry.issueUnits(10_000_000n);
  });
  afterEach(() => {
    for (const listener of open.splice(0)) listener.stop();
  });
  after(async () => {
    await api?.close();
    await owner?.end();
    await registry?.close();
  });

  const listen = async (route: string, as: Party, headers: Record<string, string> = {}) => {
    const authorization = `Bearer ${secretOf(as)}`;
    const listener = await listenTo(`${api.url}${route}`, { authorization, ...headers });
    open.push(listener);
    return listener;
  };
  const states = (listener: Listener) => listener.heard.map(({ data }) => data.state);

  const transfer = async (grams: string, id: string = randomUUID()): Promise<string> => {
    const body = { tokenId, to: registry.accounts.enterprise, grams };
    const answer = await api.post("/v1/transfers", "applicant", body, { id });
    expect(answer.status, answer.text).to.equal(202);
    return id;
  };
  const send = async (): Promise<void> => {
    const [row] = await registry.query<{ lane: string }>(
      "SELECT lane FROM app.operation ORDER BY sequence DESC LIMIT 1",
    );
    await runLane(registry.executeContext(), row?.lane ?? "");
  };
  const block = async (blocks = 1): Promise<void> => {
    await registry.mine(blocks);
    await registry.index();
  };

  describe("one operation", () => {
    it("is not told to strangers, and not for an id that nobody used", async () => {
      const id = await transfer("1");
      for (const [route, as] of [
        [`/v1/operations/${id}/events`, "enterprise"],
        [`/v1/operations/${randomUUID()}/events`, "applicant"],
      ] as const) {
        const answer = await api.get(route, { as });
        expect(answer.json).to.include({ status: 404, code: "NOT_FOUND" });
      }
      const bare = await api.get(`/v1/operations/${id}/events`);
      expect(bare.json).to.include({ status: 401, code: "UNAUTHENTICATED" });
      await send();
      await block();
    });

    it("is told from stored to final, each change once, and then the stream ends", async () => {
      const id = await transfer("2");
      const listener = await listen(`/v1/operations/${id}/events`, "applicant");
      await listener.until(1);
      await send();
      await listener.until(2);
      await block();
      await listener.until(3);
      await block(FINALITY);
      await listener.ended;
      expect(states(listener)).to.deep.equal(["queued", "sent", "included", "final"]);
      expect(listener.heard.at(-1)?.data).to.have.property("result").that.includes({ grams: "2" });
    });

    it("is told with its refusal when it comes to nothing", async () => {
      const id = await transfer("999999999");
      const listener = await listen(`/v1/operations/${id}/events`, "applicant");
      await listener.until(1);
      await send();
      await listener.ended;
      expect(states(listener)).to.deep.equal(["queued", "refused"]);
      const refusal = listener.heard.at(-1)?.data.refusal as { detail: string; detailZh: string };
      expect(refusal.detail).to.match(/[a-z]/);
      expect(refusal.detailZh).to.match(/\p{Script=Han}/u);
    });

    it("is taken up where a client was cut, without telling the same again", async () => {
      const id = await transfer("3");
      const route = `/v1/operations/${id}/events`;
      const first = await listen(route, "applicant");
      await send();
      await block();
      await first.until(1);
      await first.untilLast(({ state }) => state === "included");
      first.stop();
      const second = await listen(route, "applicant", {
        "last-event-id": first.heard.at(-1)?.id ?? "",
      });
      await block(FINALITY);
      await second.ended;
      expect(states(second)).to.deep.equal(["final"]);
    });

    it("is told when a block that held it was dropped by the chain", async () => {
      const before = await registry.rpc<string>("evm_snapshot");
      const id = await transfer("4");
      const listener = await listen(`/v1/operations/${id}/events`, "applicant");
      await send();
      await block();
      await listener.untilLast(({ state }) => state === "included");
      await registry.rpc("evm_revert", [before]);
      await block(2);
      await listener.untilLast(({ state }) => state === "sent");
      // What the chain dropped is sent again, and the nonces behind it are free.
      await resendOpen(registry.executeContext(), 0);
      await block();
    });
  });

  describe("all operations of a key", () => {
    it("are told to their key alone", async () => {
      const mine = await listen("/v1/events", "applicant");
      const others = await listen("/v1/events", "enterprise");
      const id = await transfer("999999998");
      await send();
      await mine.untilLast((data) => data.id === id && data.state === "refused");
      expect(others.heard).to.deep.equal([]);
    });

    it("are told after a cut with all that changed meanwhile", async () => {
      const first = await listen("/v1/events", "applicant");
      const known = await transfer("999999997");
      await send();
      await first.untilLast((data) => data.id === known && data.state === "refused");
      first.stop();
      const missed = [];
      for (const grams of ["999999996", "999999995"]) missed.push(await transfer(grams));
      await send();
      const second = await listen("/v1/events", "applicant", {
        "last-event-id": first.heard.at(-1)?.id ?? "",
      });
      const has = (id: string) =>
        second.heard.some(({ data }) => data.id === id && data.state === "refused");
      while (!missed.every(has)) await second.until(second.heard.length + 1);
    });

    it("stop when there are too many streams of a key", async () => {
      const listeners = [];
      for (let count = 0; count < 20; count++)
        listeners.push(await listen("/v1/events", "auditor"));
      const answer = await api.get("/v1/events", { as: "auditor" });
      expect(answer.json).to.include({ status: 429, code: "STREAMS_TOO_MANY" });
    });
  });

  describe("reading one's own writes", () => {
    const holdings = () => `/v1/accounts/${registry.accounts.enterprise}/holdings`;
    const read = (after: string, as: Party = "applicant", prefer = "wait=20") =>
      api.get(holdings(), { as, headers: { "tanpu-after": after, prefer } });

    it("refuses what names neither a block nor an operation of the caller", async () => {
      expect((await read("yesterday")).json).to.include({
        code: "FIELD_MALFORMED",
        field: "Tanpu-After",
      });
      expect((await read(randomUUID())).json).to.include({ status: 404, code: "NOT_FOUND" });
      const id = await transfer("999999994");
      expect((await read(id, "enterprise")).json).to.include({ status: 404, code: "NOT_FOUND" });
      await send();
    });

    it("says which block it is at when the time is over", async () => {
      const answer = await read("999999", "applicant", "wait=0");
      expect(answer.json).to.include({ status: 503, code: "MIRROR_NOT_THERE_YET" });
      const values = answer.json.values as unknown as { block: number };
      expect(answer.headers.get("tanpu-block")).to.equal(String(values.block));
      expect(values.block).to.equal(registry.checkpoint?.blockNumber);
    });

    it("waits until the mirror has the block of the operation", async () => {
      const grams = async () => {
        const answer = await api.get(holdings());
        const items = answer.json.items as unknown as { grams: string }[];
        return BigInt(items[0]?.grams ?? "0");
      };
      const before = await grams();
      const id = await transfer("5");
      const reading = read(id);
      await send();
      await block();
      const answer = await reading;
      expect(answer.status, answer.text).to.equal(200);
      const items = answer.json.items as unknown as { grams: string }[];
      expect(BigInt(items[0]?.grams ?? "0")).to.equal(before + 5n);
      expect(Number(answer.headers.get("tanpu-block"))).to.equal(registry.checkpoint?.blockNumber);
    });

    it("waits for a block by its number", async () => {
      const next = String((registry.checkpoint?.blockNumber ?? 0) + 1);
      const reading = api.get(holdings(), { headers: { "tanpu-after": next } });
      await block();
      const answer = await reading;
      expect([answer.status, answer.headers.get("tanpu-block")]).to.deep.equal([200, next]);
    });
  });
});
