import { PermanentError, RetryableError } from "./failures.ts";

/** A handle of the library: an object, a session or a slot. */
export type Handle = Buffer;
export type Template = {
  readonly type: number;
  readonly value?: Buffer | number | boolean | string;
}[];

/**
 * The functions of PKCS#11 (2.40) that are used here, as the package `pkcs11js` offers them. The package
 * is compiled where it is wanted and is missing elsewhere, so its types are not relied on.
 */
export interface Pkcs11Library {
  load(path: string): void;
  close(): void;
  C_Initialize(options: { flags: number }): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { label: string };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: Template): void;
  C_FindObjects(session: Handle, most: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: Template): { value: Buffer }[];
  C_SetAttributeValue(session: Handle, object: Handle, template: Template): void;
  C_GenerateKeyPair(
    session: Handle,
    mechanism: { mechanism: number; parameter: null },
    publicTemplate: Template,
    privateTemplate: Template,
  ): { publicKey: Handle; privateKey: Handle };
  C_SignInit(session: Handle, mechanism: { mechanism: number; parameter: null }, key: Handle): void;
  C_SignAsync(session: Handle, data: Buffer, into: Buffer): Promise<Buffer>;
}

/** Numbers of the standard (PKCS #11 v2.40, pkcs11t.h). */
export const CK = {
  CKF_OS_LOCKING_OK: 2,
  CKF_RW_SESSION: 2,
  CKF_SERIAL_SESSION: 4,
  CKU_USER: 1,
  CKO_PUBLIC_KEY: 2,
  CKO_PRIVATE_KEY: 3,
  CKK_EC: 3,
  CKA_CLASS: 0x0,
  CKA_TOKEN: 0x1,
  CKA_PRIVATE: 0x2,
  CKA_LABEL: 0x3,
  CKA_KEY_TYPE: 0x100,
  CKA_ID: 0x102,
  CKA_SENSITIVE: 0x103,
  CKA_SIGN: 0x108,
  CKA_VERIFY: 0x10a,
  CKA_EXTRACTABLE: 0x162,
  CKA_EC_PARAMS: 0x180,
  CKA_EC_POINT: 0x181,
  CKM_EC_KEY_PAIR_GEN: 0x1040,
  CKM_ECDSA: 0x1041,
} as const;

const ALREADY_INITIALIZED = 0x191;
const ALREADY_LOGGED_IN = 0x100;

// What another person or setting has to change: the PIN, the mechanism, the token.
const hopeless: ReadonlySet<number> = new Set([
  0xa0, // PIN incorrect
  0xa1, // PIN invalid
  0xa2, // PIN length
  0xa3, // PIN expired
  0xa4, // PIN locked
  0x70, // mechanism invalid
  0x130, // domain parameters invalid
  0x140, // curve not supported
  0x63, // key type inconsistent
  0x68, // key function not permitted
]);

const codeOf = (cause: unknown): number | undefined => {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === "number" ? code : undefined;
};

/** Runs `work`, taking one error of the library as success. */
function tolerating(code: number, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (codeOf(cause) !== code) throw cause;
  }
}

/** What the library's error means to us; its own text says the name of the code and no secret. */
export function failureOf(cause: unknown): Error {
  if (cause instanceof PermanentError || cause instanceof RetryableError) return cause;
  const code = codeOf(cause);
  const said = cause instanceof Error ? cause.message : String(cause);
  return code !== undefined && hopeless.has(code)
    ? new PermanentError(`the key token refuses: ${said}`, { cause })
    : new RetryableError(`the key token is not usable now: ${said}`, { cause });
}

/** Loads the library. PermanentError when the binding was not built, or the file is no such library. */
export async function loadLibrary(file: string): Promise<Pkcs11Library> {
  // Not resolved at compile time: where nobody asked for PKCS#11 the package may be missing.
  const name: string = "pkcs11js";
  let binding: { PKCS11: new () => Pkcs11Library };
  try {
    binding = await import(name);
  } catch (cause) {
    throw new PermanentError(
      "KEYSTORE=pkcs11 needs the package pkcs11js, compiled; ./tanpu compiles it when KEYSTORE=pkcs11 is set (needs Python, make and a C++ compiler)",
      { cause },
    );
  }
  const library = new binding.PKCS11();
  try {
    library.load(file);
  } catch (cause) {
    throw new PermanentError(`${file} is not a PKCS#11 library of this machine`, { cause });
  }
  return library;
}

/** Opens logged-in sessions on the token of this label. Throws what the library says. */
export function openSessions(
  library: Pkcs11Library,
  token: { readonly label: string; readonly pin: string },
  count: number,
): Handle[] {
  tolerating(ALREADY_INITIALIZED, () => library.C_Initialize({ flags: CK.CKF_OS_LOCKING_OK }));
  const slot = library
    .C_GetSlotList(true)
    .find((one) => library.C_GetTokenInfo(one).label.replace(/[\0 ]+$/, "") === token.label);
  if (slot === undefined) throw new RetryableError(`no token is labelled ${token.label}`);
  const flags = CK.CKF_SERIAL_SESSION | CK.CKF_RW_SESSION;
  const sessions = Array.from({ length: count }, () => library.C_OpenSession(slot, flags));
  const [first] = sessions;
  // One login counts for all sessions of the process.
  if (first) tolerating(ALREADY_LOGGED_IN, () => library.C_Login(first, CK.CKU_USER, token.pin));
  return sessions;
}
