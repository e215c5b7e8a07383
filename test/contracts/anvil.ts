import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

/** A free port, as the system gives it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function anvilBinary(): string {
  const require = createRequire(import.meta.url);
  const anvil = createRequire(require.resolve("@foundry-rs/anvil/package.json"));
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === "x64" ? "amd64" : "arm64"}`;
  return anvil.resolve(`${name}/bin/anvil`);
}

/** A chain of its own for a test file, without fees unless the options say otherwise. */
export async function startAnvil(
  options: readonly string[] = ["--block-base-fee-per-gas", "0", "--gas-price", "0"],
): Promise<{ rpcUrl: string; stop: () => void }> {
  const port = await freePort();
  const rpcUrl = `http://127.0.0.1:${port}`;
  const args = ["--port", String(port), "--hardfork", "cancun", ...options];
  const chain = spawn(anvilBinary(), args, { stdio: "ignore" });
  const up = () =>
    fetch(rpcUrl, { method: "POST", body: "{}" }).then(
      () => true,
      () => false,
    );
  const deadline = Date.now() + 10_000;
  while (!(await up())) {
    if (Date.now() > deadline) throw new Error("The test's chain did not come up.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { rpcUrl, stop: () => chain.kill("SIGKILL") };
}
