import { randomBytes, scrypt } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import {
  decryptKeystoreJson,
  encryptKeystoreJson,
  scrypt as ethersScrypt,
  type TransactionLike,
  type TypedDataDomain,
  type TypedDataField,
  Wallet,
} from "ethers";
import { PermanentError } from "./failures.ts";
import { signPlain } from "./plainSigning.ts";
import { plainOf } from "./transactionBytes.ts";

/** Typed data of EIP-712. */
export type TypedData = {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly value: Record<string, unknown>;
};

/**
 * Where private keys live. The writer asks for signatures and never sees a key, so that a hardware
 * store can stand behind the same three questions. Addresses are `0x…` lowercase.
 */
export interface KeyStore {
  addresses(): Promise<readonly string[]>;
  /** Signed bytes, `0x…`. Throws PermanentError when the key is not held here. */
  signTransaction(address: string, transaction: TransactionLike): Promise<string>;
  /** 65-byte signature, `0x…`. Throws PermanentError when the key is not held here. */
  signTypedData(address: string, data: TypedData): Promise<string>;
}

/** A store that also makes keys. */
export interface KeyMaker extends KeyStore {
  /** Makes a new key; returns its address. */
  create(): Promise<string>;
}

// Node's own scrypt runs off the main thread and is some thirty times faster than ethers' JavaScript.
ethersScrypt.register(
  (password, salt, cost, blockSize, parallelization, length) =>
    new Promise((resolve, reject) => {
      const options = { cost, blockSize, parallelization, maxmem: 256 * cost * blockSize };
      scrypt(bytesOf(password), bytesOf(salt), length, options, (error, key) =>
        error ? reject(error) : resolve(`0x${key.toString("hex")}`),
      );
    }),
);

function bytesOf(bytes: string | Uint8Array): Uint8Array {
  return typeof bytes === "string" ? Buffer.from(bytes.slice(2), "hex") : bytes;
}

/** Work factor of new key files; 2^17 is what wallets write, and costs about 0.3 s a file. */
const DEFAULT_SCRYPT_COST = 2 ** 17;

/**
 * A folder of encrypted V3 key files, one a key, named by address, readable by the owner alone. Files
 * are decrypted on first use and written atomically; none is ever overwritten.
 */
export class FileKeyStore implements KeyMaker {
  readonly #folder: string;
  readonly #passphrase: string;
  readonly #scryptCost: number;
  readonly #wallets = new Map<string, Promise<Wallet>>();

  constructor(options: { folder: string; passphrase: string; scryptCost?: number }) {
    this.#folder = options.folder;
    this.#passphrase = options.passphrase;
    this.#scryptCost = options.scryptCost ?? DEFAULT_SCRYPT_COST;
  }

  async addresses(): Promise<readonly string[]> {
    const names = await readdir(this.#folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return [];
      throw cause;
    });
    return names.flatMap((name) => /^(0x[0-9a-f]{40})\.json$/.exec(name)?.[1] ?? []).sort();
  }

  async signTransaction(address: string, transaction: TransactionLike): Promise<string> {
    const wallet = await this.#wallet(address);
    const plain = plainOf(transaction);
    if (plain) return signPlain(plain, Buffer.from(wallet.privateKey.slice(2), "hex"));
    return wallet.signTransaction({ ...transaction, from: null });
  }

  async signTypedData(address: string, data: TypedData): Promise<string> {
    const wallet = await this.#wallet(address);
    return wallet.signTypedData(data.domain, data.types, data.value);
  }

  /** Makes a new key, or stores the given one; returns its address. Storing a held key again is fine. */
  async create(privateKey: string = `0x${randomBytes(32).toString("hex")}`): Promise<string> {
    const wallet = new Wallet(privateKey);
    const address = wallet.address.toLowerCase();
    if (!(await this.addresses()).includes(address)) {
      const json = await encryptKeystoreJson(wallet, this.#passphrase, {
        scrypt: { N: this.#scryptCost },
      });
      await this.#write(address, json);
    }
    this.#wallets.set(address, Promise.resolve(wallet));
    return address;
  }

  async #write(address: string, json: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const draft = path.join(this.#folder, `.${address}.${randomBytes(6).toString("hex")}`);
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(json);
      await file.sync();
      await file.close();
      await rename(draft, this.#file(address));
    } catch (cause) {
      await rm(draft, { force: true });
      throw cause;
    }
  }

  #wallet(address: string): Promise<Wallet> {
    const key = address.toLowerCase();
    const known = this.#wallets.get(key);
    if (known) return known;
    const opened = this.#decrypt(key);
    this.#wallets.set(key, opened);
    // A key file that appears later must be found then.
    opened.catch(() => this.#wallets.delete(key));
    return opened;
  }

  async #decrypt(address: string): Promise<Wallet> {
    let json: string;
    try {
      json = await readFile(this.#file(address), "utf8");
    } catch (cause) {
      throw new PermanentError(`no key of ${address} is held here`, { cause });
    }
    try {
      const account = await decryptKeystoreJson(json, this.#passphrase);
      return new Wallet(account.privateKey);
    } catch (cause) {
      throw new PermanentError(`the key file of ${address} does not open with this passphrase`, {
        cause,
      });
    }
  }

  #file(address: string): string {
    return path.join(this.#folder, `${address}.json`);
  }
}

/** Reads a file of a passphrase or PIN; a last line break does not belong to it. PermanentError if empty. */
export async function readPassphrase(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new PermanentError(`the passphrase file ${file} cannot be read`, { cause });
  });
  const passphrase = text.replace(/\r?\n$/, "");
  if (passphrase === "") throw new PermanentError(`the passphrase file ${file} is empty`);
  return passphrase;
}
