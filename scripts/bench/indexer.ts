// Measures a cold sync of the mirror beside the least an indexer can do and beside ponder, on a chain of its own:
// `./tanpu bench indexer [--json] [--events N] [--runs N]`. The three take turns, so that a busy machine is busy for all.
import { spawn } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Row, shortcomings, table } from "./gasRows.ts";
import { makeTransferChain, type TransferChain } from "./indexerChain.ts";
import { installPonder, PONDER, type Ponder, syncPonder } from "./indexerPonder.ts";
import { sampled } from "./samples.ts";

const EVENTS = 100_000;
const RUNS = 3;
const BARE = "getLogs, hand decode, COPY of raw rows";

type Sync = { milliseconds: number; events: number; memoryMegabytes: number };

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Runs one of the benchmark's programs in a process of its own and reads the last line it prints. */
async function measure(file: string, argument: unknown): Promise<Sync> {
  const child = spawn(
    process.execPath,
    [
      // As the stack starts the indexer's role; see scripts/dev/roles.ts.
      ...["--max-semi-space-size=16", "--import", "tsx"],
      ...[path.join(import.meta.dirname, file), JSON.stringify(argument)],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Sync;
}

type Samples = {
  bare: number[];
  ours: number[];
  tenth: number[];
  memory: number[];
  ponder: number[];
};

async function takeTurns(
  chain: TransferChain,
  of: { events: number; runs: number; ponder: Ponder | undefined },
): Promise<Samples> {
  const { registry, tenthBlock, lastBlock } = chain;
  const { databaseUrl, rpcUrl, deployment } = registry;
  const token = deployment.contracts.reductionToken;
  const samples: Samples = { bare: [], ours: [], tenth: [], memory: [], ponder: [] };
  for (let run = 1; run <= of.runs; run++) {
    const common = { databaseUrl, rpcUrl, deployment, token, firstBlock: 0 };
    const bare = await measure("indexerBare.ts", { ...common, lastBlock });
    samples.bare.push((1000 * bare.events) / bare.milliseconds);
    const ours = await measure("indexerOurs.ts", { ...common, lastBlock });
    if (ours.events !== bare.events) {
      throw new Error(`the mirror holds ${ours.events} transfers, the chain ${bare.events}`);
    }
    samples.ours.push((1000 * ours.events) / ours.milliseconds);
    samples.memory.push(ours.memoryMegabytes);
    const tenth = await measure("indexerOurs.ts", { ...common, lastBlock: tenthBlock });
    samples.tenth.push(ours.milliseconds / tenth.milliseconds);
    say(
      `Run ${run}: bare ${samples.bare.at(-1)?.toFixed()}, ours ${samples.ours.at(-1)?.toFixed()} events/s`,
    );
    if (of.ponder === undefined) continue;
    const { chainId } = deployment;
    const milliseconds = await syncPonder(of.ponder, {
      ...{ databaseUrl, rpcUrl, chainId, token, lastBlock },
      ...{ firstBlock: 0, events: of.events },
    });
    samples.ponder.push((1000 * bare.events) / milliseconds);
    say(`Run ${run}: ${PONDER} ${samples.ponder.at(-1)?.toFixed()} events/s`);
  }
  return samples;
}

function rowsOf(samples: Samples, ponderMissing: string | undefined): Row[] {
  const { bare, ours, tenth, memory, ponder } = samples;
  const what = "cold sync of transfers into all tables";
  const unit = "events/s";
  const nearPonder = { what, unit, goal: ">=4" };
  return [
    sampled({ what, unit, goal: ">=0.5" }, ours, { name: BARE, values: bare }),
    ponderMissing === undefined
      ? sampled(nearPonder, ours, { name: PONDER, values: ponder })
      : // Neither kept nor missed: the peer is not there.
        { ...sampled({ what, unit }, ours), beside: `${PONDER} (${ponderMissing})`, goal: ">=4" },
    sampled({ what: "most memory of the indexer's process", unit: "MB", goal: "<300" }, memory),
    sampled(
      { what: "time for all events over that for a tenth", unit: "times", goal: "<=11" },
      tenth,
    ),
  ];
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      events: { type: "string", default: String(EVENTS) },
      runs: { type: "string", default: String(RUNS) },
    },
  });
  const [events, runs] = [Number(values.events), Number(values.runs)];
  if (!Number.isInteger(events) || events < 1_000 || !Number.isInteger(runs) || runs < 1) {
    console.error("--events must be a whole number from 1000, --runs one from 1.");
    return 2;
  }
  let ponderMissing: string | undefined;
  const ponder = await installPonder().catch((cause: Error) => {
    ponderMissing = cause.message;
    return undefined;
  });
  try {
    const chain = await makeTransferChain(events, say);
    try {
      const rows = rowsOf(await takeTurns(chain, { events, runs, ponder }), ponderMissing);
      for (const failure of shortcomings(rows)) console.error(failure);
      const at = new Date().toISOString();
      console.log(values.json ? JSON.stringify({ bench: "indexer", at, runs, rows }) : table(rows));
      return 0;
    } finally {
      await chain.registry.close();
    }
  } finally {
    await ponder?.remove();
  }
}

process.exitCode = await main(process.argv.slice(2));
