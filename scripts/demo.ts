import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import {
  closePeriod,
  documentsFinal,
  type IntakeTally,
  issueUnits,
  neutralise,
  reportRides,
} from "./demo/acts.ts";
import { type Refusals, refusedAsExpected, tryDoubleCounting } from "./demo/pastTheApi.ts";
import { publish } from "./demo/publish.ts";
import { readScript, type Stage, setStage } from "./demo/stage.ts";
import { type DemoSummary, formatTable } from "./demo/summary.ts";
import { closingTable } from "./demo/table.ts";
import { type Rides, readTaps, ridesOf, sampleFile } from "./demo/taps.ts";
import { folders } from "./dev/registry.ts";
import { type RoleName, type Stack, startStack } from "./dev/stack.ts";
import { runReindex } from "./reindex.ts";

export type DemoOptions = { once: boolean; json: boolean; dataFolder: string };

const ROLES: readonly RoleName[] = ["indexer", "worker", "api"];
const ROOT = path.resolve(import.meta.dirname, "..");

/**
 * The main job on one real morning of rides: reports of three platforms become one tree, units, a
 * retirement and a certificate, and an outsider checks it all. Every step can be cut and is taken up
 * by the next run. Progress goes to standard error, the summary to standard output.
 *
 * @returns the exit code: 0 when everything was as it must be.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const began = Date.now();
  const say = (text: string): void => {
    const seconds = ((Date.now() - began) / 1000).toFixed(1).padStart(6);
    process.stderr.write(`${seconds} s  ${text}\n`);
  };
  const resumed = existsSync(folders.manifest(options.dataFolder));
  const interrupted = interruption();
  const stack = await startStack({
    dataFolder: options.dataFolder,
    mode: "demo",
    onProgress: say,
  });
  try {
    const played = play(stack, { resumed, say });
    const first = await Promise.race([played, interrupted, stack.broken]);
    if (first === "interrupted") return 130;
    if (typeof first === "string") throw new Error(first);
    print(first.summary, first.table, options);
    if (!options.once) {
      await Promise.all(ROLES.map((role) => stack.startRole(role)));
      process.stderr.write(
        `\nServing at ${stack.apiUrl()} (documentation ${stack.apiUrl()}/docs); Ctrl-C stops.\n` +
          `继续提供服务：${stack.apiUrl()} （文档 ${stack.apiUrl()}/docs）；按 Ctrl-C 停止。\n`,
      );
      const end = await Promise.race([interrupted, stack.broken]);
      if (end !== "interrupted") throw new Error(end);
    }
    return isGood(first.summary) ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

/** The operator brings the reviewers' signed statements to the chain. */
function relay(stage: Stage): Record<string, string> {
  return { RELAY_ACCOUNT: stage.accounts.operator };
}

type Played = { summary: DemoSummary; table: string };

async function play(
  stack: Stack,
  run: { resumed: boolean; say: (text: string) => void },
): Promise<Played> {
  const { say } = run;
  const script = await readScript();
  const stage = await setStage(stack, script, say);
  await Promise.all(ROLES.map((role) => stack.startRole(role, relay(stage))));
  say(`Indexer, worker and API are up at ${stack.apiUrl()}`);

  const rides = ridesOf(await readTaps(sampleFile));
  const tally = await reportRides(stage, rides, say);
  const batch = await closePeriod(stage);
  say(
    `Period closed: ${batch.accepted} activities, ${batch.duplicates} duplicates, root ${batch.root}`,
  );
  const issued = await issueUnits(stage, batch);
  say(`Issued ${issued.request.issuedGrams} g as token ${stage.script.tokenId}`);
  const neutrality = await neutralise(stage);
  say(`Retired ${neutrality.retiredGrams} g; certificate ${neutrality.certificateId}`);
  const refusals = await tryDoubleCounting(stage, batch, neutrality);
  say(
    `Tried past the API: ${Object.values(refusals)
      .map((one) => one?.code ?? "NOT REFUSED")
      .join(", ")}`,
  );
  await documentsFinal(stage, neutrality);
  const ride = await publish(stage, rides, { batch, issued, neutrality });
  say("Certificate final, files published; stopping the server for the outsider's check");

  for (const role of [...ROLES].reverse()) await stack.stopRole(role);
  const verified = await verifyAsOutsider(stage, say);
  const digests = await runReindex({
    databaseUrl: stack.databaseUrl,
    rpcUrl: stack.rpcUrl,
    manifest: stage.manifest,
    finalityBlocks: Number(process.env.FINALITY_BLOCKS ?? 12),
  });
  say(`Mirror rebuilt from the chain: ${digests.blocks} blocks, ${digests.events} events`);
  const summary = summarise(stage, {
    rides,
    tally,
    batch,
    issued,
    neutrality,
    refusals,
    verified,
    digests,
    resumed: run.resumed,
  });
  const facts = { stage, summary, tally, batch, issued, neutrality, refusals, ride };
  return { summary, table: formatTable(closingTable(facts)) };
}

function summarise(
  stage: Stage,
  of: {
    rides: Rides;
    tally: IntakeTally;
    batch: Awaited<ReturnType<typeof closePeriod>>;
    issued: Awaited<ReturnType<typeof issueUnits>>;
    neutrality: Awaited<ReturnType<typeof neutralise>>;
    refusals: Refusals;
    verified: boolean;
    digests: { mirrorDigest: string; reindexDigest: string };
    resumed: boolean;
  },
): DemoSummary {
  const { rides, tally, batch, neutrality, refusals } = of;
  return {
    rows: rides.rows,
    pairs: rides.pairs.length,
    unpaired: rides.unpaired.length,
    activities: tally.activities,
    accepted: Number(batch.accepted),
    duplicates: Number(batch.duplicates),
    refused: tally.refused,
    refusedBy: tally.refusedBy,
    issuedGrams: Number(of.issued.request.issuedGrams),
    carriedMilligrams: Number(of.issued.request.carryAfterMilligrams),
    retiredGrams: Number(neutrality.retiredGrams),
    inventoryGrams: Number(neutrality.inventoryGrams),
    root: batch.root,
    tokenId: stage.script.tokenId,
    certificateId: neutrality.certificateId,
    reissueRefused: refusedAsExpected(refusals, "reissue"),
    secondCertificateRefused: refusedAsExpected(refusals, "secondCertificate"),
    resaleRefused: refusedAsExpected(refusals, "resale"),
    verified: of.verified,
    mirrorDigest: of.digests.mirrorDigest,
    reindexDigest: of.digests.reindexDigest,
    resumed: of.resumed,
  };
}

type Check = { id: string; result: "pass" | "fail" | "notProvable"; en: string; zh: string };

/** Runs tanpu-verify as anybody would: a program of its own, with the files and the chain alone. */
async function verifyAsOutsider(stage: Stage, say: (text: string) => void): Promise<boolean> {
  const program = path.join(ROOT, "server", "verify", "bin", "tanpu-verify.mjs");
  const files = folders.published(stage.stack.dataFolder);
  const { tokenId } = stage.script;
  const args = ["--files", files, "--rpc", stage.stack.rpcUrl, "--token", tokenId, "--json"];
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0 && code !== 1) throw new Error(`tanpu-verify could not check: ${stderr.trim()}`);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  const passed = checks.filter(({ result }) => result === "pass").length;
  for (const check of checks) {
    if (check.result !== "pass") say(`tanpu-verify ${check.id}: ${check.en} ${check.zh}`);
  }
  say(`tanpu-verify: ${passed} of ${checks.length} checks passed ${passed} 项通过`);
  return code === 0;
}

function isGood(summary: DemoSummary): boolean {
  return (
    summary.verified &&
    summary.reissueRefused &&
    summary.secondCertificateRefused &&
    summary.resaleRefused &&
    summary.mirrorDigest === summary.reindexDigest &&
    summary.retiredGrams >= summary.inventoryGrams &&
    summary.activities === summary.accepted + summary.duplicates + summary.refused
  );
}

function print(summary: DemoSummary, table: string, options: DemoOptions): void {
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else process.stdout.write(`\n${table}\n`);
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one leaves at once. */
function interruption(): Promise<"interrupted"> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130);
        asked = true;
        process.stderr.write("Stopping ...\n");
        resolve("interrupted");
      });
    }
  });
}
