import { randomUUID } from "node:crypto";
import { expect } from "chai";
import type { Pool } from "pg";
import { openPool } from "../../server/database/client.ts";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import { verifyLeafFile } from "../../server/domain/leafFile.ts";
import { chinaDay, formatDay } from "../../server/domain/period.ts";
import { verifyPersonalLine, verifyPersonalRide } from "../../server/domain/personalProof.ts";
import { closePeriod } from "../../server/intake/batch.ts";
import { closeEpoch } from "../../server/ledger/closeEpoch.ts";
import { expirePoints } from "../../server/ledger/expirePoints.ts";
import { demoMethodology, demoRules, suite, unwrap } from "../domain/support.ts";
import { ACCOUNT, type Answer, openTestApi, type TestApi } from "../support/api.ts";
import { filled } from "../support/database.ts";
import { insertRow, SOURCE_ID, writeRegistry, writeRequest } from "../support/mirrorRows.ts";

type Proven = {
  head: { root: string };
  leaf: { milligrams: string };
  siblings: { hash: string; sum: string }[];
  opening: Record<string, unknown>;
};

/** What somebody finds who has the answer and the chain's root alone. */
function verdict(
  checked: ReturnType<typeof verifyPersonalLine | typeof verifyPersonalRide>,
): string {
  return checked.ok ? "holds" : String(checked.refusal.values?.part);
}

describe("a person's account over the API", function () {
  this.timeout(120_000);
  let api: TestApi;
  let worker: Pool;
  let li: { key: string };
  let participant: string;
  let batchId: string;
  const today = chinaDay(Math.floor(Date.now() / 1_000));
  const day = (offset: number) => formatDay(today + offset);
  const SPAN = "first=2018-09-01&end=2018-09-30";

  const register = async (userId: string): Promise<{ key: string; participant: string }> => {
    const { json } = await api.post("/v1/persons", "platform", { userId });
    return { key: String(json.token), participant: String(json.participant) };
  };
  const me = (route = "", as: { key: string } = li): Promise<Answer> =>
    api.get(`/v1/me${route}`, { as });
  const act = (route: string, body?: unknown, as: { key: string } = li): Promise<Answer> =>
    api.call("POST", `/v1/me${route}`, { as, ...(body === undefined ? {} : { body }) });
  const balances = async (as = li) =>
    (await me("", as)).json.balances as unknown as Record<string, string>;

  /** Moves all that a person has pending to issued, as an issue into the pool would. */
  async function issue(person: string): Promise<void> {
    const client = await worker.connect();
    await client.query("BEGIN");
    const { rows } = await client.query<{ posting: bigint; month: number }>(
      "SELECT * FROM ledger.begin_posting($1, 'issue', 1, $2, 1, NULL, NULL, NULL)",
      [`issue:${randomUUID()}`, batchId],
    );
    await client.query(
      `WITH has AS (SELECT sum(milligrams)::bigint AS mg FROM ledger.entry WHERE holder = $3 AND compartment = 'pending')
       INSERT INTO ledger.entry (month, posting, holder_kind, holder, actor, compartment, milligrams)
       SELECT $1::integer, $2::bigint, 'person'::ledger.holder_kind, $3::uuid, $3::uuid, 'pending'::ledger.compartment, -mg FROM has
       UNION ALL SELECT $1, $2, 'person', $3, $3, 'issued', mg / 1000 * 1000 FROM has
       UNION ALL SELECT $1, $2, 'source', gen_random_uuid(), NULL, 'carry', mg % 1000 FROM has WHERE mg % 1000 > 0`,
      [rows[0]!.month, rows[0]!.posting.toString(), person],
    );
    await client.query("COMMIT");
    client.release();
  }

  before(async () => {
    api = await openTestApi();
    const { owner } = api.database;
    await writeRegistry(owner);
    worker = openPool({ databaseUrl: api.database.databaseUrl, role: "tanpu_worker", max: 3 });
    const registered = await register("u-li");
    li = { key: registered.key };
    participant = registered.participant;
    const ride = (orderNo: string, userId: string, hour: string) => ({
      ...{ orderNo, userId, behaviour: "bus-trip" },
      ...{ card: `CARD-${userId}`, vehicle: "01620D", at: `2018-09-01T${hour}:00:00+08:00` },
    });
    const rows = [ride("1", "u-li", "08"), ride("2", "u-li", "18"), ride("3", "u-wang", "09")];
    const sent = await api.post("/v1/activities", "platform", { sourceId: SOURCE_ID, rows });
    expect(sent.status, sent.text).to.equal(200);
    const methodology = { form: 1, methodology: await demoMethodology() } as const;
    const closed = await closePeriod({
      ...{ pool: worker, suite, store: api.store, programme: 1, batchId: randomUUID() },
      ...{ sourceId: fromHex(SOURCE_ID), period: { firstDay: 17_775, endDay: 17_776 } },
      methodologies: new Map([[methodology.methodology.contentHash, methodology]]),
      rankOf: (await demoRules()).rankOf,
    });
    const batch = unwrap(closed);
    batchId = batch.batchId;
    await writeRequest(owner, 1, 17_775, "proposed");
    await owner.query("UPDATE mirror.request SET root = $1, leaf_file_hash = $2", [
      Buffer.from(batch.root.slice(2), "hex"),
      Buffer.from(batch.leafFileHash.slice(2), "hex"),
    ]);
  });
  after(async () => {
    await worker?.end();
    await api?.close();
  });

  it("is opened by nobody but the person's last token", async () => {
    expect((await api.get("/v1/me")).json.code).to.equal("UNAUTHENTICATED");
    expect((await api.get("/v1/me", { as: "platform" })).json.code).to.equal("FORBIDDEN");
    expect((await me("", { key: `tanpu_person_${"x".repeat(43)}` })).json.code).to.equal(
      "UNAUTHENTICATED",
    );
    const first = await register("u-zhao");
    const second = await register("u-zhao");
    expect(second.participant).to.equal(first.participant);
    expect((await me("", first)).json.code).to.equal("API_KEY_REVOKED");
    expect((await me("", second)).json.participant).to.equal(first.participant);
    expect((await act("/persons", { userId: "x" })).status).to.equal(404);
    expect(
      (await api.call("POST", "/v1/persons", { as: li, body: { userId: "x" } })).json.code,
    ).to.equal("FORBIDDEN");
    expect((await api.post("/v1/persons", "operator", { userId: "x" })).json.code).to.equal(
      "FORBIDDEN",
    );
    expect(api.logged.join("\n")).not.to.include("u-zhao");
  });

  it("shows what closed periods credited, and where it came from", async () => {
    const { json } = await me();
    expect(json.balances).to.deep.equal({
      ...{ pending: "742000", issued: "0", points: "0", recorded: "0", spent: "0", owed: "0" },
    });
    const statement = await me(`/statement?first=${day(-1)}&end=${day(2)}`);
    expect(statement.json.items).to.have.length(1);
    expect((statement.json.items as unknown as object[])[0]).to.include({
      kind: "pending",
      milligrams: "742000",
      activities: 2,
    });
    const one = await me(`/reductions?${SPAN}&limit=1`);
    const two = await me(`/reductions?${SPAN}&limit=1&cursor=${one.json.nextCursor}`);
    const rides = [
      ...(one.json.items as unknown as object[]),
      ...(two.json.items as unknown as object[]),
    ];
    expect(rides).to.have.length(2);
    for (const ride of rides)
      expect(ride).to.include({ behaviour: "bus-trip", credited: true, batchId });
    expect(two.json.nextCursor).to.equal(null);
    expect((await me(`/reductions?first=2018-09-02&end=2018-09-01`)).json.code).to.equal(
      "PERIOD_EMPTY",
    );
    expect((await me(`/statement?first=2010-01-01&end=2018-09-01`)).json.code).to.equal(
      "PERIOD_TOO_LONG",
    );
  });

  it("proves each ride to its request's root, and opens its commitments", async () => {
    const { json } = await me(`/proof?${SPAN}`);
    expect(json.epoch).to.equal(null);
    const rides = json.rides as unknown as Proven[];
    expect(rides).to.have.length(2);
    for (const ride of rides) {
      const { root } = ride.head;
      const check = (changed: object) =>
        verdict(verifyPersonalRide(suite, { ...ride, ...changed }, root));
      expect(verdict(verifyPersonalRide(suite, ride, filled(9)))).to.equal("path");
      expect(check({ leaf: { ...ride.leaf, milligrams: "1" } })).to.equal("path");
      expect(check({ milligrams: "1" })).to.equal("amounts");
      expect(check({ opening: { ...ride.opening, participant: filled(9, 16) } })).to.equal(
        "opening",
      );
      const evidence = { ...(ride.opening.evidence as object), behaviour: "metro-trip" };
      expect(check({ opening: { ...ride.opening, evidence } })).to.equal("opening");
      expect(check({ siblings: null })).to.equal("form");
      expect(check({})).to.equal("holds");
    }
  });

  it("lets grams be points or units, never both", async () => {
    const points = (grams: string, lotId: string = randomUUID(), end = day(30)) =>
      act("/points", { lotId, grams, end });
    expect((await points("1")).json.code).to.equal("BALANCE_SHORT");
    await issue(participant);
    expect((await balances()).issued).to.equal("742000");
    expect((await points("743")).json).to.include({ code: "BALANCE_SHORT" });
    expect((await points("1", randomUUID(), day(0))).json.code).to.equal("POINTS_TERM_TOO_LONG");
    const lots = [randomUUID(), randomUUID(), randomUUID()] as const;
    // Together they are more than there is: one of them has to be refused, whichever comes last.
    const answers = await Promise.all(lots.map((lot) => points("300", lot)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([201, 201, 422]);
    const locked = lots.filter((_, index) => answers[index]!.status === 201);
    const [used, kept] = [locked[0]!, locked[1]!];
    expect((await points("300", used)).status).to.equal(201);
    expect((await points("301", used)).json.code).to.equal("IDEMPOTENCY_KEY_CONFLICT");
    expect(await balances()).to.include({ issued: "142000", points: "600000" });
    expect(
      (await api.call("POST", `/v1/points/${used}/use`, { as: "operator" })).json.code,
    ).to.equal("FORBIDDEN");
    const zhao = await register("u-zhao");
    expect((await act(`/points/${used}/cancellation`, undefined, zhao)).json.code).to.equal(
      "NOT_FOUND",
    );
    for (let time = 0; time < 2; time++) {
      const answer = await api.call("POST", `/v1/points/${used}/use`, { as: "platform" });
      expect(answer.status, answer.text).to.equal(200);
      expect((await act(`/points/${kept}/cancellation`)).status).to.equal(200);
    }
    expect((await act(`/points/${used}/cancellation`)).json.code).to.equal("POINTS_ENDED");
    expect(await balances()).to.include({ issued: "442000", points: "0", spent: "300000" });
    const short = randomUUID();
    expect((await points("7", short, day(1))).status).to.equal(201);
    const now = Math.floor(Date.now() / 1_000);
    expect(await expirePoints(worker, now)).to.equal(0);
    expect(await expirePoints(worker, now + 2 * 86_400)).to.equal(1);
    expect(await expirePoints(worker, now + 2 * 86_400)).to.equal(0);
    expect((await act(`/points/${short}/cancellation`)).json.code).to.equal("POINTS_ENDED");
    expect(await balances()).to.include({ issued: "442000", points: "0" });
  });

  it("lets an agent move grams under a mandate, and only so", async () => {
    const mandateId = randomUUID();
    const mandate = {
      mandateId,
      agent: ACCOUNT.enterprise,
      mostGrams: "40",
      first: day(0),
      end: day(9),
      textHash: filled(1),
    };
    expect((await act("/mandates", { ...mandate, first: day(-1) })).json.code).to.equal(
      "MANDATE_TERM_WRONG",
    );
    expect((await act("/mandates", mandate)).status).to.equal(201);
    expect((await act("/mandates", mandate)).status).to.equal(201);
    expect((await act("/mandates", { ...mandate, agent: ACCOUNT.operator })).json.code).to.equal(
      "IDEMPOTENCY_KEY_CONFLICT",
    );
    const move = (
      grams: string,
      movementId: string,
      as: "enterprise" | "operator" = "enterprise",
    ) => api.post(`/v1/mandates/${mandateId}/movements`, as, { movementId, grams });
    expect((await move("1", randomUUID(), "operator")).json.code).to.equal("MANDATE_OTHER_AGENT");
    const movement = randomUUID();
    expect((await move("30", movement)).status).to.equal(201);
    expect((await move("30", movement)).status).to.equal(201);
    expect((await move("11", randomUUID())).json).to.include({ code: "MANDATE_EXCEEDED" });
    expect((await balances()).issued).to.equal("412000");
    const shown = (await me("/mandates")).json.items as unknown as { movedGrams: string }[];
    expect(shown[0]?.movedGrams).to.equal("30");
    expect((await act(`/deletion`)).json.code).to.equal("ACCOUNT_NOT_SETTLED");
    expect((await act(`/mandates/${mandateId}/revocation`)).status).to.equal(200);
    expect((await move("1", randomUUID())).json.code).to.equal("MANDATE_ENDED");
  });

  it("gives grams to a cause, whose sponsor then owes a yuan a gram: case C17", async () => {
    const donationId = randomUUID();
    const give = (grams: string, cause = "yangtze-fish", id: string = donationId) =>
      act("/donations", { donationId: id, cause, grams });
    expect((await give("1", "nobody")).json.code).to.equal("NOT_FOUND");
    expect((await give("413")).json.code).to.equal("BALANCE_SHORT");
    for (let time = 0; time < 2; time++) {
      const given = await give("10");
      expect(given.json, given.text).to.deep.equal({ pledgeFen: "1000" });
    }
    expect((await give("11")).json.code).to.equal("IDEMPOTENCY_KEY_CONFLICT");
    expect((await balances()).issued).to.equal("402000");
    const { rows } = await worker.query<{ mg: string }>(
      "SELECT ledger.balance_of(ledger.holder_of('agent', 1, 'yangtze-fish'), 'issued') AS mg",
    );
    expect(rows[0]?.mg).to.equal("10000");
    const items = (await me("/donations")).json.items as unknown as object[];
    expect(items[0]).to.include({
      donationId,
      cause: "yangtze-fish",
      grams: "10",
      pledgeFen: "1000",
    });
  });

  it("proves the line of the last epoch to the anchored root, with what opens it", async () => {
    const epoch = unwrap(
      await closeEpoch({
        pool: worker,
        suite,
        store: api.store,
        programme: 1,
        epochId: randomUUID(),
      }),
    );
    const { status } = await api.get(`/v1/epochs/${epoch.epochId}`);
    expect(status).to.equal(200);
    await insertRow(api.database.owner, "mirror.pool_epoch", {
      ...{
        programme: 1,
        epoch: 1,
        root: epoch.root,
        total_milligrams: epoch.totalMilligrams.toString(),
      },
      ...{ count: epoch.count, depth: epoch.depth, file_hash: epoch.fileHash, floor_grams: 0 },
      ...{ transaction_hash: filled(0x76), block_number: 9, anchored_at: 1_700_000_500 },
    });
    await act("/points", { lotId: randomUUID(), grams: "12", end: day(9) });
    const { json } = await me(`/proof?${SPAN}`);
    const line = json.line as unknown as Proven;
    expect(line.opening).to.include({ issuedMilligrams: "402000", pointsMilligrams: "0" });
    const check = (changed: object) =>
      verdict(verifyPersonalLine(suite, { ...line, ...changed }, epoch.root));
    expect(check({ leaf: { ...line.leaf, milligrams: "403000" } })).to.equal("path");
    expect(check({ opening: { ...line.opening, issuedMilligrams: "402001" } })).to.equal("amounts");
    const shifted = { ...line.opening, issuedMilligrams: "401000", pointsMilligrams: "1000" };
    expect(check({ opening: shifted })).to.equal("opening");
    expect(check({ opening: { ...line.opening, participant: filled(9, 16) } })).to.equal("opening");
    expect(check({})).to.equal("holds");
    const zhao = await register("u-zhao");
    expect((await me("/proof", zhao)).json.line).to.equal(null);
  });

  it("remembers consents, and lists those who withdrew for intake", async () => {
    const withdrawn = async () =>
      (await worker.query("SELECT FROM ledger.no_consent WHERE participant = $1", [participant]))
        .rowCount;
    const [first, second] = [randomUUID(), randomUUID()];
    const consent = { consentId: first, purpose: "counting", textHash: filled(2) };
    expect((await act(`/consents/${first}/withdrawal`)).json.code).to.equal("NOT_FOUND");
    expect((await act("/consents", consent)).status).to.equal(201);
    expect((await act("/consents", consent)).status).to.equal(201);
    const zhao = await register("u-zhao");
    expect((await act("/consents", consent, zhao)).json.code).to.equal("IDEMPOTENCY_KEY_CONFLICT");
    expect((await act(`/consents/${first}/withdrawal`, undefined, zhao)).json.code).to.equal(
      "NOT_FOUND",
    );
    expect((await act(`/consents/${first}/withdrawal`)).status).to.equal(200);
    expect(await withdrawn()).to.equal(1);
    const later = async (orderNo: string) => {
      const ride = {
        ...{ orderNo, userId: "u-li", behaviour: "bus-trip", card: "CARD-u-li" },
        ...{ vehicle: "01620D", at: "2018-09-03T08:00:00+08:00" },
      };
      const { json } = await api.post("/v1/activities", "platform", {
        sourceId: SOURCE_ID,
        rows: [ride],
      });
      const [result] = json.results as unknown as { result: string; code?: string }[];
      return result?.code ?? result?.result;
    };
    expect(await later("4")).to.equal("CONSENT_WITHDRAWN");
    expect((await act("/consents", { ...consent, consentId: second })).status).to.equal(201);
    expect(await withdrawn()).to.equal(0);
    expect(await later("4")).to.equal("accepted");
    const items = (await me("/consents")).json.items as unknown as { withdrawnAt: string | null }[];
    expect(items.map(({ withdrawnAt }) => withdrawnAt === null)).to.deep.equal([true, false]);
  });

  it("gives everything it holds as one file", async () => {
    const { json } = await me("/export");
    expect(json.format).to.equal("tanpu-person/1");
    expect(json.reports).to.have.length(3);
    expect(json.consents).to.have.length(2);
    expect(json.mandates).to.have.length(1);
    expect((json.statement as unknown as object[]).length).to.be.greaterThan(5);
    expect(JSON.stringify(json)).not.to.match(/u-li|CARD/);
  });

  it("forgets a person after the account is settled, and every root still verifies", async () => {
    const lots = (await me()).json.points as unknown as { lotId: string; state: string }[];
    const running = lots.find(({ state }) => state === "running")!;
    expect((await act("/settlement", { way: "burn" })).json.code).to.equal("FIELD_MALFORMED");
    expect((await act("/settlement", { way: "give-up" })).status).to.equal(200);
    expect((await act("/deletion")).json).to.include({ code: "ACCOUNT_NOT_SETTLED" });
    expect((await act(`/points/${running.lotId}/cancellation`)).status).to.equal(200);
    expect((await act("/settlement", { way: "give-up" })).status).to.equal(200);
    const { json, status } = await act("/deletion");
    expect(status, JSON.stringify(json)).to.equal(200);
    expect(json.retainedUntil).to.equal(formatDay(today + 3_653));
    expect((await me()).json.code).to.equal("UNAUTHENTICATED");
    const again = await api.post("/v1/persons", "platform", { userId: "u-li" });
    expect(again.json.code).to.equal("PERSON_DELETED");

    const { owner } = api.database;
    const { rows } = await owner.query<{
      salts: string;
      persons: string;
      listed: string;
      sum: string;
    }>(
      `SELECT (SELECT count(salt) FROM intake.report WHERE participant = $1) AS salts,
         (SELECT count(*) FROM ledger.person WHERE participant = $1) AS persons,
         (SELECT count(*) FROM ledger.no_consent WHERE participant = $1) AS listed,
         (SELECT sum(milligrams) FROM ledger.entry) AS sum`,
      [participant],
    );
    expect(rows[0]).to.deep.equal({ salts: "0", persons: "0", listed: "1", sum: "0" });
    const batch = await owner.query<{ root: Buffer; leaf_file_hash: Buffer }>(
      "SELECT root, leaf_file_hash FROM intake.batch WHERE id = $1",
      [batchId],
    );
    const file = (await api.store.get(toHex(batch.rows[0]!.leaf_file_hash)))!;
    expect(unwrap(verifyLeafFile(suite, file)).header.root).to.equal(toHex(batch.rows[0]!.root));
    const next = unwrap(
      await closeEpoch({
        pool: worker,
        suite,
        store: api.store,
        programme: 1,
        epochId: randomUUID(),
      }),
    );
    // What was given up and what the agent got are still in the pool: 742 g less the 300 g that were spent.
    expect(next.totalMilligrams).to.equal(442_000n);
  });
});
