// Sets the folder up: installs dependencies when the lock file changed and builds what is stale.
// Plain JavaScript without dependencies, because it runs before anything is installed.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const state = path.join(root, ".tanpu");
const logs = path.join(state, "logs");
const lockFile = path.join(state, "setup.lock");
const at = (...parts) => path.join(root, ...parts);
const say = (text) => process.stderr.write(`${text}\n`);

/** A failure the user is told in one sentence; anything else would be our own mistake. */
class SetupError extends Error {}

/** What a failed tool printed, turned into the cause a person can act on. */
function causeOf(output) {
  if (/ENOSPC|no space left/i.test(output)) return "the disk is full";
  if (/EACCES|EROFS|permission denied|read-only file system/i.test(output))
    return "a file cannot be written (is the folder another user's, or read-only?)";
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i.test(output))
    return "the npm registry cannot be reached (is there a network?)";
  return undefined;
}

const hashOf = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
};
const readOr = (file, otherwise) => {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return otherwise;
  }
};
const writeWhole = (file, text) => {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
};
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Runs one tool with its output in a log, and shows that time passes. */
async function runTool(title, logName, command, args, env = {}) {
  const log = path.join(logs, logName);
  const output = fs.openSync(log, "w");
  const since = Date.now();
  say(`${title} ...`);
  const beat = setInterval(() => say(`  still at it (${seconds(since)})`), 20_000);
  const child = spawn(command, args, {
    cwd: root,
    stdio: ["ignore", output, output],
    env: { ...process.env, ...env },
  });
  const pass = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, pass);
  const { code, signal, error } = await new Promise((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  clearInterval(beat);
  fs.closeSync(output);
  for (const name of ["SIGINT", "SIGTERM"]) process.removeListener(name, pass);
  if (error?.code === "ENOENT") throw new SetupError(`${title}: ${command} was not found in PATH.`);
  if (error || code !== 0) {
    const text = readOr(log, "");
    const cause = causeOf(text) ?? (signal ? `it was ended by ${signal}` : undefined);
    const last = text.trim().split("\n").at(-1) ?? "";
    throw new SetupError(
      `${title} failed: ${cause ?? `${last || error?.message}`}; details in ${log}.`,
    );
  }
  say(`  done in ${seconds(since)}`);
}

/** Start time of a process, so that a reused pid is not taken for the holder of the lock. */
function startOf(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return undefined;
  }
  const stat = readOr(`/proc/${pid}/stat`, "");
  return stat ? (stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "") : "alive";
}

/** One of us installs and builds at a time; a lock whose holder is dead is taken over. */
async function withLock(work) {
  const mine = JSON.stringify({
    pid: process.pid,
    start: startOf(process.pid),
    nonce: randomBytes(8).toString("hex"),
  });
  let told = false;
  for (;;) {
    try {
      // Written aside and linked, so that nobody ever sees the lock without its content.
      const draft = `${lockFile}.${process.pid}`;
      fs.writeFileSync(draft, mine);
      try {
        fs.linkSync(draft, lockFile);
      } finally {
        fs.rmSync(draft, { force: true });
      }
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const text = readOr(lockFile, "");
    let holder;
    try {
      holder = JSON.parse(text);
    } catch {
      holder = undefined;
    }
    if (text !== "" && (holder === undefined || startOf(holder.pid) !== holder.start)) {
      const aside = `${lockFile}.stale.${process.pid}`;
      try {
        fs.renameSync(lockFile, aside);
        // Somebody else may have taken it over in between; then it is theirs and goes back.
        if (readOr(aside, "") !== text) fs.linkSync(aside, lockFile);
      } catch {
        // Another run was faster; the next look finds its lock.
      }
      fs.rmSync(aside, { force: true });
      continue;
    }
    if (!told) say("Waiting for another ./tanpu in this folder that installs or builds ...");
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const release = () => {
    if (readOr(lockFile, "") === mine) fs.rmSync(lockFile, { force: true });
  };
  process.once("exit", release);
  try {
    return await work();
  } finally {
    release();
  }
}

async function install() {
  const wanted = hashOf(
    fs.readFileSync(at("package-lock.json")),
    fs.readFileSync(at("package.json")),
    `${process.platform}-${process.arch}-${process.versions.modules}`,
  );
  const stamp = at("node_modules", ".tanpu-install");
  if (readOr(stamp, "") === wanted) return;
  // `npm ci` refuses lock files that list other platforms' optional packages a registry does not serve.
  // --no-save: what is installed never changes the lock file.
  say("The dependencies are to be installed; the first time this takes about a minute.");
  await runTool("Installing dependencies", "install.log", "npm", [
    "install",
    "--no-audit",
    "--no-fund",
    "--no-save",
    "--no-progress",
  ]);
  writeWhole(stamp, wanted);
}

/** The binding to PKCS#11 needs a compiler, so it is made only where somebody keeps keys in a token. */
async function buildTokens() {
  const wanted = process.env.KEYSTORE === "pkcs11" || process.env.TANPU_TEST_PKCS11_LIBRARY;
  const folder = at("node_modules", "pkcs11js");
  if (!wanted || fs.existsSync(path.join(folder, "build", "Release", "pkcs11.node"))) return;
  if (!fs.existsSync(folder)) {
    throw new SetupError(
      "KEYSTORE=pkcs11 needs the npm package pkcs11js, which could not be installed.",
    );
  }
  await runTool("Compiling the PKCS#11 binding", "build-pkcs11.log", "npm", [
    "--prefix",
    folder,
    "run",
    "build",
  ]);
}

const filesUnder = (folder, ending) =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
        .map((entry) => path.join(entry.parentPath, entry.name))
        .sort()
    : [];

/** One build step: run when its inputs changed or its output is gone. */
async function buildStep({ name, title, inputs, output, command, args, env }) {
  if (inputs.length === 0) return;
  const wanted = hashOf(
    readOr(at("package-lock.json"), ""),
    ...inputs.flatMap((file) => [path.relative(root, file), fs.readFileSync(file)]),
  );
  const stamp = path.join(state, "build", name);
  if (readOr(stamp, "") === wanted && fs.existsSync(output)) return;
  fs.rmSync(stamp, { force: true });
  await runTool(title, `build-${name}.log`, command, args, env);
  writeWhole(stamp, wanted);
}

async function build() {
  await buildStep({
    name: "contracts",
    title: "Compiling the contracts",
    inputs: [...filesUnder(at("contracts"), ".sol"), at("hardhat.config.ts")],
    output: at("artifacts"),
    command: process.execPath,
    args: [at("node_modules/hardhat/dist/src/cli.js"), "build", "--no-tests"],
    env: { HARDHAT_DISABLE_TELEMETRY_PROMPT: "true", CI: "true" },
  });
  const schema = at("server/database/schema.prisma");
  await buildStep({
    name: "database-client",
    title: "Generating the database client",
    inputs: fs.existsSync(schema) ? [schema] : [],
    output: at("server/database/generated"),
    command: process.execPath,
    args: [
      at("node_modules/prisma/build/index.js"),
      "generate",
      "--schema",
      "server/database/schema.prisma",
    ],
    // The engine it would download is only needed by commands we never run.
    env: { PRISMA_SCHEMA_ENGINE_BINARY: "/bin/true", CHECKPOINT_DISABLE: "1" },
  });
}

const command = process.argv[2];
try {
  fs.mkdirSync(logs, { recursive: true });
  await withLock(async () => {
    await install();
    await buildTokens();
    if (command !== "stop" && command !== "reset") await build();
  });
} catch (error) {
  const cause =
    error instanceof SetupError ? error.message : `${causeOf(String(error)) ?? error.message}.`;
  say(`tanpu: ${cause}`);
  process.exit(1);
}
