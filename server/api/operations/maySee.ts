import type { Caller } from "../auth.ts";

const overseers: ReadonlySet<string> = new Set(["authority", "operator", "auditor"]);

/** An operation is shown to the key that ordered it, and to those who oversee its programme. */
export function maySee(
  caller: Caller,
  of: { readonly apiKeyId: string; readonly programme: number | null },
): boolean {
  const { key, role } = caller;
  if (key === null) return false;
  if (key.id === of.apiKeyId) return true;
  return overseers.has(role) && (key.programme === null || key.programme === of.programme);
}
