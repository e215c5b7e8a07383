// What a key's address is told of its account besides commands: only what is final, once, and again on demand.
import { expect } from "chai";
import type pg from "pg";
import { openPool } from "../../server/database/client.ts";
import { type Delivery, deliverNext } from "../../server/queue/webhooks/deliver.ts";
import { makeRegistryMessages } from "../../server/queue/webhooks/registryMessages.ts";
import { ACCOUNT, openTestApi, type TestApi } from "../support/api.ts";
import { filled } from "../support/database.ts";
import {
  insertRow,
  tokenIdOf,
  writeRegistry,
  writeRequest,
  writeRetirement,
  writeToken,
} from "../support/mirrorRows.ts";
import { type Receiver, startReceiver } from "../support/webhookReceiver.ts";

describe("webhooks about the registry", function () {
  this.timeout(60_000);
  let api: TestApi;
  let pool: pg.Pool;
  let receiver: Receiver;
  let hook: string;
  let open: Delivery;
  let block = 100;
  let count = 0;

  before(async () => {
    api = await openTestApi();
    pool = openPool({ databaseUrl: api.database.databaseUrl, role: "tanpu_worker", max: 6 });
    open = { pool, rules: { plainHttp: true, privateAddresses: true } };
    await writeRegistry(api.database.owner);
    await writeRequest(api.database.owner, 1, 17_775, "issued");
  });
  after(async () => {
    await pool?.end();
    await api?.close();
  });
  beforeEach(async () => {
    receiver = await startReceiver();
    hook = await register();
    await look();
  });
  afterEach(async () => {
    await api.post(`/v1/webhooks/${hook}/end`, "enterprise", undefined);
    await receiver.close();
  });

  const sql = (text: string, values: unknown[] = []) => api.database.owner.query(text, values);
  const look = () => makeRegistryMessages(pool);
  async function register(party: "enterprise" | "applicant" = "enterprise"): Promise<string> {
    const { json, text, status } = await api.post("/v1/webhooks", party, { url: receiver.url });
    expect(status, text).to.equal(201);
    return String(json.id);
  }
  /** The chain goes on; what is ten blocks old is final. */
  async function mine(blocks: number): Promise<void> {
    block += blocks;
    const values = [block, block - 10];
    await sql("UPDATE mirror.checkpoint SET block_number = $1, final_block = $2", values);
  }
  async function told(): Promise<{ type: string; data: Record<string, unknown> }[]> {
    await look();
    while (await deliverNext(open));
    return receiver.received.splice(0).map(({ body }) => JSON.parse(body));
  }
  const types = async (): Promise<string[]> => (await told()).map(({ type }) => type);
  async function retire(holder = ACCOUNT.enterprise): Promise<string> {
    count += 1;
    const retirementId = `0x4e${count.toString(16).padStart(62, "0")}`;
    const content = filled(0x55);
    await writeRetirement(api.database.owner, {
      ...{ retirementId, holder, grams: 3, content, block },
    });
    return retirementId;
  }
  async function certify(): Promise<string> {
    count += 1;
    const id = `0xce${count.toString(16).padStart(62, "0")}`;
    await insertRow(api.database.owner, "mirror.certificate", {
      ...{ certificate_id: id, holder: ACCOUNT.enterprise, programme: 1, kind: 1 },
      ...{ retired_grams: 3, emitted_grams: 2, content: filled(0x56), block_number: block },
      ...{ transaction_hash: filled(0x57), log_index: count, certified_at: 5 },
    });
    return id;
  }
  const set = (id: string, change: string) =>
    sql(`UPDATE mirror.certificate SET ${change} WHERE certificate_id = $1`, [
      Buffer.from(id.slice(2), "hex"),
    ]);

  it("say nothing of what is not final, what is another's, and what was there before", async () => {
    await retire(ACCOUNT.applicant);
    await mine(20);
    await retire();
    expect(await types()).to.deep.equal([]);
    await mine(20);
    expect(await types()).to.deep.equal(["retirement.made"]);
    const later = await register();
    await api.post(`/v1/webhooks/${hook}/end`, "enterprise", undefined);
    hook = later;
    await look();
    await mine(20);
    expect(await types()).to.deep.equal([]);
  });

  it("say nothing more once they were ended", async () => {
    await retire();
    await api.post(`/v1/webhooks/${hook}/end`, "enterprise", undefined);
    await mine(20);
    expect(await types()).to.deep.equal([]);
    const left = await sql("SELECT FROM app.webhook_cursor");
    expect(left.rowCount).to.equal(0);
  });

  it("say nothing of a certificate that was impaired in a block that went away", async () => {
    const id = await certify();
    await set(id, "impaired = true");
    await look();
    await mine(5);
    await set(id, "impaired = false");
    await look();
    await mine(30);
    expect(await types()).to.deep.equal([]);
  });

  it("tell of retirements and issued ids what the API shows of them, by many workers once", async () => {
    const id = await retire();
    const tokenId = tokenIdOf(17_775 + count);
    await writeToken(api.database.owner, tokenId, ACCOUNT.enterprise, 7);
    await sql("UPDATE mirror.token SET block_number = $1 WHERE owner = $2", [
      ...[block, Buffer.from(ACCOUNT.enterprise.slice(2), "hex")],
    ]);
    await mine(20);
    await Promise.all([look(), look(), look()]);
    const messages = await told();
    expect(messages.map(({ type }) => type).sort()).to.deep.equal([
      ...["retirement.made", "token.issued"],
    ]);
    const shown = {
      "retirement.made": `/v1/retirements/${id}`,
      "token.issued": `/v1/tokens/${tokenId}`,
    } as Record<string, string>;
    for (const { type, data } of messages) {
      expect(data, type).to.deep.equal((await api.get(shown[type]!)).json);
    }
    expect(await types(), "a second look").to.deep.equal([]);
  });

  it("tell more of one block than one look makes, each once", async () => {
    for (let many = 0; many < 230; many++) await retire();
    await mine(20);
    const first = await look();
    expect(first).to.equal(200);
    expect(await look()).to.equal(30);
    expect(await look()).to.equal(0);
  });

  it("tell how a certificate stands when that is final, each time it changes", async () => {
    const id = await certify();
    for (const [change, type] of [
      ["impaired = true", "certificate.impaired"],
      ["impaired = false", "certificate.mended"],
      ["impaired = true", "certificate.impaired"],
      ["state = 'revoked', impaired = false", "certificate.revoked"],
      ["state = 'replaced'", "certificate.replaced"],
    ] as const) {
      await mine(1);
      await set(id, change);
      expect(await types(), "not final yet").to.deep.equal([]);
      await mine(20);
      const [message, ...more] = await told();
      expect(more).to.deep.equal([]);
      expect(message?.type).to.equal(type);
      expect(message?.data).to.deep.equal((await api.get(`/v1/certificates/${id}`)).json);
    }
  });

  it("are listed by subject, and sent again on demand", async () => {
    const id = await retire();
    await mine(20);
    expect(await types()).to.deep.equal(["retirement.made"]);
    const route = `/v1/webhooks/${hook}/deliveries`;
    const { json } = await api.get(route, { as: "enterprise" });
    const [delivery] = json.items as unknown as Record<string, unknown>[];
    expect(delivery).to.include({
      ...{ operationId: null, subject: `retirement ${id}`, state: "delivered" },
    });
    await api.post(`${route}/${delivery?.id}/replay`, "enterprise", undefined);
    expect(await types()).to.deep.equal(["retirement.made"]);
  });
});
