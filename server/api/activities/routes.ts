import { utf8 } from "../../domain/bytes.ts";
import { refuse, succeed } from "../../domain/result.ts";
import { claimBatch } from "../../intake/receipts.ts";
import { receiveActivities } from "../../intake/receive.ts";
import { defineRoute } from "../route.ts";
import { resultView } from "./answer.ts";
import { BATCH_HEADER, batchIdOf } from "./batchId.ts";
import { intakeOf } from "./context.ts";
import { activitiesAnswer, activitiesBody, activitiesQuery, MOST_ROWS } from "./schema.ts";
import { receiveLines, STREAMED_TYPES } from "./stream.ts";

export const activityRoutes = [
  defineRoute({
    method: "post",
    path: "/v1/activities",
    action: "activities.report",
    tag: "Activities",
    summary: "Report low-carbon activities 报送低碳行为",
    description: [
      "Each row is answered by itself, in the order given. Repeating a batch or any of its rows changes nothing and gives the same answers, so no Idempotency-Key is needed.",
      "As JSON a request holds at most 1,000 rows and is stored whole or not at all.",
      "As application/x-ndjson (one row a line) or text/csv (the first line names the members) it may be a stream of up to 1 GB: rows are stored 5,000 at a time and answered as NDJSON while they come, one line a row. Read the answer while you send. A line that cannot be read is one row's refusal. When the stream breaks, what was answered is stored, the last line says so (result: broken), and sending all of it again completes it.",
      "Each of the three may be sent with Content-Encoding: gzip.",
      "逐行答复，次序不变；重复报送不产生任何变化。JSON 每次最多 1,000 行；NDJSON 与 CSV 可流式报送，每 5,000 行入库一次并逐行答复，请边发送边读取；三种格式均可用 gzip 压缩。",
    ].join("\n\n"),
    headers: {
      [BATCH_HEADER]:
        "A name of yours for the batch: the same name with other content is refused BATCH_CONFLICT. A stream with a name is read whole first and may have at most 32 MB. 批次名称；同名而内容不同则拒绝。",
    },
    bodyLimit: 2 * 1024 * 1024,
    query: activitiesQuery,
    body: activitiesBody,
    streamed: {
      mediaTypes: STREAMED_TYPES,
      description: "One result for each row, a line each",
      run: receiveLines,
    },
    example: {
      rows: [
        {
          orderNo: "A-1001",
          userId: "u-1",
          behaviour: "bus-trip",
          card: "card-1",
          vehicle: "bus-1",
          at: "2018-09-01T09:33:50+08:00",
        },
      ],
    },
    success: { status: 200, description: "One result for each row", schema: activitiesAnswer },
    refusals: [
      "BATCH_TOO_LARGE",
      "BATCH_CONFLICT",
      "BODY_MALFORMED",
      "PLATFORM_MISMATCH",
      "PROGRAMME_MISMATCH",
      "METHODOLOGY_DRAFT",
      "METHODOLOGY_NOT_IN_FORCE",
      "METHODOLOGY_NOT_QUANTITATIVE",
    ],
    handle: async (call, dependencies) => {
      const { rows, sourceId } = call.body;
      if (rows.length > MOST_ROWS) {
        return refuse("BATCH_TOO_LARGE", { values: { limit: MOST_ROWS, count: rows.length } });
      }
      const batchId = batchIdOf(call);
      if (!batchId.ok) return batchId;
      const named = sourceId ?? call.query.sourceId;
      const intake = await intakeOf(dependencies, call.caller, named);
      if (!intake.ok) return intake;
      const { context, platform } = intake.value;
      if (batchId.value !== undefined) {
        const content = utf8(JSON.stringify(rows));
        const contentHash = context.suite.hash(utf8("application/json"), context.sourceId, content);
        const batch = { id: batchId.value, contentHash, rows: rows.length };
        const claimed = await claimBatch(context.pool, platform, batch);
        if (!claimed.ok) return claimed;
      }
      const received = await receiveActivities(context, platform, rows, dependencies.now());
      return received.ok
        ? succeed({ json: { results: received.value.map(resultView) } })
        : received;
    },
  }),
];
