import type { UnsignedCall } from "../../chain/call.ts";
import { type ContractAddresses, interfaces } from "../../chain/contracts.ts";
import type { KeyStore } from "../../chain/keys.ts";
import type { CertificateOpening, Proposal } from "../openings.ts";

/** What turning a command into a call may look at. */
export type EncodeContext = {
  readonly chainId: number;
  readonly contracts: ContractAddresses;
  /** Who will sign the transaction. */
  readonly signer: string;
  readonly keys: KeyStore;
  /** What a request proposed, which every act on it brings along. */
  readonly proposalOf: (requestId: bigint) => Promise<Proposal>;
  /** What a certificate's id is made of; of id 0 that of none. */
  readonly certificateOf: (certificateId: bigint) => Promise<CertificateOpening>;
};

/**
 * Turns the stored body of one kind of command into the call of a contract. Throws a ZodError when the
 * body is not of its form; decides nothing, because the contract does.
 */
export type ChainHandler = (body: unknown, context: EncodeContext) => Promise<UnsignedCall>;

/** The same for a function whose arguments are words, given as `calldata.ts` makes them: without a general encoder. */
export function callOfWords(
  contracts: ContractAddresses,
  contract: keyof ContractAddresses,
  name: string,
  words: readonly string[],
): UnsignedCall {
  return { to: contracts[contract], data: `${selectorOf(contract, name)}${words.join("")}` };
}

const selectors = new Map<string, string>();

function selectorOf(contract: keyof ContractAddresses, name: string): string {
  const known = selectors.get(`${contract}.${name}`);
  if (known !== undefined) return known;
  const selector = interfaces[contract].getFunction(name)?.selector;
  if (selector === undefined) throw new TypeError(`${contract} has no function ${name}`);
  selectors.set(`${contract}.${name}`, selector);
  return selector;
}

/** The call of one function of one contract. */
export function callOf(
  contracts: ContractAddresses,
  contract: keyof ContractAddresses,
  name: string,
  values: readonly unknown[],
): UnsignedCall {
  return { to: contracts[contract], data: interfaces[contract].encodeFunctionData(name, values) };
}
