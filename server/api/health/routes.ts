import type { Pool } from "pg";
import { findHeldFinality, findMirrorLack } from "../../database/queries/mirrorForm.ts";
import {
  findMirrorPosition,
  findMissingSchema,
  type MirrorPosition,
} from "../../database/queries/sources.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { defineRoute } from "../route.ts";
import { z } from "../zod.ts";

const OLDEST_MIRROR_SECONDS = 60;

/** The mirror's position. NOT_READY and MIRROR_OUTDATED name what is missing; MIRROR_BEHIND says how old it is. */
async function freshMirror(pool: Pool): Promise<Result<MirrorPosition>> {
  const schema = await findMissingSchema(pool);
  if (schema !== undefined) {
    return refuse("NOT_READY", { values: { part: "schema", detail: schema } });
  }
  const lack = await findMirrorLack(pool);
  if (lack?.kind === "outdated") {
    return refuse("MIRROR_OUTDATED", { values: { part: "mirror", lacks: lack.lacks } });
  }
  const mirror = await findMirrorPosition(pool);
  if (mirror === undefined) {
    return refuse("NOT_READY", { values: { part: "mirror", detail: "no block indexed" } });
  }
  if (lack?.kind === "first sync") {
    const detail = `first sync, at block ${mirror.blockNumber}`;
    return refuse("NOT_READY", { values: { part: "mirror", detail } });
  }
  const { ageSeconds: behindSeconds } = mirror;
  return behindSeconds <= OLDEST_MIRROR_SECONDS
    ? succeed(mirror)
    : refuse("MIRROR_BEHIND", {
        values: { part: "mirror", behindSeconds, limitSeconds: OLDEST_MIRROR_SECONDS },
      });
}

export const healthRoutes = [
  defineRoute({
    method: "get",
    path: "/health",
    action: "registry.read",
    tag: "Service",
    summary: "Whether the process answers 进程是否存活",
    success: {
      status: 200,
      description: "It does",
      schema: z.object({ status: z.literal("ok") }),
    },
    handle: async () => succeed({ json: { status: "ok" } }),
  }),
  defineRoute({
    method: "get",
    path: "/ready",
    action: "registry.read",
    tag: "Service",
    summary: "Whether requests can be served 服务是否就绪",
    description:
      "Ready means: the database answers, its schemas are there, the mirror has every column that this version reads and has once come to the chain's head, and the indexer wrote it within a minute. Otherwise `values.part` of the problem names what is missing (database, schema or mirror); `values.lacks` the column a mirror of another version is without, `values.behindSeconds` how old one is.",
    success: {
      status: 200,
      description: "Ready",
      schema: z.object({
        status: z.literal("ready"),
        mirror: z.object({
          chainId: z.number().int(),
          blockNumber: z.number().int(),
          finalBlock: z.number().int(),
          ageSeconds: z.number().int(),
        }),
        finalityHeld: z
          .object({ agreeing: z.number().int(), needed: z.number().int() })
          .nullable()
          .openapi({
            description:
              "Null while blocks become final as they should. Else none does, because only `agreeing` of the `needed` nodes of the chain have them; certificates wait. 参与确认的链节点不足，区块暂不最终确定。",
          }),
      }),
    },
    refusals: ["NOT_READY", "MIRROR_OUTDATED", "MIRROR_BEHIND", "DATABASE_UNAVAILABLE"],
    handle: async (_call, { pool, logger }) => {
      try {
        const mirror = await freshMirror(pool);
        if (!mirror.ok) return mirror;
        const finalityHeld = await findHeldFinality(pool);
        return succeed({ json: { status: "ready", mirror: mirror.value, finalityHeld } });
      } catch (err) {
        // Whatever keeps these reads from answering keeps every other one from it.
        logger.warn({ err }, "the database does not answer");
        return refuse("DATABASE_UNAVAILABLE", { values: { part: "database" } });
      }
    },
  }),
];
