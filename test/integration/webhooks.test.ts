// Webhooks against a real receiver: what is signed, tried again, replayed, and never sent where it must not.
import { spawn } from "node:child_process";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type pg from "pg";
import { openPool } from "../../server/database/client.ts";
import { isPrivateAddress, reasonAgainst } from "../../server/platform/webhookTarget.ts";
import { type Delivery, deliverNext } from "../../server/queue/webhooks/deliver.ts";
import { makeMessages } from "../../server/queue/webhooks/messages.ts";
import { sendOnce, signatureOf } from "../../server/queue/webhooks/send.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { type Receiver, startReceiver } from "../support/webhookReceiver.ts";

const PRODUCTION = { plainHttp: false, privateAddresses: false };

describe("webhooks", function () {
  this.timeout(40_000);
  let api: TestApi;
  let pool: pg.Pool;
  let receiver: Receiver;
  let hook: { id: string; secret: string };
  let open: Delivery;

  before(async () => {
    api = await openTestApi();
    const { databaseUrl } = api.database;
    pool = openPool({ databaseUrl, role: "tanpu_worker", max: 6 });
    open = { pool, rules: { plainHttp: true, privateAddresses: true }, retrySeconds: [0, 0] };
  });
  after(async () => {
    await pool?.end();
    await api?.close();
  });
  beforeEach(async () => {
    receiver = await startReceiver();
    const answer = await api.post("/v1/webhooks", "enterprise", { url: receiver.url });
    expect(answer.status, answer.text).to.equal(201);
    hook = answer.json as unknown as typeof hook;
  });
  afterEach(async () => {
    await api.post(`/v1/webhooks/${hook.id}/end`, "enterprise", undefined);
    await receiver.close();
  });

  /** Stores a command of the enterprise's key and refuses it, as the worker would. */
  async function refused(party = "enterprise"): Promise<string> {
    const id = randomUUID();
    await api.database.owner.query(
      `INSERT INTO app.operation (id, content_hash, kind, lane, body, api_key_id)
       SELECT $1, $2, 'transfer', 'test', '{}', id FROM app.api_key WHERE role = $3`,
      [id, randomBytes(32), party],
    );
    await api.database.owner.query(
      "INSERT INTO app.outcome (operation_id, kind, code) VALUES ($1, 'refused', 'INSUFFICIENT_UNITS')",
      [id],
    );
    return id;
  }
  const deliveries = async () => {
    const answer = await api.get(`/v1/webhooks/${hook.id}/deliveries`, { as: "enterprise" });
    return answer.json.items as unknown as Record<string, unknown>[];
  };
  const told = () => receiver.received.map(({ body }) => JSON.parse(body).data.id as string);

  describe("where they may lead", () => {
    it("is not a private address, plain http or a password in production", () => {
      for (const url of [
        "nonsense",
        "http://example.com/",
        "ftp://example.com/",
        "https://u:p@example.com/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://localhost/",
        "https://db.internal/",
      ]) {
        expect(reasonAgainst(url, PRODUCTION), url).to.be.a("string");
      }
      expect(reasonAgainst("https://example.com/hook", PRODUCTION)).to.equal(undefined);
      for (const ip of ["8.8.8.8", "2606:4700:4700::1111"])
        expect(isPrivateAddress(ip), ip).to.equal(false);
    });

    it("is looked at again when a message is sent, after the name was looked up", async () => {
      const message = { id: "1", secret: randomBytes(32), payload: "{}" };
      // The name is public by its look and leads to this machine.
      const rules = { plainHttp: true, privateAddresses: false };
      const port = new URL(receiver.url).port;
      for (const host of ["127.0.0.1", "localhost", "ip6-localhost"]) {
        const tried = await sendOnce({ ...message, url: `http://${host}:${port}/` }, rules);
        expect(tried, host).to.have.property("failure");
      }
      expect(receiver.received).to.deep.equal([]);
    });

    it("is said in both languages when it is refused", async () => {
      const answer = await api.post("/v1/webhooks", "applicant", { url: "nonsense" });
      expect(answer.json).to.include({ status: 422, code: "WEBHOOK_URL_REFUSED", field: "url" });
    });

    it("is five addresses of a key at most, and nobody else's business", async () => {
      const made: string[] = [];
      for (let count = 0; count < 5; count++) {
        made.push(
          String((await api.post("/v1/webhooks", "auditor", { url: receiver.url })).json.id),
        );
      }
      const sixth = await api.post("/v1/webhooks", "auditor", { url: receiver.url });
      expect(sixth.json).to.include({ status: 422, code: "WEBHOOKS_TOO_MANY" });
      const other = await api.get(`/v1/webhooks/${made[0]}/deliveries`, { as: "enterprise" });
      expect(other.json).to.include({ status: 404, code: "NOT_FOUND" });
      for (const id of made) await api.post(`/v1/webhooks/${id}/end`, "auditor", undefined);
      const left = await api.get("/v1/webhooks", { as: "auditor" });
      expect(left.json.items).to.deep.equal([]);
    });
  });

  it("are not sent for another key's commands, nor after they were ended", async () => {
    await refused("applicant");
    const id = await refused();
    await makeMessages(pool);
    await api.post(`/v1/webhooks/${hook.id}/end`, "enterprise", undefined);
    expect(await deliverNext(open)).to.equal(false);
    expect(told()).not.to.include(id);
  });

  it("tell what became of a command once, signed so that its holder can check it", async () => {
    const id = await refused();
    await makeMessages(pool);
    await makeMessages(pool);
    while (await deliverNext(open));
    expect(told()).to.deep.equal([id]);
    const [message] = receiver.received;
    const { headers, body } = message!;
    expect(JSON.parse(body)).to.have.property("type", "operation.refused");
    expect(JSON.parse(body).data.refusal).to.include({ code: "INSUFFICIENT_UNITS" });
    // As the specification says it, without our own code.
    const secret = Buffer.from(hook.secret.replace("whsec_", ""), "base64");
    const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const signature = createHmac("sha256", secret).update(content).digest("base64");
    expect(headers["webhook-signature"]).to.equal(`v1,${signature}`);
    expect((await deliveries())[0]).to.include({
      state: "delivered",
      attempts: 1,
      lastStatus: 200,
    });
  });

  it("sign like the example of the Standard Webhooks specification", () => {
    const secret = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
    const of = {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      timestamp: 1614265330,
      payload: '{"test": 2432232314}',
    };
    expect(signatureOf(secret, of)).to.equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  it("are tried again after failures, redirects and silence, then dead, and sent again on demand", async () => {
    const answers: Receiver["answer"][] = [
      (response) => response.writeHead(500).end(),
      (response) => response.writeHead(302, { location: receiver.url }).end(),
      () => undefined,
    ];
    receiver.answer = (response) => answers[receiver.received.length - 1]?.(response);
    await refused();
    await makeMessages(pool);
    for (let tries = 0; tries < 3; tries++) {
      expect(await deliverNext({ ...open, timeoutMilliseconds: 300 })).to.equal(true);
    }
    expect(await deliverNext(open), "it is dead").to.equal(false);
    const [dead] = await deliveries();
    expect(dead).to.include({
      state: "dead",
      attempts: 3,
      lastStatus: null,
      lastFailure: "no answer in time",
    });
    receiver.answer = (response) => response.writeHead(204).end();
    const route = `/v1/webhooks/${hook.id}/deliveries`;
    const unknown = await api.post(`${route}/${randomUUID()}/replay`, "enterprise", undefined);
    expect(unknown.json).to.include({ status: 404, code: "NOT_FOUND" });
    const replay = await api.post(`${route}/${dead?.id}/replay`, "enterprise", undefined);
    expect(replay.status, replay.text).to.equal(202);
    expect(await deliverNext(open)).to.equal(true);
    expect((await deliveries())[0]).to.include({
      state: "delivered",
      attempts: 4,
      lastStatus: 204,
    });
    expect(new Set(receiver.received.map(({ id }) => id)).size, "one id for all tries").to.equal(1);
  });

  it("wait for those before them, and are sent once by many workers at once", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 6; count++) ids.push(await refused());
    await Promise.all([makeMessages(pool), makeMessages(pool)]);
    let failing = true;
    receiver.answer = (response) => response.writeHead(failing ? 503 : 200).end();
    const patient = { ...open, retrySeconds: [60] };
    await Promise.all([deliverNext(patient), deliverNext(patient), deliverNext(patient)]);
    expect(told().length, "one try, the others wait behind it").to.equal(1);
    failing = false;
    await api.database.owner.query("UPDATE app.webhook_due SET due_at = now()");
    const work = async (): Promise<void> => {
      for (let idle = 0; idle < 20; ) {
        if (!(await deliverNext(open))) {
          idle += 1;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    await Promise.all([work(), work(), work()]);
    expect(told().slice(1)).to.have.members(ids);
    const order = (await deliveries()).map(({ operationId }) => operationId).reverse();
    expect(told().slice(1)).to.deep.equal(order);
  });

  it("are sent again when the sender was killed in the middle", async () => {
    receiver.answer = () => undefined;
    await refused();
    await makeMessages(pool);
    const script = fileURLToPath(new URL("../support/deliverOnce.ts", import.meta.url));
    const args = ["--import", "tsx", script, api.database.databaseUrl];
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await receiver.until(1);
    child.kill("SIGKILL");
    await ended;
    receiver.answer = (response) => response.writeHead(200).end();
    while (!(await deliverNext(open))) await new Promise((resolve) => setTimeout(resolve, 50));
    const [first, second] = receiver.received;
    expect([second?.id, second?.body]).to.deep.equal([first?.id, first?.body]);
    expect((await deliveries())[0]).to.include({ state: "delivered", attempts: 1 });
  });
});
