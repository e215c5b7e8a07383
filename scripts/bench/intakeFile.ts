// One run of `./tanpu intake` in a process of its own; prints its totals and its own peak of memory.
import { type IntakeOptions, runIntake } from "../intake/run.ts";

const totals = await runIntake(JSON.parse(process.argv[2] ?? "{}") as IntakeOptions);
const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(`${JSON.stringify({ ...totals, peakMegabytes })}\n`);
