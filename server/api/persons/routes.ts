import { createHash, randomBytes } from "node:crypto";
import { toHex } from "../../domain/bytes.ts";
import { participantOf } from "../../domain/fingerprint.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { moveUnderMandate } from "../../ledger/mandates.ts";
import { type Person, recordBenefit, registerPerson } from "../../ledger/persons.ts";
import { endPoints } from "../../ledger/points.ts";
import { accountOf, type Caller, PERSON_TOKEN } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { exampleOf } from "../examples.ts";
import { defineRoute } from "../route.ts";
import {
  benefitBody,
  doneSchema,
  lotParams,
  mandateParams,
  movementBody,
  personBody,
  registeredSchema,
} from "./schema.ts";

const TOKEN_BYTES = 32;
const group = { tag: "Personal accounts", method: "post" } as const;

/** The platform's user as the registry knows them; the name they have there goes no further. PLATFORM_MISMATCH. */
function personOf(
  caller: Caller,
  userId: string,
  { intake, suite }: ApiDependencies,
): Result<Person> {
  const { platform, programme } = caller.key ?? {};
  if (!platform || !programme) return refuse("PLATFORM_MISMATCH");
  const missing = refuse("NOT_FOUND", { values: { what: "key of programme", id: programme } });
  if (intake === undefined) return missing;
  try {
    intake.keys.programmeKey(programme);
  } catch {
    return missing;
  }
  const bytes = participantOf(suite, intake.keys, programme, platform, userId);
  const hex = toHex(bytes).slice(2);
  const participant = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return succeed({ participant, programme, platform });
}

export const personRoutes = [
  defineRoute({
    ...group,
    path: "/v1/persons",
    action: "persons.register",
    summary: "Give one of the platform's users a personal token 为用户开通个人访问凭证",
    description:
      "The token is shown once and opens this person's account under `/v1/me`; the platform hands it to the person, or keeps it and acts for them. Another call gives another token and ends the one before. The user id is turned into the programme's keyed pseudonym at once and is not stored.\n\n凭证只显示一次，用于访问 `/v1/me`；再次调用会签发新凭证并使旧凭证失效。用户标识即时转换为带密钥的假名，不作存储。",
    body: personBody,
    example: { userId: "u-1029" },
    success: { status: 201, description: "The token", schema: registeredSchema },
    refusals: ["PLATFORM_MISMATCH", "NOT_FOUND", "PERSON_DELETED"],
    handle: async ({ caller, body }, dependencies) => {
      const person = personOf(caller, body.userId, dependencies);
      if (!person.ok) return person;
      const token = `${PERSON_TOKEN}${randomBytes(TOKEN_BYTES).toString("base64url")}`;
      const sha256 = createHash("sha256").update(token, "utf8").digest();
      const made = await registerPerson(dependencies.pool, person.value, sha256);
      if (!made.ok) return made;
      const { participant, programme, platform } = person.value;
      return succeed({ status: 201, json: { participant, programme, platform, token } });
    },
  }),
  defineRoute({
    ...group,
    path: "/v1/persons/benefits",
    action: "benefit.record",
    summary: "Record what a user was given for pooling 登记平台归集所给予的权益",
    description:
      "Where the programme's rule lets a platform pool only what it paid for, nothing is pooled of a person before a benefit is recorded. Recording the same id again changes nothing.",
    body: benefitBody,
    example: {
      benefitId: exampleOf.uuid,
      userId: "u-1029",
      what: "Ten rides free",
      fen: "1500",
      documentHash: exampleOf.hash,
    },
    success: { status: 201, description: "Recorded", schema: doneSchema },
    refusals: ["PLATFORM_MISMATCH", "NOT_FOUND"],
    handle: async ({ caller, body }, dependencies) => {
      const person = personOf(caller, body.userId, dependencies);
      if (!person.ok) return person;
      await recordBenefit(dependencies.pool, {
        ...{ id: body.benefitId, participant: person.value.participant, what: body.what },
        ...{ fen: body.fen ?? null, documentHash: body.documentHash },
      });
      return succeed({ status: 201, json: { done: true } });
    },
  }),
  defineRoute({
    ...group,
    path: "/v1/points/{lot}/use",
    action: "points.use",
    summary: "Take a lot of points for goods 核销一笔碳积分",
    description:
      "The grams behind it are spent: the operator retires them from the pool. Only at the person's own platform.",
    params: lotParams,
    success: { status: 200, description: "Used", schema: doneSchema },
    refusals: ["NOT_FOUND", "POINTS_ENDED", "PLATFORM_MISMATCH"],
    handle: async ({ caller, params }, { pool, now }) => {
      const { platform, programme } = caller.key ?? {};
      if (!platform || !programme) return refuse("PLATFORM_MISMATCH");
      const mayEnd = async (participant: string): Promise<boolean> => {
        const { rowCount } = await pool.query(
          "SELECT FROM ledger.person WHERE participant = $1 AND platform = $2 AND programme = $3",
          [participant, platform, programme],
        );
        return rowCount === 1;
      };
      const used = await endPoints(pool, { lotId: params.lot, how: "used", now: now(), mayEnd });
      return used.ok ? succeed({ json: { done: true } }) : used;
    },
  }),
  defineRoute({
    ...group,
    path: "/v1/mandates/{mandate}/movements",
    action: "mandate.use",
    summary: "Move a person's grams under a mandate 依委托归集个人减排量",
    description:
      "By the agent that the mandate names: issued grams go to the agent's account in the pool. The same movement id again changes nothing.",
    params: mandateParams,
    body: movementBody,
    example: { movementId: exampleOf.uuid, grams: "1000" },
    success: { status: 201, description: "Moved", schema: doneSchema },
    refusals: [
      ...(["NOT_FOUND", "ACCOUNT_MISMATCH", "BALANCE_SHORT", "MANDATE_OTHER_AGENT"] as const),
      ...(["MANDATE_ENDED", "MANDATE_NOT_RUNNING", "MANDATE_EXCEEDED"] as const),
    ],
    handle: async ({ caller, params, body }, { pool, now }) => {
      const agent = accountOf(caller);
      if (!agent.ok) return agent;
      const moved = await moveUnderMandate(pool, {
        ...{ mandateId: params.mandate, movementId: body.movementId, agent: agent.value },
        ...{ grams: BigInt(body.grams), now: now() },
      });
      return moved.ok ? succeed({ status: 201, json: { done: true } }) : moved;
    },
  }),
];
