import { ConfigError } from "./config.ts";

/** Where the keys are that the worker signs with. */
export type KeyStoreConfig =
  | {
      readonly kind: "file";
      /** Undefined: the one in the data folder's `secrets`. */
      readonly passphraseFile: string | undefined;
    }
  | {
      readonly kind: "pkcs11";
      readonly library: string;
      /** The token's label. */
      readonly token: string;
      readonly pinFile: string;
    };

/**
 * Reads KEYSTORE (file or pkcs11) and what belongs to it. A blank variable counts as not set.
 *
 * @throws ConfigError naming the variable that is missing or wrong.
 */
export function readKeyStoreConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): KeyStoreConfig {
  const kind = env.KEYSTORE || "file";
  if (kind === "file") {
    return { kind, passphraseFile: env.KEYSTORE_PASSPHRASE_FILE || undefined };
  }
  if (kind !== "pkcs11") {
    throw new ConfigError("The environment variable KEYSTORE must be file or pkcs11.");
  }
  const required = (name: string): string => {
    const value = env[name];
    if (value) return value;
    throw new ConfigError(`The environment variable ${name} is not set; KEYSTORE=pkcs11 needs it.`);
  };
  return {
    kind,
    library: required("PKCS11_LIBRARY"),
    token: required("PKCS11_TOKEN"),
    pinFile: required("PKCS11_PIN_FILE"),
  };
}
