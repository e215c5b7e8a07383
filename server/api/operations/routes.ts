import { viewOperation } from "../../database/operationView.ts";
import { refuse, succeed } from "../../domain/result.ts";
import { waitSecondsOf } from "../prefer.ts";
import { defineRoute } from "../route.ts";
import { followKey, followOperation } from "./events.ts";
import { maySee } from "./maySee.ts";
import { eventStreamExample, operationParams, operationSchema } from "./schema.ts";

const RESUME = { "Last-Event-ID": "id of the last event you have; sent by EventSource itself" };

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
    handle: async (call, { pool, live }) => {
      const { id } = call.params;
      const seconds = waitSecondsOf(call.header("prefer")) ?? 0;
      const deadline = Date.now() + seconds * 1000;
      for (;;) {
        const row = await live.find(id);
        // Another's operation is not even confirmed to exist.
        if (row === undefined || !maySee(call.caller, row)) {
          return refuse("NOT_FOUND", { values: { what: "operation", id } });
        }
        const isOpen = row.state === "queued" || row.state === "sent";
        if (!isOpen || Date.now() >= deadline || live.bell.stopped.aborted) {
          const headers: Record<string, string> =
            seconds > 0 ? { "preference-applied": `wait=${seconds}` } : {};
          return succeed({ json: await viewOperation(pool, row), headers });
        }
        await live.change(deadline);
      }
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/operations/{id}/events",
    action: "operations.read",
    tag: "Operations",
    summary: "Be told of a command's changes 订阅指令进度",
    description:
      "Server-sent events: where the operation stands now, then each change, each as the whole operation. The stream ends when nothing can change any more (refused, completed, or in a final block). A change back is told too: a block that the chain dropped makes included sent again.\n\n以服务器推送事件告知指令的当前状态及其后每次变化，直至不再变化为止；区块被链丢弃时状态会退回，也会告知。",
    headers: RESUME,
    params: operationParams,
    success: {
      status: 200,
      description: "Events named operation; data is an Operation as JSON",
      mediaType: "text/event-stream",
      example: eventStreamExample,
    },
    refusals: ["NOT_FOUND", "STREAMS_TOO_MANY"],
    handle: async (call, { pool, live }) => {
      const { id } = call.params;
      const row = await live.find(id);
      if (row === undefined || !maySee(call.caller, row)) {
        return refuse("NOT_FOUND", { values: { what: "operation", id } });
      }
      const last = call.header("last-event-id");
      return succeed({ events: (sink) => followOperation({ pool, live }, id, last, sink) });
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/events",
    action: "operations.read",
    tag: "Operations",
    summary: "Be told of all changes of the key's commands 订阅本密钥全部指令的变化",
    description:
      "Server-sent events of everything that happens from now on to the operations this key ordered. After a cut, with Last-Event-ID, what may have changed since is told first; an event can come twice, and each holds the whole operation. Looks back at the key's newest 2,000 operations. Whoever must not miss anything for longer registers a webhook.\n\n以服务器推送事件告知本密钥全部指令此后的变化；断线后凭 Last-Event-ID 续接，同一事件可能重复，每个事件都是完整的指令。",
    headers: RESUME,
    success: {
      status: 200,
      description: "Events named operation; data is an Operation as JSON",
      mediaType: "text/event-stream",
      example: eventStreamExample,
    },
    refusals: ["STREAMS_TOO_MANY"],
    handle: async (call, { pool, live }) => {
      const keyId = call.caller.key?.id;
      if (keyId === undefined) return refuse("UNAUTHENTICATED");
      const last = call.header("last-event-id");
      return succeed({ events: (sink) => followKey({ pool, live }, keyId, last, sink) });
    },
  }),
];
