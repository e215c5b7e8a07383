import { Interface, type InterfaceAbi, isError, type JsonRpcProvider } from "ethers";

/** What a direct contract call was refused with, or null when the chain would have let it pass. */
export type Revert = { name: string; values: readonly unknown[] } | null;

/**
 * Calls a contract as `from`, past the API and its checks, and reads the custom error it is refused
 * with. Only the chain's own rule can answer here. A refusal that is no custom error of the given
 * interface is thrown on, because it would prove something else.
 */
export async function callPastTheApi(
  provider: JsonRpcProvider,
  call: { from: string; to: string; data: string },
  abi: InterfaceAbi,
): Promise<Revert> {
  try {
    await provider.call(call);
    return null;
  } catch (cause) {
    if (!isError(cause, "CALL_EXCEPTION") || cause.data === null) throw cause;
    const parsed = Interface.from(abi).parseError(cause.data);
    if (parsed === null) throw cause;
    return { name: parsed.name, values: [...parsed.args] };
  }
}
