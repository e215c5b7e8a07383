import path from "node:path";
import type { KeyStoreConfig } from "../platform/keystoreConfig.ts";
import { FileKeyStore, type KeyMaker, readPassphrase } from "./keys.ts";
import { Pkcs11KeyStore } from "./keysPkcs11.ts";

/**
 * Opens the store that the configuration names; a token is asked for nothing yet.
 * Throws PermanentError when the file of the passphrase or PIN is empty.
 */
export async function openKeyStore(config: KeyStoreConfig, dataFolder: string): Promise<KeyMaker> {
  if (config.kind === "pkcs11") {
    const { library, token, pinFile } = config;
    return new Pkcs11KeyStore({ library, token, pin: await readPassphrase(pinFile) });
  }
  const file = config.passphraseFile ?? path.join(dataFolder, "secrets", "keystore-passphrase");
  const passphrase = await readPassphrase(file);
  return new FileKeyStore({ folder: path.join(dataFolder, "keystore"), passphrase });
}
