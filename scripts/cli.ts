import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { resetData, stopStack } from "./dev/folder.ts";
import { answeringUrl } from "./dev/rpc.ts";
import { defaultDataFolder, type Stack, startStack } from "./dev/stack.ts";
import { knownCause, StackError } from "./dev/stackError.ts";
import { PARTS, runNode, runTests } from "./test.ts";

/** A command line that cannot be understood: exit code 2. */
class UsageError extends Error {}

/** Failures whose message is made for the person at the terminal; any other one is shown with its trace. */
const toldPlainly = new Set([
  "StackError",
  "StepError",
  "DeploymentError",
  "RebuildRefusedError",
  "RotationError",
  "PermanentError",
  "RetryableError",
  "ConfigError",
  "MethodologyError",
  "IntakeError",
]);

type Flags = Readonly<Record<string, boolean | string | undefined>>;

interface Command {
  readonly flags: readonly string[];
  /** Flags that take a value. */
  readonly valued?: readonly string[];
  /** How many words may follow the flags. */
  readonly words: number;
  run(flags: Flags, words: readonly string[]): Promise<number>;
}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const dataFolder = path.resolve(process.env.TANPU_DATA || defaultDataFolder);

const commands: Readonly<Record<string, Command>> = {
  help: { flags: [], words: 0, run: async () => help() },
  demo: { flags: ["once", "json"], words: 0, run: demo },
  start: { flags: [], words: 0, run: start },
  stop: { flags: [], words: 0, run: async () => stopStack(dataFolder, say) },
  reset: {
    flags: ["yes"],
    words: 0,
    run: async (flags) => resetData(dataFolder, flags.yes === true, say),
  },
  reindex: { flags: [], words: 0, run: reindex },
  digest: { flags: ["json"], valued: ["from", "to", "every"], words: 0, run: digest },
  reconcile: { flags: ["json"], valued: ["block"], words: 0, run: reconcile },
  deploy: { flags: [], words: 1, run: (_flags, [config]) => deploy(config) },
  compare: { flags: ["json"], valued: ["manifest"], words: 0, run: compare },
  keys: { flags: [], valued: ["document", "by"], words: 2, run: keys },
  days: {
    flags: ["json"],
    valued: ["before", "first", "end", "challenge"],
    words: 1,
    run: days,
  },
  methodology: {
    flags: ["json"],
    valued: ["activities", "source", "first", "end"],
    words: 3,
    run: methodology,
  },
  intake: {
    flags: ["json"],
    valued: ["source", "platform", "map", "workers", "results"],
    words: 1,
    run: intake,
  },
  bench: {
    flags: ["json"],
    valued: [
      ...["events", "leaves", "persons", "reports", "runs", "commands", "rounds"],
      ...["rides", "there", "workers"],
    ],
    words: 1,
    run: bench,
  },
  test: {
    flags: ["deep"],
    words: 1,
    run: async (flags, [part]) => {
      if (part !== undefined && !PARTS.some((name) => name === part)) {
        throw new UsageError(`There is no test part "${part}"; the parts are: ${PARTS.join(" ")}.`);
      }
      return runTests({ part, deep: flags.deep === true });
    },
  },
};

function help(): number {
  process.stdout.write(readFileSync(path.join(import.meta.dirname, "usage.txt"), "utf8"));
  return 0;
}

async function demo(flags: Flags): Promise<number> {
  const { runDemo } = await import("./demo.ts");
  return runDemo({ once: flags.once === true, json: flags.json === true, dataFolder });
}

async function keys(flags: Flags, words: readonly string[]): Promise<number> {
  const [what = ""] = words;
  const takesAccount = what === "rotate" || what === "end";
  if (!takesAccount && what !== "list" && what !== "create") {
    throw new UsageError("keys takes one of: list create rotate end.");
  }
  if ((words.length === 2) !== takesAccount) {
    throw new UsageError(
      takesAccount
        ? `keys ${what} needs the address of the account that has the old key.`
        : `keys ${what} takes no address.`,
    );
  }
  const { runKeys } = await import("./keys/commands.ts");
  const textOf = (flag: unknown) => (typeof flag === "string" ? flag : undefined);
  await runKeys({
    dataFolder,
    words,
    rpcUrl: variable("RPC_URL"),
    document: textOf(flags.document),
    by: textOf(flags.by),
    print: (text) => process.stdout.write(`${text}\n`),
  });
  return 0;
}

async function days(flags: Flags, [what]: readonly string[]): Promise<number> {
  const { before, first, end, challenge = "365" } = flags;
  const { withRegistry } = await import("./dev/running.ts");
  const { attachCommand, detachCommand } = await import("./days.ts");
  const print = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  const of = { dataFolder, json: flags.json === true };
  if (what === "detach" && typeof before === "string" && /^\d{1,5}$/.test(String(challenge))) {
    const asked = { ...of, before, challengeDays: Number(challenge) };
    return withRegistry(dataFolder, say, ({ databaseUrl }) =>
      detachCommand(databaseUrl, asked, print),
    );
  }
  if (what === "attach" && typeof first === "string" && typeof end === "string") {
    return withRegistry(dataFolder, say, ({ databaseUrl }) =>
      attachCommand(databaseUrl, { ...of, first, end }, print),
    );
  }
  throw new UsageError(
    "days takes: detach --before DATE [--challenge DAYS], or attach --first DATE --end DATE.",
  );
}

async function methodology(flags: Flags, words: readonly string[]): Promise<number> {
  const [what, first, second] = words;
  const { activities } = flags;
  const print = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  if (what === "check" && first !== undefined && second === undefined) {
    const { checkMethodologyFile } = await import("./methodology/commands.ts");
    return checkMethodologyFile(fileOf(first), print);
  }
  if (what === "compare" && first !== undefined && second === undefined) {
    return comparePeriod(flags, fileOf(first), print);
  }
  if (what !== "compare" || !first || !second || typeof activities !== "string") {
    throw new UsageError(
      "methodology takes: check FILE, compare OLD NEW --activities ROWS.csv, or compare NEW --source ID --first DATE --end DATE.",
    );
  }
  const { compareMethodologyFiles } = await import("./methodology/commands.ts");
  const files = { first: fileOf(first), second: fileOf(second), activities: fileOf(activities) };
  return compareMethodologyFiles(files, { json: flags.json === true }, print);
}

async function comparePeriod(
  flags: Flags,
  file: string,
  print: (text: string) => void,
): Promise<number> {
  const { source, first, end } = flags;
  if (typeof source !== "string" || typeof first !== "string" || typeof end !== "string") {
    throw new UsageError("methodology compare NEW takes --source ID --first DATE --end DATE.");
  }
  const { comparePeriod: compare } = await import("./methodology/comparePeriod.ts");
  const { withRegistry } = await import("./dev/running.ts");
  const of = { file, sourceId: source.toLowerCase(), first, end, json: flags.json === true };
  return withRegistry(dataFolder, say, ({ databaseUrl }) => compare(databaseUrl, of, print));
}

async function intake(flags: Flags, [file]: readonly string[]): Promise<number> {
  const { source, platform, map, results, workers = "2" } = flags;
  const isWhole =
    file !== undefined &&
    typeof source === "string" &&
    typeof platform === "string" &&
    typeof map === "string";
  if (!isWhole || !/^([1-9]|[1-5]\d|6[0-4])$/.test(String(workers))) {
    throw new UsageError(
      "intake takes: FILE --source ID --platform NAME --map MAPPING.yaml [--workers 1..64] [--results FILE].",
    );
  }
  const { runIntakeCommand } = await import("./intake/command.ts");
  return runIntakeCommand({
    ...{ dataFolder, say, platform, json: flags.json === true },
    ...{ file: fileOf(file), mappingFile: fileOf(map), sourceId: source.toLowerCase() },
    keyFile: variable("KEYS_FILE"),
    workers: Number(workers),
    resultsFile: typeof results === "string" ? fileOf(results) : undefined,
    print: (text) => process.stdout.write(`${text}\n`),
  });
}

/** The benchmarks, each a program of its own that prints rows or, with --json, one object as its last line. */
const benches: Readonly<Record<string, { file: string; takes: readonly string[] }>> = {
  close: { file: "close.ts", takes: ["reports", "runs"] },
  gas: { file: "gas.ts", takes: [] },
  indexer: { file: "indexer.ts", takes: ["events", "runs"] },
  intake: { file: "intake.ts", takes: ["rides", "there", "workers"] },
  ledger: { file: "ledger.ts", takes: ["persons", "runs"] },
  tree: { file: "tree.ts", takes: ["leaves", "runs"] },
  writer: { file: "writer.ts", takes: ["commands", "rounds"] },
};

async function bench(flags: Flags, [name]: readonly string[]): Promise<number> {
  const found = name !== undefined && Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (found === undefined) {
    const known = Object.keys(benches).join(" ");
    throw new UsageError(`There is no benchmark "${name ?? ""}"; the benchmarks are: ${known}.`);
  }
  const args: string[] = [];
  for (const [flag, value] of Object.entries(flags)) {
    if (flag === "json") args.push("--json");
    else if (found.takes.includes(flag)) args.push(`--${flag}=${value}`);
    else throw new UsageError(`bench ${name} does not take --${flag}.`);
  }
  const script = path.join(import.meta.dirname, "bench", found.file);
  return runNode(["--import", "tsx", script, ...args], {});
}

async function start(): Promise<number> {
  const stack = await startStack({ dataFolder, onProgress: say });
  const stopped = new Promise<string | undefined>((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        // Asked twice, it leaves at once; the lifeline then ends what is left.
        if (asked) process.exit(130);
        asked = true;
        resolve(undefined);
      });
    }
    stack.broken.then(resolve);
  });
  let sentence: string | undefined;
  try {
    sentence = await Promise.race([serve(stack).then(() => stopped), stopped]);
  } finally {
    say("Stopping ...");
    await stack.stop();
  }
  if (sentence !== undefined) throw new StackError(sentence);
  return 0;
}

/** Puts the contracts on the chain where they are missing and starts the roles. */
async function serve(stack: Stack): Promise<void> {
  if (stack.mode === "demo") {
    say("This folder holds a demonstration: its keys are published, its units are nobody's.");
    const keys = path.join(dataFolder, "secrets", "demo-api-keys.json");
    if (existsSync(keys)) say(`API keys of its parties: ${keys}`);
  }
  const { partyEnvironment, prepareRegistry } = await import("./dev/registry.ts");
  const { manifest } = await prepareRegistry({
    dataFolder,
    rpcUrl: stack.rpcUrl,
    onStep: (k, of, name) => say(`Contracts: ${k} of ${of} (${name})`),
  });
  say(`The contracts stand on chain ${manifest.chainId} since block ${manifest.deployedBlock}`);
  const env = await partyEnvironment(dataFolder);
  const roles = ["indexer", "worker", "api"] as const;
  await Promise.all(roles.map((role) => stack.startRole(role, env)));
  say(
    `The registry serves at ${stack.apiUrl()} (documentation: ${stack.apiUrl()}/docs); Ctrl-C stops it`,
  );
}

async function reindex(): Promise<number> {
  const { runReindex } = await import("./reindex.ts");
  const { withRegistry } = await import("./dev/running.ts");
  let told = Date.now();
  const onProgress = ({ block, head }: { block: number; head: number }): void => {
    if (Date.now() - told < 2_000) return;
    told = Date.now();
    say(`Block ${block} of ${head}`);
  };
  const result = await withRegistry(dataFolder, say, (place) =>
    runReindex({ ...place, onProgress }),
  );
  process.stdout.write(`mirror   ${result.mirrorDigest}\nreindex  ${result.reindexDigest}\n`);
  const equal = result.mirrorDigest === result.reindexDigest;
  say(
    equal
      ? `The digests are equal at block ${result.atBlock} (${result.blocks} blocks, ${result.events} events read anew).`
      : `The digests differ at block ${result.atBlock}; the mirror built anew from the chain is now in place.`,
  );
  return equal ? 0 : 1;
}

/** A whole number given with a flag; undefined when it was not. */
function blockOf(flags: Flags, name: string): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  if (typeof text === "string" && /^\d{1,12}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} takes the number of a block.`);
}

async function digest(flags: Flags): Promise<number> {
  const asked = {
    first: blockOf(flags, "from"),
    last: blockOf(flags, "to"),
    every: blockOf(flags, "every"),
  };
  const { runDigest } = await import("./digest.ts");
  const { withRegistry } = await import("./dev/running.ts");
  const ranges = await withRegistry(dataFolder, say, ({ databaseUrl }) =>
    runDigest({ databaseUrl, ...asked }),
  ).catch((error: unknown) => {
    throw error instanceof RangeError ? new StackError(`No digest: ${error.message}.`) : error;
  });
  const lines = ranges.map(
    ({ first, end, digest, chained }) => `${first} to ${end - 1}  ${digest}  ${chained}`,
  );
  process.stdout.write(`${flags.json === true ? JSON.stringify(ranges) : lines.join("\n")}\n`);
  return 0;
}

/** 0: equal; 1: differences; 2: it could not be compared. */
async function reconcile(flags: Flags): Promise<number> {
  const block = blockOf(flags, "block");
  const { reconcileReport, runReconcile } = await import("./reconcile.ts");
  const { withRegistry } = await import("./dev/running.ts");
  try {
    const result = await withRegistry(dataFolder, say, (place) =>
      runReconcile({ ...place, block }),
    );
    const text = flags.json === true ? JSON.stringify(result) : reconcileReport(result);
    process.stdout.write(`${text}\n`);
    return result.differences.length === 0 ? 0 : 1;
  } catch (error) {
    say(`tanpu: It could not be compared: ${(error as Error).message}`);
    return 2;
  }
}

/** A file as the caller names it: from where ./tanpu was called. */
const fileOf = (name: string): string =>
  path.resolve(process.env.TANPU_CALLED_FROM || process.cwd(), name);

/** A variable of the environment; a blank one counts as not set. */
const variable = (name: string): string | undefined => process.env[name]?.trim() || undefined;

/** The node that `RPC_URL` names; of several, one that answers. */
async function nodeUrl(): Promise<string | undefined> {
  const setting = variable("RPC_URL");
  return setting === undefined ? undefined : answeringUrl(setting);
}

async function deploy(config: string | undefined): Promise<number> {
  if (config === undefined) {
    throw new UsageError("deploy needs a configuration; deployments/sample.yaml shows one.");
  }
  const { runDeploy } = await import("./deploy/commands.ts");
  const keyFile = variable("DEPLOYER_KEY_FILE");
  await runDeploy({
    configFile: fileOf(config),
    dataFolder,
    rpcUrl: await nodeUrl(),
    keyFile: keyFile === undefined ? undefined : fileOf(keyFile),
    say,
  });
  return 0;
}

async function compare(flags: Flags): Promise<number> {
  const { runCompare } = await import("./deploy/commands.ts");
  return runCompare({
    manifestFile: typeof flags.manifest === "string" ? fileOf(flags.manifest) : undefined,
    json: flags.json === true,
    dataFolder,
    rpcUrl: await nodeUrl(),
    print: (text) => process.stdout.write(`${text}\n`),
  });
}

function parse(args: readonly string[]): { command: Command; flags: Flags; words: string[] } {
  const [name = "help", ...rest] = args;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    throw new UsageError(`There is no command "${name}"; ./tanpu help shows what there is.`);
  try {
    const options: Record<string, { type: "boolean" | "string" }> = {};
    for (const flag of [...command.flags, "help"]) options[flag] = { type: "boolean" };
    for (const flag of command.valued ?? []) options[flag] = { type: "string" };
    const { values, positionals } = parseArgs({
      args: rest,
      options,
      allowPositionals: true,
      strict: true,
    });
    if (positionals.length > command.words) {
      throw new Error(`Unexpected argument '${positionals[command.words]}'.`);
    }
    if (values.help === true) return { command: commands.help as Command, flags: {}, words: [] };
    return { command, flags: values as Flags, words: positionals };
  } catch (error) {
    const first = (error as Error).message.split(/(?<=\.)\s/)[0] ?? "";
    throw new UsageError(`${first.replace(/\.?$/, ".")} ./tanpu help shows what "${name}" takes.`);
  }
}

async function main(): Promise<number> {
  try {
    const { command, flags, words } = parse(process.argv.slice(2));
    return await command.run(flags, words);
  } catch (error) {
    if (error instanceof UsageError) {
      say(`tanpu: ${error.message}`);
      return 2;
    }
    if (toldPlainly.has((error as Error).name)) say(`tanpu: ${(error as Error).message}`);
    else {
      const cause = knownCause(String((error as NodeJS.ErrnoException).code ?? ""));
      say(
        cause === undefined
          ? `tanpu: ${(error as Error).stack ?? error}`
          : `tanpu: It cannot go on: ${cause} (${(error as Error).message}).`,
      );
    }
    return 1;
  }
}

process.exit(await main());
