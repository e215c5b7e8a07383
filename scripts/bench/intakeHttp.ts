import { Agent, request } from "node:http";
import { type RidePlatform, type RideSet, rideRow, rowsOf } from "./intakeRides.ts";

const BATCH_ROWS = 1_000;
const LANES = 4;
const SLICE_BATCHES = 500;

type Batch = { platform: RidePlatform; body: Buffer; rows: number };

function batchesOf(set: RideSet, platform: RidePlatform): (() => Batch)[] {
  const rows = rowsOf(set, platform);
  const batches: (() => Batch)[] = [];
  for (let first = 0; first < rows; first += BATCH_ROWS) {
    batches.push(() => {
      const end = Math.min(rows, first + BATCH_ROWS);
      const list = Array.from({ length: end - first }, (_, at) =>
        rideRow(set, platform, first + at),
      );
      return { platform, body: Buffer.from(JSON.stringify({ rows: list })), rows: list.length };
    });
  }
  return batches;
}

function post(
  agent: Agent,
  url: string,
  key: string,
  { body, rows }: Batch,
): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${url}/v1/activities`,
      {
        agent,
        method: "POST",
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "content-length": body.length,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("latin1").on("data", (part: string) => {
          text += part;
        });
        response.once("end", () => {
          // Counted without parsing: the client must not take the processor it measures.
          const accepted = text.split('"result":"accepted"').length - 1;
          const duplicate = text.split('"result":"duplicate"').length - 1;
          if (response.statusCode === 200 && accepted + duplicate === rows) {
            resolve({ accepted, duplicate });
          } else reject(new Error(`${response.statusCode} ${text.slice(0, 300)}`));
        });
      },
    );
    call.once("error", reject);
    call.end(body);
  });
}

/** Reports rides in batches of 1,000 over a few connections; rows a second. Making the bodies is not counted. */
export async function measureHttp(
  url: string,
  set: RideSet,
  keyOf: (platform: RidePlatform) => string,
): Promise<{ rowsPerSecond: number; duplicates: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  const makers = [...batchesOf(set, "operator"), ...batchesOf(set, "map-app")];
  let milliseconds = 0;
  let duplicates = 0;
  for (let first = 0; first < makers.length; first += SLICE_BATCHES) {
    const batches = makers.slice(first, first + SLICE_BATCHES).map((make) => make());
    const since = performance.now();
    const lane = async (): Promise<void> => {
      for (let batch = batches.shift(); batch; batch = batches.shift()) {
        const counts = await post(agent, url, keyOf(batch.platform), batch);
        duplicates += counts.duplicate ?? 0;
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    milliseconds += performance.now() - since;
  }
  agent.destroy();
  return { rowsPerSecond: (set.rides * 1000) / milliseconds, duplicates };
}
