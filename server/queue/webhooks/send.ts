import { createHmac } from "node:crypto";
import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { publicLookup, reasonAgainst, type WebhookRules } from "../../platform/webhookTarget.ts";

/** What came of one try: the status of an answer, or why there was none. */
export type Tried = { readonly status: number } | { readonly failure: string };

const ANSWER_MILLISECONDS = 10_000;

/** The signature of the Standard Webhooks specification, version 1 (HMAC-SHA256). */
export function signatureOf(
  secret: Uint8Array,
  of: { id: string; timestamp: number; payload: string },
): string {
  const content = `${of.id}.${of.timestamp}.${of.payload}`;
  return `v1,${createHmac("sha256", secret).update(content).digest("base64")}`;
}

/** Sends a message once. Redirects are not followed; whatever is answered is read no further than its status. */
export function sendOnce(
  message: { id: string; url: string; secret: Uint8Array; payload: string },
  rules: WebhookRules,
  timeoutMilliseconds: number = ANSWER_MILLISECONDS,
): Promise<Tried> {
  const against = reasonAgainst(message.url, rules);
  if (against !== undefined) return Promise.resolve({ failure: against });
  const url = new URL(message.url);
  const timestamp = Math.floor(Date.now() / 1_000);
  const body = Buffer.from(message.payload);
  return new Promise((resolve) => {
    const failed = (cause: Error): void => {
      const isLate = cause.name === "AbortError" || cause.name === "TimeoutError";
      const said = isLate
        ? "no answer in time"
        : (cause as NodeJS.ErrnoException).code || cause.message;
      resolve({ failure: said.slice(0, 200) });
    };
    const sent = (url.protocol === "https:" ? secure : plain)(
      url,
      {
        method: "POST",
        agent: false,
        signal: AbortSignal.timeout(timeoutMilliseconds),
        ...(rules.privateAddresses ? {} : { lookup: publicLookup }),
        headers: {
          "content-type": "application/json",
          "content-length": body.length,
          "user-agent": "tanpu",
          "webhook-id": message.id,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": signatureOf(message.secret, { ...message, timestamp }),
        },
      },
      (answer) => {
        resolve({ status: answer.statusCode ?? 0 });
        answer.destroy();
      },
    );
    sent.on("error", failed);
    sent.end(body);
  });
}
