import { refuse, succeed } from "../../domain/result.ts";
import type { Caller } from "../auth.ts";
import { defineRoute } from "../route.ts";
import { operationParams, operationSchema } from "./schema.ts";
import { loadOperation } from "./view.ts";

const LONGEST_WAIT_SECONDS = 30;
const POLL_MILLISECONDS = 150;
const overseers: ReadonlySet<string> = new Set(["authority", "operator", "auditor"]);

/** Seconds of `Prefer: wait=N`, at most thirty. */
function waitOf(prefer: string | undefined): number {
  const seconds = /(?:^|[,;\s])wait=(\d{1,5})(?=$|[,;\s])/i.exec(prefer ?? "")?.[1];
  return Math.min(Number(seconds ?? 0), LONGEST_WAIT_SECONDS);
}

/** An operation is shown to the key that ordered it, and to those who oversee its programme. */
function maySee(caller: Caller, of: { apiKeyId: string; programme: number | null }): boolean {
  const { key, role } = caller;
  if (key === null) return false;
  if (key.id === of.apiKeyId) return true;
  return overseers.has(role) && (key.programme === null || key.programme === of.programme);
}

export const operationRoutes = [
  defineRoute({
    method: "get",
    path: "/v1/operations/{id}",
    action: "operations.read",
    tag: "Operations",
    summary: "Follow a command 查询指令进度",
    description:
      "The state is read from the chain's mirror each time; nothing is written back. With `Prefer: wait=N` the answer waits up to N seconds (at most 30) while the state is queued or sent.",
    headers: { Prefer: "wait=N: seconds to wait for the end, at most 30" },
    params: operationParams,
    success: { status: 200, description: "The operation", schema: operationSchema },
    refusals: ["NOT_FOUND"],
    handle: async (call, { pool }) => {
      const { id } = call.params;
      const seconds = waitOf(call.header("prefer"));
      const deadline = Date.now() + seconds * 1000;
      for (;;) {
        const found = await loadOperation(pool, id);
        // Another's operation is not even confirmed to exist.
        if (found === undefined || !maySee(call.caller, found)) {
          return refuse("NOT_FOUND", { values: { what: "operation", id } });
        }
        const { operation } = found;
        const isOpen = operation.state === "queued" || operation.state === "sent";
        if (!isOpen || Date.now() >= deadline) {
          const headers: Record<string, string> =
            seconds > 0 ? { "preference-applied": `wait=${seconds}` } : {};
          return succeed({ json: operation, headers });
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      }
    },
  }),
];
