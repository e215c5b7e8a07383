import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Fields that may hold personal data or secrets, wherever they stand in what is logged. */
const redactedFields: ReadonlySet<string> = new Set(
  [
    "card",
    "cardNo",
    "userId",
    "orderNo",
    "participant",
    "phone",
    "email",
    "idNumber",
    "vehicle",
    "carNo",
    "device",
    "equNo",
    "plate",
    "authorization",
    "cookie",
    "apiKey",
    "token",
    "password",
    "passphrase",
    "privateKey",
    "commonKey",
    "programmeKey",
    "databaseUrl",
    "salt",
  ].map(normal),
);

const redacted = "[redacted]";
const deepest = 6;

function normal(name: string): string {
  return name.replaceAll(/[^a-zA-Z]/g, "").toLowerCase();
}

/** A copy without the values of redacted fields; amounts become decimal strings, bytes only their length. */
function clean(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (depth >= deepest) return "[deeper]";
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => clean(item, depth + 1));
  if (value instanceof Error) return pino.stdSerializers.err(value);
  const entries = Object.entries(value).map(([name, field]) => [
    name,
    redactedFields.has(normal(name)) ? redacted : clean(field, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

const requests = new AsyncLocalStorage<string>();

/** Runs `work` so that every line logged by it, also later and elsewhere, carries the request id. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return requests.run(requestId, work);
}

/** The id of the request under way, if there is one. */
export function currentRequestId(): string | undefined {
  return requests.getStore();
}

/** A new request id. */
export function newRequestId(): string {
  return randomUUID();
}

/**
 * The structured logger of a process: one JSON object a line on standard output, with `role`, ISO time, level by name
 * and the request id. Fields that may hold personal data or secrets are redacted by name at any depth.
 *
 * @param destination - where lines go; tests pass their own
 */
export function createLogger(
  options: { readonly role: string; readonly level?: string },
  destination?: DestinationStream,
): Logger {
  return pino(
    {
      level: options.level ?? "info",
      base: { role: options.role },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => {
        const requestId = requests.getStore();
        return requestId === undefined ? {} : { requestId };
      },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => clean(fields, 0) as Record<string, unknown>,
      },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
