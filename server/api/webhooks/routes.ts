import { randomBytes, randomUUID } from "node:crypto";
import {
  endWebhook,
  findDeliveries,
  findWebhooks,
  insertWebhook,
  replayMessage,
  type WebhookRow,
} from "../../database/queries/webhooks.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { reasonAgainst } from "../../platform/webhookTarget.ts";
import type { Caller } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { defineRoute } from "../route.ts";
import {
  deliveriesSchema,
  messageParams,
  newWebhookSchema,
  webhookBody,
  webhookParams,
  webhookSchema,
  webhooksSchema,
} from "./schema.ts";

const MOST_OF_A_KEY = 5;
const SECRET_BYTES = 32;
const DELIVERIES_SHOWN = 200;

const ofAll = { action: "operations.read", tag: "Webhooks" } as const;

const shown = ({ id, url, createdAt }: WebhookRow) => ({
  ...{ id, url },
  createdAt: createdAt.toISOString(),
});

/** The caller's own address of this id. Another's is not even confirmed to exist: NOT_FOUND. */
async function ownWebhook(
  caller: Caller,
  id: string,
  { pool }: ApiDependencies,
): Promise<Result<WebhookRow>> {
  const own = caller.key === null ? [] : await findWebhooks(pool, caller.key.id);
  const found = own.find((webhook) => webhook.id === id);
  return found === undefined
    ? refuse("NOT_FOUND", { values: { what: "webhook", id } })
    : succeed(found);
}

export const webhookRoutes = [
  defineRoute({
    ...ofAll,
    method: "post",
    path: "/v1/webhooks",
    summary: "Be told of the key's commands and account at an address of yours 登记回调地址",
    description:
      "From now on each change of an operation that this key orders is posted there as `{type, timestamp, data}`, data being the operation as `GET /v1/operations/{id}` shows it. So is, once it is final, what becomes of the key's account: `retirement.made`, `token.issued`, `certificate.impaired`, `certificate.mended`, `certificate.revoked` and `certificate.replaced`, data being what `GET /v1/retirements/{id}`, `/v1/tokens/{id}` and `/v1/certificates/{id}` show. Messages are signed as the Standard Webhooks specification says (webhook-id, webhook-timestamp, webhook-signature); the secret is shown once. Answer with a status from 200 to 299 within ten seconds; anything else, a redirect too, is tried again after 5 s, 15 s, 1, 5, 15 min, 1, 2, 4, 6 and 10 h, then the message is dead until it is replayed. A message can come twice under the same webhook-id; messages come in order while each of them is taken within its first five tries.\n\n此后本密钥所下指令的每次变化都会发送到该地址；本账户的注销、签发，以及证明受损、恢复、撤销、替换，最终确认后也会发送。消息按 Standard Webhooks 规范签名；密钥只显示一次。未得到 2xx 应答的消息在一天内多次重试，之后可重放；同一消息可能重复到达。",
    body: webhookBody,
    example: { url: "https://example.com/tanpu" },
    success: { status: 201, description: "The address and its secret", schema: newWebhookSchema },
    refusals: ["WEBHOOK_URL_REFUSED", "WEBHOOKS_TOO_MANY"],
    handle: async ({ caller, body }, { pool, webhookRules }) => {
      if (caller.key === null) return refuse("UNAUTHENTICATED");
      const reason = reasonAgainst(body.url, webhookRules);
      if (reason !== undefined) {
        return refuse("WEBHOOK_URL_REFUSED", { field: "url", values: { reason } });
      }
      const limit = MOST_OF_A_KEY;
      if ((await findWebhooks(pool, caller.key.id)).length >= limit) {
        return refuse("WEBHOOKS_TOO_MANY", { values: { limit } });
      }
      const [id, secret] = [randomUUID(), randomBytes(SECRET_BYTES)];
      await insertWebhook(pool, { id, apiKeyId: caller.key.id, url: body.url, secret });
      const made = shown({ id, url: body.url, createdAt: new Date() });
      const text = `whsec_${secret.toString("base64")}`;
      return succeed({ status: 201, json: { ...made, secret: text } });
    },
  }),
  defineRoute({
    ...ofAll,
    method: "get",
    path: "/v1/webhooks",
    summary: "The key's addresses 本密钥的回调地址",
    success: { status: 200, description: "All of them", schema: webhooksSchema },
    handle: async ({ caller }, { pool }) => {
      if (caller.key === null) return refuse("UNAUTHENTICATED");
      return succeed({ json: { items: (await findWebhooks(pool, caller.key.id)).map(shown) } });
    },
  }),
  defineRoute({
    ...ofAll,
    method: "post",
    path: "/v1/webhooks/{id}/end",
    summary: "Send nothing more to an address 停用回调地址",
    params: webhookParams,
    success: { status: 200, description: "The address that was ended", schema: webhookSchema },
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, dependencies) => {
      const own = await ownWebhook(caller, params.id, dependencies);
      if (!own.ok) return own;
      await endWebhook(dependencies.pool, params.id);
      return succeed({ json: shown(own.value) });
    },
  }),
  defineRoute({
    ...ofAll,
    method: "get",
    path: "/v1/webhooks/{id}/deliveries",
    summary: "What was sent to an address, and what came of it 回调记录",
    description: "The newest 200 messages, newest first. 最近 200 条。",
    params: webhookParams,
    success: { status: 200, description: "Messages", schema: deliveriesSchema },
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, dependencies) => {
      const own = await ownWebhook(caller, params.id, dependencies);
      if (!own.ok) return own;
      const found = await findDeliveries(dependencies.pool, params.id, DELIVERIES_SHOWN);
      const items = found.map((one) => ({
        ...one,
        nextAt: one.nextAt?.toISOString() ?? null,
        createdAt: one.createdAt.toISOString(),
      }));
      return succeed({ json: { items } });
    },
  }),
  defineRoute({
    ...ofAll,
    method: "post",
    path: "/v1/webhooks/{id}/deliveries/{message}/replay",
    summary: "Send a message again 重发消息",
    description:
      "The same message under the same webhook-id, with all its tries again, whether it was delivered or dead. 以同一编号重发该消息。",
    params: messageParams,
    success: { status: 202, description: "It will be sent", schema: webhookSchema },
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, dependencies) => {
      const own = await ownWebhook(caller, params.id, dependencies);
      if (!own.ok) return own;
      const replay = { id: randomUUID(), webhookId: params.id, messageId: params.message };
      return (await replayMessage(dependencies.pool, replay))
        ? succeed({ status: 202, json: shown(own.value) })
        : refuse("NOT_FOUND", { values: { what: "message", id: params.message } });
    },
  }),
];
