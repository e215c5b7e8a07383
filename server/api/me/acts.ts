import { parseDay, parsePeriod } from "../../domain/period.ts";
import { succeed } from "../../domain/result.ts";
import { readConsents, readMandates } from "../../ledger/accountReads.ts";
import { choosePooling, giveConsent, withdrawConsent } from "../../ledger/consents.ts";
import { giveMandate, revokeMandate } from "../../ledger/mandates.ts";
import { endPoints, lockPoints } from "../../ledger/points.ts";
import { exampleOf } from "../examples.ts";
import { doneSchema } from "../persons/schema.ts";
import { z } from "../zod.ts";
import { DONE, defineOwn, done } from "./own.ts";
import {
  choiceBody,
  consentBody,
  consentParams,
  consentSchema,
  lotParams,
  mandateBody,
  mandateParams,
  mandateSchema,
  pointsBody,
} from "./schema.ts";

const consentRoutes = [
  defineOwn({
    method: "get",
    path: "/v1/me/consents",
    summary: "One's consents and when they were taken back 我的授权同意",
    answer: "The newest first",
    schema: z.object({ items: z.array(consentSchema) }),
    find: async (person, _, { pool }) =>
      succeed({ items: await readConsents(pool, person.participant) }),
  }),
  defineOwn({
    method: "post",
    path: "/v1/me/consents",
    summary: "Consent to one purpose 就单一目的作出同意",
    description:
      "The receipt says to which text, by its hash. The same id again changes nothing.\n\n同意按单一目的分别作出，回执记录所同意文本的哈希。",
    body: consentBody,
    example: { consentId: exampleOf.uuid, purpose: "counting", textHash: exampleOf.hash },
    refusals: ["IDEMPOTENCY_KEY_CONFLICT"],
    status: 201,
    answer: "Recorded",
    schema: doneSchema,
    find: async (person, { body }, { pool }) => {
      const { consentId: id, purpose, textHash } = body;
      return done(await giveConsent(pool, person, { id, purpose, textHash }));
    },
  }),
  defineOwn({
    method: "post",
    path: "/v1/me/consents/{consent}/withdrawal",
    summary: "Take a consent back 撤回同意",
    description:
      "After the one to count (`counting`) is withdrawn, what platforms report of this person is refused CONSENT_WITHDRAWN. What was counted before stays.",
    params: consentParams,
    refusals: ["NOT_FOUND"],
    answer: "Taken back",
    schema: doneSchema,
    find: async (person, { params }, { pool }) =>
      done(await withdrawConsent(pool, person, params.consent)),
  }),
  defineOwn({
    method: "post",
    path: "/v1/me/choices",
    summary: "Let the platform pool one's reductions, or not 选择是否由平台归集",
    body: choiceBody,
    example: { pool: false },
    status: 201,
    answer: "Recorded; it counts from the next closed period on",
    schema: doneSchema,
    find: async (person, { body }, { pool }) => {
      await choosePooling(pool, person, body.pool);
      return succeed(DONE);
    },
  }),
];

const pointsRoutes = [
  defineOwn({
    method: "post",
    path: "/v1/me/points",
    summary: "Turn issued grams into points 将已签发减排量兑换为碳积分",
    description:
      "One point a gram. The grams stay in the pool and are locked: they are points or units, never both. Points cannot be passed on.\n\n每克兑换一分，所对应的减排量同时锁定，不得再作减排量使用；积分不可转让。",
    body: pointsBody,
    example: { lotId: exampleOf.uuid, grams: "500", end: "2027-11-20" },
    refusals: [
      ...(["BALANCE_SHORT", "POINTS_TERM_TOO_LONG", "IDEMPOTENCY_KEY_CONFLICT"] as const),
      "DATE_MALFORMED",
    ],
    status: 201,
    answer: "Locked",
    schema: doneSchema,
    find: async (person, { body }, { pool, now }) => {
      const end = parseDay(body.end);
      if (!end.ok) return end;
      const { lotId, grams } = body;
      const of = { lotId, grams: BigInt(grams), endDay: end.value, now: now() };
      return done(await lockPoints(pool, person, of));
    },
  }),
  defineOwn({
    method: "post",
    path: "/v1/me/points/{lot}/cancellation",
    summary: "Cancel points, so that their grams are units again 取消碳积分",
    description: "Only the person cancels points; no operator and no platform can.",
    params: lotParams,
    refusals: ["NOT_FOUND", "POINTS_ENDED"],
    answer: "Cancelled",
    schema: doneSchema,
    find: async (person, { params }, { pool, now }) => {
      const mayEnd = async (participant: string) => participant === person.participant;
      const lotId = params.lot;
      return done(await endPoints(pool, { lotId, how: "cancelled", now: now(), mayEnd }));
    },
  }),
];

const mandateRoutes = [
  defineOwn({
    method: "get",
    path: "/v1/me/mandates",
    summary: "One's mandates 我的打包委托",
    answer: "The newest first",
    schema: z.object({ items: z.array(mandateSchema) }),
    find: async (person, _, { pool }) =>
      succeed({ items: await readMandates(pool, person.participant) }),
  }),
  defineOwn({
    method: "post",
    path: "/v1/me/mandates",
    summary: "Let an agent pool one's issued grams 委托归集",
    description:
      "The agent may move issued grams to its account in the pool, up to the limit, within the term, until the mandate is revoked. The same id again changes nothing.",
    body: mandateBody,
    example: {
      mandateId: exampleOf.uuid,
      agent: exampleOf.account,
      mostGrams: "100000",
      first: "2026-12-01",
      end: "2027-12-01",
      textHash: exampleOf.hash,
    },
    refusals: [
      ...(["MANDATE_TERM_WRONG", "IDEMPOTENCY_KEY_CONFLICT", "DATE_MALFORMED"] as const),
      ...(["PERIOD_EMPTY", "PERIOD_TOO_LONG"] as const),
    ],
    status: 201,
    answer: "Given",
    schema: doneSchema,
    find: async (person, { body }, { pool, now }) => {
      const term = parsePeriod(body.first, body.end);
      if (!term.ok) return term;
      const { mandateId: id, agent, textHash, mostGrams } = body;
      return done(
        await giveMandate(pool, person, {
          ...{ id, agent, textHash, ...term.value, now: now() },
          mostGrams: mostGrams === undefined ? null : BigInt(mostGrams),
        }),
      );
    },
  }),
  defineOwn({
    method: "post",
    path: "/v1/me/mandates/{mandate}/revocation",
    summary: "Revoke a mandate 撤销委托",
    params: mandateParams,
    refusals: ["NOT_FOUND"],
    answer: "Revoked",
    schema: doneSchema,
    find: async (person, { params }, { pool }) =>
      done(await revokeMandate(pool, person, params.mandate)),
  }),
];

export const actRoutes = [...consentRoutes, ...pointsRoutes, ...mandateRoutes];
