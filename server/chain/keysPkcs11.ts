import { randomBytes } from "node:crypto";
import { computeAddress, type TransactionLike } from "ethers";
import { PermanentError } from "./failures.ts";
import type { KeyMaker, TypedData } from "./keys.ts";
import {
  CK,
  failureOf,
  type Handle,
  loadLibrary,
  openSessions,
  type Pkcs11Library,
} from "./pkcs11Module.ts";
import { type SignDigest, signTransactionWith, signTypedDataWith } from "./signing.ts";

/** Which token, and who may use it. */
export type Pkcs11Place = {
  /** The vendor's library, for example /usr/lib/softhsm/libsofthsm2.so. */
  readonly library: string;
  /** The token's label. */
  readonly token: string;
  readonly pin: string;
};

// DER of the curve's name, 1.3.132.0.10.
const SECP256K1 = Buffer.from("06052b8104000a", "hex");
const ECDSA = { mechanism: CK.CKM_ECDSA, parameter: null };

/** As many signatures at once as one process may ask for. */
const SESSIONS = 4;
/** How long the list of the token's keys is believed; a key made elsewhere is found after that. */
const FRESH_MILLISECONDS = 2_000;
const MOST_OBJECTS = 10_000;

type Opened = {
  readonly library: Pkcs11Library;
  readonly all: readonly Handle[];
  readonly idle: Handle[];
  readonly waiting: ((session: Handle) => void)[];
};
type Listed = { readonly at: number; readonly idOf: ReadonlyMap<string, Buffer> };

/**
 * Keys in a PKCS#11 token: an HSM, a smart card, SoftHSM. The token makes the keys and signs; they never
 * leave it. It knows secp256k1 and raw ECDSA, and everything of chains is done here. A token that went
 * away is opened anew at the next call; meanwhile RetryableError. A PIN that was refused is not tried again.
 */
export class Pkcs11KeyStore implements KeyMaker {
  readonly #place: Pkcs11Place;
  #opened: Promise<Opened> | undefined;
  #listed: Listed | undefined;

  constructor(place: Pkcs11Place) {
    this.#place = place;
  }

  async addresses(): Promise<readonly string[]> {
    return [...(await this.#list(FRESH_MILLISECONDS)).keys()].sort();
  }

  async signTransaction(address: string, transaction: TransactionLike): Promise<string> {
    const owner = address.toLowerCase();
    return signTransactionWith(owner, transaction, await this.#signer(owner));
  }

  async signTypedData(address: string, data: TypedData): Promise<string> {
    const owner = address.toLowerCase();
    return signTypedDataWith(owner, data, await this.#signer(owner));
  }

  /** Has the token make a key that it will not give out; returns its address. */
  async create(): Promise<string> {
    return this.#withSession(async (session, library) => {
      const id = randomBytes(16);
      const both = [
        { type: CK.CKA_TOKEN, value: true },
        { type: CK.CKA_ID, value: id },
      ];
      const { publicKey, privateKey } = library.C_GenerateKeyPair(
        session,
        { mechanism: CK.CKM_EC_KEY_PAIR_GEN, parameter: null },
        [
          ...both,
          { type: CK.CKA_EC_PARAMS, value: SECP256K1 },
          { type: CK.CKA_VERIFY, value: true },
        ],
        [
          ...both,
          { type: CK.CKA_PRIVATE, value: true },
          { type: CK.CKA_SENSITIVE, value: true },
          { type: CK.CKA_EXTRACTABLE, value: false },
          { type: CK.CKA_SIGN, value: true },
        ],
      );
      this.#listed = undefined;
      const address = addressOf(library, session, publicKey);
      if (address === undefined) throw new PermanentError("the token made a key of another curve");
      // For people who look at the token with its own tools; nothing here reads it.
      for (const key of [publicKey, privateKey]) {
        library.C_SetAttributeValue(session, key, [{ type: CK.CKA_LABEL, value: address }]);
      }
      return address;
    });
  }

  async #signer(address: string): Promise<SignDigest> {
    const known = (await this.#list(FRESH_MILLISECONDS)).get(address);
    // A key that was made a moment ago must be found now.
    const id = known ?? (await this.#list(0)).get(address);
    if (id === undefined) throw new PermanentError(`no key of ${address} is held here`);
    return (digest) =>
      this.#withSession(async (session, library) => {
        const [key] = find(library, session, [
          { type: CK.CKA_CLASS, value: CK.CKO_PRIVATE_KEY },
          { type: CK.CKA_KEY_TYPE, value: CK.CKK_EC },
          { type: CK.CKA_ID, value: id },
        ]);
        if (key === undefined) throw new PermanentError(`the private key of ${address} is gone`);
        library.C_SignInit(session, ECDSA, key);
        return library.C_SignAsync(session, Buffer.from(digest), Buffer.alloc(64));
      });
  }

  async #list(freshMilliseconds: number): Promise<ReadonlyMap<string, Buffer>> {
    if (this.#listed && Date.now() - this.#listed.at < freshMilliseconds) return this.#listed.idOf;
    return this.#withSession(async (session, library) => {
      const idOf = new Map<string, Buffer>();
      const found = find(library, session, [
        { type: CK.CKA_CLASS, value: CK.CKO_PUBLIC_KEY },
        { type: CK.CKA_KEY_TYPE, value: CK.CKK_EC },
      ]);
      for (const object of found) {
        const address = addressOf(library, session, object);
        const [id] = library.C_GetAttributeValue(session, object, [{ type: CK.CKA_ID }]);
        if (address !== undefined && id) idOf.set(address, id.value);
      }
      this.#listed = { at: Date.now(), idOf };
      return idOf;
    });
  }

  async #withSession<T>(work: (session: Handle, library: Pkcs11Library) => Promise<T>): Promise<T> {
    let opened: Opened | undefined;
    let session: Handle | undefined;
    try {
      opened = await this.#open();
      session = opened.idle.pop() ?? (await turnOf(opened));
      return await work(session, opened.library);
    } catch (cause) {
      const failure = failureOf(cause);
      // A session of a token that was away never works again; nor does an operation cut in its middle.
      if (!(cause instanceof PermanentError)) this.#drop(opened);
      throw failure;
    } finally {
      if (opened && session) handOn(opened, session);
    }
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#connect().catch((cause) => {
      const failure = failureOf(cause);
      // A wrong PIN is kept: tokens lock after a few of them.
      if (!(failure instanceof PermanentError)) this.#opened = undefined;
      throw failure;
    });
    return this.#opened;
  }

  async #connect(): Promise<Opened> {
    const { library: file, token, pin } = this.#place;
    const library = await loadLibrary(file);
    const all = openSessions(library, { label: token, pin }, SESSIONS);
    return { library, all, idle: [...all], waiting: [] };
  }

  #drop(opened: Opened | undefined): void {
    this.#listed = undefined;
    if (opened === undefined) return;
    this.#opened = undefined;
    for (const session of opened.all) {
      try {
        opened.library.C_CloseSession(session);
      } catch {
        // It is gone already, which is why we are here.
      }
    }
  }
}

function turnOf(opened: Opened): Promise<Handle> {
  return new Promise((resolve) => opened.waiting.push(resolve));
}

function handOn(opened: Opened, session: Handle): void {
  const next = opened.waiting.shift();
  if (next) next(session);
  else opened.idle.push(session);
}

function find(
  library: Pkcs11Library,
  session: Handle,
  template: Parameters<Pkcs11Library["C_FindObjectsInit"]>[1],
): Handle[] {
  library.C_FindObjectsInit(session, template);
  try {
    return library.C_FindObjects(session, MOST_OBJECTS);
  } finally {
    library.C_FindObjectsFinal(session);
  }
}

/** The address of a public key of our curve; undefined for a key of another. */
function addressOf(library: Pkcs11Library, session: Handle, key: Handle): string | undefined {
  const [curve, point] = library.C_GetAttributeValue(session, key, [
    { type: CK.CKA_EC_PARAMS },
    { type: CK.CKA_EC_POINT },
  ]);
  if (!curve?.value.equals(SECP256K1) || !point) return undefined;
  // The standard wraps the point in an octet string (04 41 …); some tokens leave that out.
  const bytes = point.value.length === 67 ? point.value.subarray(2) : point.value;
  if (bytes.length !== 65 || bytes[0] !== 4) return undefined;
  return computeAddress(`0x${bytes.toString("hex")}`).toLowerCase();
}
