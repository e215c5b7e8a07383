import { isError, type JsonRpcProvider } from "ethers";
import { refusalOfRevert } from "../../server/chain/errors.ts";
import type { Refusal } from "../../server/domain/result.ts";

/**
 * Calls a contract as `from`, past the API and its checks. Only the chain's own rule can answer here.
 *
 * @returns the custom error it was refused with, or null when the chain would have let it pass.
 */
export async function callPastTheApi(
  provider: JsonRpcProvider,
  call: { from: string; to: string; data: string },
): Promise<Refusal | null> {
  try {
    await provider.call(call);
    return null;
  } catch (cause) {
    if (!isError(cause, "CALL_EXCEPTION") || cause.data === null) throw cause;
    return refusalOfRevert(cause.data);
  }
}
