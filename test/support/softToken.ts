import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** The PKCS#11 library to test with; where it is not named the tests of tokens are left out. */
export const tokenLibrary = process.env.TANPU_TEST_PKCS11_LIBRARY ?? "";

export type SoftToken = {
  readonly library: string;
  readonly token: string;
  readonly pin: string;
  readonly pinFile: string;
  remove(): void;
};

/** An empty SoftHSM token in a folder of its own. Its library reads the configuration once a process. */
export function makeSoftToken(): SoftToken {
  const folder = mkdtempSync(path.join(tmpdir(), "tanpu token "));
  const pinFile = path.join(folder, "pin");
  const config = path.join(folder, "softhsm2.conf");
  const tokens = path.join(folder, "tokens");
  mkdirSync(tokens);
  writeFileSync(
    config,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  const [token, pin] = ["tanpu test", "648219"];
  writeFileSync(pinFile, `${pin}\n`, { mode: 0o600 });
  process.env.SOFTHSM2_CONF = config;
  const init = ["--init-token", "--free", "--label", token, "--pin", pin, "--so-pin", "91827364"];
  execFileSync("softhsm2-util", init, { stdio: "pipe" });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { library: tokenLibrary, token, pin, pinFile, remove };
}
