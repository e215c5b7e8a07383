// Holds a stack for a test in a process of its own, so that the test can kill it: `stackHost.ts <dataFolder>`.
// Prints one JSON line when it is up; SIGTERM stops it in order.
import { startStack } from "../../scripts/dev/stack.ts";

const stack = await startStack({ dataFolder: process.argv[2] ?? "", mode: "demo" });
process.on("SIGTERM", () => {
  stack.stop().then(() => process.exit(0));
});
const { databaseUrl, rpcUrl, chainId, replayed } = stack;
process.stdout.write(`${JSON.stringify({ databaseUrl, rpcUrl, chainId, replayed })}\n`);
