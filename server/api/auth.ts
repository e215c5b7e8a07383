import type { Pool } from "pg";
import { type ApiKey, findApiKey, sha256OfKey } from "../database/commands.ts";
import { type Action, mayDo, type Role } from "../domain/access.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { findPersonByToken, type Person } from "../ledger/persons.ts";

/** Who asks: the holder of a key, or the public. */
export type Caller = {
  readonly role: Role;
  readonly key: ApiKey | null;
  /** Whose personal token was shown. */
  readonly person?: Person;
};

/** How every personal token begins. */
export const PERSON_TOKEN = "tanpu_person_";

/** Who shows no key. */
export const PUBLIC: Caller = { role: "public", key: null };

/**
 * Finds out who asks from the Authorization header. Without one it is the public; UNAUTHENTICATED for
 * anything that is not a stored key, API_KEY_REVOKED for one that was taken back.
 */
export async function authenticate(
  pool: Pool,
  authorization: string | undefined,
): Promise<Result<Caller>> {
  if (authorization === undefined) return succeed(PUBLIC);
  const secret = /^Bearer ([\x21-\x7e]{8,200})$/i.exec(authorization)?.[1];
  if (secret?.startsWith(PERSON_TOKEN)) {
    const person = await findPersonByToken(pool, sha256OfKey(secret));
    if (person === "replaced") return refuse("API_KEY_REVOKED");
    return person ? succeed({ role: "person", key: null, person }) : refuse("UNAUTHENTICATED");
  }
  const key = secret === undefined ? undefined : await findApiKey(pool, sha256OfKey(secret));
  if (key === undefined) return refuse("UNAUTHENTICATED");
  if (key.revoked) return refuse("API_KEY_REVOKED");
  return succeed({ role: key.role, key });
}

// Everyone may read the registry, and every key may follow its own operations.
const withoutScope: ReadonlySet<Action> = new Set(["registry.read", "operations.read"]);

/** Whether this caller may do this action: its role by the table, its key by its scopes. */
export function authorize(caller: Caller, action: Action): Result<Caller> {
  if (!mayDo(caller.role, action)) {
    return caller.key === null && caller.person === undefined
      ? refuse("UNAUTHENTICATED")
      : refuse("FORBIDDEN", { values: { role: caller.role, action } });
  }
  // A personal token opens everything of its person and nothing else.
  if (caller.person !== undefined) return succeed(caller);
  const scopes = caller.key?.scopes ?? [];
  if (!withoutScope.has(action) && !scopes.includes("*") && !scopes.includes(action)) {
    return refuse("SCOPE_MISSING", { values: { scope: action } });
  }
  return succeed(caller);
}

/** The person whose token was shown. UNAUTHENTICATED. */
export function personIn(caller: Caller): Result<Person> {
  return caller.person === undefined ? refuse("UNAUTHENTICATED") : succeed(caller.person);
}

/** The chain account the caller orders for. ACCOUNT_MISMATCH when its key has none. */
export function accountOf(caller: Caller): Result<string> {
  const account = caller.key?.account ?? null;
  return account === null ? refuse("ACCOUNT_MISMATCH") : succeed(account);
}

/** PROGRAMME_MISMATCH when the caller's key belongs to another programme. */
export function requireProgramme(caller: Caller, programme: number): Result<true> {
  const own = caller.key?.programme ?? null;
  return own === null || own === programme ? succeed(true) : refuse("PROGRAMME_MISMATCH");
}
