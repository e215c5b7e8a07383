// Outlives its parent by a moment: when the parent dies, also by kill -9, the pipe on standard input ends, and
// what the parent had started is ended in order. Run as `node --import tsx lifeline.ts <dataFolder> <parent's pid>`.
import { endRecorded, recordedProcesses } from "./processes.ts";

const [dataFolder = "", parent = ""] = process.argv.slice(2);

// Terminal signals go to the parent, which decides; this process leaves when the pipe does.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

process.stdin.resume();
process.stdin.on("error", () => {});
process.stdin.once("close", async () => {
  // A new stack in the same folder ends stale processes itself; then what is recorded is not ours to end.
  const owner = recordedProcesses(dataFolder).find((record) => record.name === "stack");
  if (owner === undefined || String(owner.pid) === parent) {
    await endRecorded(dataFolder, new Set(["stack", "lifeline"]));
  }
  process.exit(0);
});
