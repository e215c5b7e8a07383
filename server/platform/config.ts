import { z } from "zod";
import { parseStoreUrl } from "./storeUrl.ts";
import type { WebhookRules } from "./webhookTarget.ts";

/** Why a process cannot start: one sentence that names the environment variable. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

const url = (protocols: RegExp, example: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.test(new URL(text).protocol), {
    message: `must be a URL such as ${example}`,
  });

/** Several URLs separated by commas; the first is the preferred one. */
const urls = (protocols: RegExp, example: string) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(url(protocols, example)))
    .refine((list) => new Set(list).size === list.length, { message: "names a URL twice" });

const whole = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${low} to ${high}`)
    .transform(Number)
    .refine((value) => value >= low && value <= high, {
      message: `must be a whole number from ${low} to ${high}`,
    });

const environment = z.object({
  DATABASE_URL: url(/^postgres(ql)?:$/, "postgres://user:password@host:5432/tanpu"),
  RPC_URL: urls(/^https?:$/, "http://127.0.0.1:8545"),
  REDIS_URL: url(/^rediss?:$/, "redis://127.0.0.1:6379").optional(),
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: whole(0, 65_535).default(0),
  METRICS_PORT: whole(0, 65_000).default(0),
  TANPU_DATA: z.string().min(1, "must be a folder"),
  STORE_URL: z
    .string()
    .refine((text) => parseStoreUrl(text) !== undefined, {
      message:
        "must be a URL such as s3://bucket/prefix?endpoint=https://host&region=name, without credentials",
    })
    .optional(),
  TANPU_MODE: z
    .enum(["production", "demo"], { message: "must be production or demo" })
    .default("production"),
  WEBHOOK_PRIVATE: z
    .enum(["refuse", "allow"], { message: "must be refuse or allow" })
    .default("refuse"),
  FINALITY_BLOCKS: whole(0, 100_000).default(12),
  FINALITY_AGREEMENT: whole(1, 100).optional(),
  POLL_MILLISECONDS: whole(10, 60_000).default(100),
  WRITER_IN_FLIGHT: whole(1, 1_000).default(256),
  STUCK_SECONDS: whole(1, 86_400).default(30),
  FEE_CEILING_GWEI: whole(0, 1_000_000).default(500),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
      message: "must be trace, debug, info, warn, error, fatal or silent",
    })
    .default("info"),
});

/** What a role process needs to know of its surroundings. */
export interface Config {
  /** Postgres, with the rights to become the role of the process. */
  readonly databaseUrl: string;
  /** Nodes of one chain, the preferred one first; at least one. */
  readonly rpcUrls: readonly string[];
  /** Undefined: the queue lives in the database. */
  readonly redisUrl: string | undefined;
  /** Interface the API listens on. */
  readonly host: string;
  /** 0: the operating system chooses. */
  readonly port: number;
  /** The API's port for metrics; the indexer takes the next one, the worker the one after. 0: none are served. */
  readonly metricsPort: number;
  /** Folder of everything that is not in the database or on the chain. */
  readonly dataFolder: string;
  /** Object store of leaf files and documents (storeUrl.ts); undefined: they are in the folder. */
  readonly storeUrl: string | undefined;
  /** Demo mode accepts the published demo keys and crash points; production refuses both. */
  readonly mode: "production" | "demo";
  /** Webhooks may lead to http and to addresses of this machine or network. */
  readonly privateWebhooks: boolean;
  /** How many blocks must stand on a block before it is final. */
  readonly finalityBlocks: number;
  /** How many nodes must have a block before it is final; undefined: more than half of them. */
  readonly finalityAgreement: number | undefined;
  /** Least pause between two looks at the chain's head. */
  readonly pollMilliseconds: number;
  /** Most transactions of one account that are signed and in no block. */
  readonly writerInFlight: number;
  /** How long a transaction waits under a base fee above its own before more is offered. */
  readonly stuckSeconds: number;
  /** Most that is offered for gas, in gwei. */
  readonly feeCeilingGwei: number;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
}

/**
 * Reads the configuration from environment variables. A blank variable counts as not set.
 *
 * @throws ConfigError naming the first variable that is missing or wrong; its value is not repeated, it may be secret.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0] ?? "environment");
    const what = name in given ? (issue?.message ?? "is wrong") : "is not set";
    throw new ConfigError(`The environment variable ${name} ${what}.`);
  }
  const value = parsed.data;
  if ((value.FINALITY_AGREEMENT ?? 1) > value.RPC_URL.length) {
    throw new ConfigError(
      "The environment variable FINALITY_AGREEMENT asks for more nodes than RPC_URL names.",
    );
  }
  return {
    databaseUrl: value.DATABASE_URL,
    rpcUrls: value.RPC_URL,
    redisUrl: value.REDIS_URL,
    host: value.HOST,
    port: value.PORT,
    metricsPort: value.METRICS_PORT,
    dataFolder: value.TANPU_DATA,
    storeUrl: value.STORE_URL,
    mode: value.TANPU_MODE,
    privateWebhooks: value.WEBHOOK_PRIVATE === "allow",
    finalityBlocks: value.FINALITY_BLOCKS,
    finalityAgreement: value.FINALITY_AGREEMENT,
    pollMilliseconds: value.POLL_MILLISECONDS,
    writerInFlight: value.WRITER_IN_FLIGHT,
    stuckSeconds: value.STUCK_SECONDS,
    feeCeilingGwei: value.FEE_CEILING_GWEI,
    logLevel: value.LOG_LEVEL,
  };
}

/** Where webhooks may lead: in the demonstration and where it is allowed anywhere, else to public https addresses. */
export function webhookRulesOf(config: Pick<Config, "mode" | "privateWebhooks">): WebhookRules {
  const anywhere = config.mode === "demo" || config.privateWebhooks;
  return { plainHttp: anywhere, privateAddresses: anywhere };
}
