// Runs `./tanpu intake`'s work in a process of its own, which a test may kill; prints the totals.
import { type IntakeOptions, runIntake } from "../../scripts/intake/run.ts";

const totals = await runIntake(JSON.parse(process.argv[2] ?? "{}") as IntakeOptions);
process.stdout.write(`${JSON.stringify(totals)}\n`);
