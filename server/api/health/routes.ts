import { findMirrorPosition, hasMigrations } from "../../database/queries/sources.ts";
import { refuse, succeed } from "../../domain/result.ts";
import { defineRoute } from "../route.ts";
import { z } from "../zod.ts";

const OLDEST_MIRROR_SECONDS = 60;

export const healthRoutes = [
  defineRoute({
    method: "get",
    path: "/health",
    action: "registry.read",
    tag: "Service",
    summary: "Whether the process answers",
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
    summary:
      "Whether requests can be served: database, migrations, and a mirror at most a minute old",
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
      }),
    },
    refusals: ["SERVICE_UNAVAILABLE", "DATABASE_UNAVAILABLE"],
    handle: async (_call, { pool }) => {
      if (!(await hasMigrations(pool))) return refuse("SERVICE_UNAVAILABLE");
      const mirror = await findMirrorPosition(pool);
      if (mirror === undefined || mirror.ageSeconds > OLDEST_MIRROR_SECONDS) {
        return refuse("SERVICE_UNAVAILABLE");
      }
      return succeed({ json: { status: "ready", mirror } });
    },
  }),
];
