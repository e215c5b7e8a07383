import path from "node:path";
import { pathToFileURL } from "node:url";
import { folders, openKeys } from "./dev/registry.ts";

const USAGE = `usage: node --import tsx scripts/keys.ts create|list [--data FOLDER]

The encrypted key files are in FOLDER/keystore (default .tanpu); the passphrase is read from
KEYSTORE_PASSPHRASE_FILE or FOLDER/secrets/keystore-passphrase, which ./tanpu start makes.`;

/** Creates a key, or lists the addresses of the keys a data folder holds; prints addresses only. */
async function main(args: readonly string[]): Promise<number> {
  const [command, option, folder, ...rest] = args;
  const misread = rest.length > 0 || (option !== undefined && (option !== "--data" || !folder));
  if (misread || (command !== "create" && command !== "list")) {
    console.error(USAGE);
    return 2;
  }
  const dataFolder = path.resolve(folder ?? ".tanpu");
  try {
    const keys = await openKeys(dataFolder, folders.keys(dataFolder));
    const addresses = command === "create" ? [await keys.create()] : await keys.addresses();
    for (const address of addresses) console.log(address);
    return 0;
  } catch (cause) {
    console.error(`The key store of ${dataFolder} cannot be opened: ${(cause as Error).message}`);
    return 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = await main(process.argv.slice(2));
}
