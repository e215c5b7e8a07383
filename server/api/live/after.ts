import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { Caller } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { maySee } from "../operations/maySee.ts";
import { waitSecondsOf } from "../prefer.ts";
import type { Route } from "../route.ts";

/** How long a read waits for the mirror when `Prefer: wait=N` does not say. */
const USUAL_WAIT_SECONDS = 10;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const BLOCK = /^\d{1,15}$/;

/** Whether what a route answers comes from the mirror. */
export function readsMirror(route: Pick<Route, "method" | "path" | "action">): boolean {
  return (
    route.method === "get" && route.action === "registry.read" && route.path.startsWith("/v1/")
  );
}

/**
 * Reading one's own writes: waits until the mirror holds what the header `Tanpu-After` names, a block or
 * an operation that was carried out. FIELD_MALFORMED, NOT_FOUND for an operation the caller may not see,
 * MIRROR_NOT_THERE_YET when the time is over.
 */
export async function waitForMirror(
  { live }: ApiDependencies,
  call: { caller: Caller; header: (name: string) => string | undefined },
): Promise<Result<true>> {
  const after = call.header("tanpu-after")?.trim().toLowerCase();
  if (after === undefined || after === "") return succeed(true);
  if (!UUID.test(after) && !BLOCK.test(after)) {
    return refuse("FIELD_MALFORMED", { field: "Tanpu-After", values: { field: "Tanpu-After" } });
  }
  const seconds = waitSecondsOf(call.header("prefer")) ?? USUAL_WAIT_SECONDS;
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    if (BLOCK.test(after)) {
      if ((live.bell.block ?? -1) >= Number(after)) return succeed(true);
    } else {
      const row = await live.find(after);
      if (row === undefined || !maySee(call.caller, row)) {
        return refuse("NOT_FOUND", { values: { what: "operation", id: after } });
      }
      if (row.state !== "queued" && row.state !== "sent") return succeed(true);
    }
    if (Date.now() >= deadline || live.bell.stopped.aborted) {
      const block = live.bell.block ?? "?";
      return refuse("MIRROR_NOT_THERE_YET", { values: { after, block } });
    }
    await live.change(deadline);
  }
}
