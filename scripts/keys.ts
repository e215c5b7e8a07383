import path from "node:path";
import { pathToFileURL } from "node:url";
import { FileKeyStore, readPassphrase } from "../server/chain/keys.ts";

const USAGE = `usage: node --import tsx scripts/keys.ts create|list [--data FOLDER]

The encrypted key files are in FOLDER/keystore (default .tanpu); the passphrase is read from
KEYSTORE_PASSPHRASE_FILE or FOLDER/secrets/keystore-passphrase.`;

/** Opens the keystore of a data folder. */
export async function openKeyStore(dataFolder: string, scryptCost?: number): Promise<FileKeyStore> {
  const file =
    process.env.KEYSTORE_PASSPHRASE_FILE ?? path.join(dataFolder, "secrets", "keystore-passphrase");
  return new FileKeyStore({
    folder: path.join(dataFolder, "keystore"),
    passphrase: await readPassphrase(file),
    ...(scryptCost === undefined ? {} : { scryptCost }),
  });
}

async function main(args: readonly string[]): Promise<number> {
  const [command, option, folder] = args;
  const dataFolder = option === "--data" && folder ? folder : ".tanpu";
  if (command === "create") {
    console.log(await (await openKeyStore(dataFolder)).create());
    return 0;
  }
  if (command === "list") {
    for (const address of await (await openKeyStore(dataFolder)).addresses()) console.log(address);
    return 0;
  }
  console.error(USAGE);
  return 2;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = await main(process.argv.slice(2));
}
