import { type Interface, Result } from "ethers";
import type { ChainClient } from "../../chain/client.ts";
import { type ContractAddresses, interfaces } from "../../chain/contracts.ts";
import type { Check } from "./checks.ts";

/** A block by hash, so that no reorganisation comes between calls, or the newest one. */
export type CallBlock = { readonly blockHash: string } | "latest";

/** Calls under way in one request. */
const CALLS_AT_ONCE = 100;

/** The answer of one view as the mirror's text would be: fields joined by spaces, numbers decimal, hex lowercase. */
function textOf(value: unknown): string {
  return String(value).toLowerCase();
}

function fieldsText(answer: Result, fields: readonly string[] | undefined): string {
  if (!fields) return textOf(answer[0]);
  // A view that gives one struct gives it as its only value.
  const struct = answer.length === 1 && answer[0] instanceof Result ? answer[0] : answer;
  return fields.map((field) => textOf(struct.getValue(field))).join(" ");
}

/** Makes a check's calls for rows of arguments, many in one request; the chain's texts in the order of the rows. */
export async function askChain(
  chain: { client: ChainClient; contracts: ContractAddresses; block: CallBlock },
  check: Check,
  rows: readonly (readonly string[])[],
): Promise<string[]> {
  const face = interfaces[check.contract];
  const { gathered = 1 } = check;
  const calls: (readonly unknown[])[] = [];
  for (let first = 0; first < rows.length; first += gathered) {
    const group = rows.slice(first, first + gathered);
    const values = check.gathered === undefined ? (group[0] ?? []) : transposed(group);
    const data = face.encodeFunctionData(check.view, values as unknown[]);
    calls.push([{ to: chain.contracts[check.contract], data }, chain.block]);
  }
  const answers = await send(chain.client, calls);
  return answers.flatMap((answer) => textsOf(face, check, answer));
}

function textsOf(face: Interface, check: Check, answer: string): string[] {
  const decoded = face.decodeFunctionResult(check.view, answer);
  if (check.gathered === undefined) return [fieldsText(decoded, check.fields)];
  return (decoded[0] as Result).toArray().map(textOf);
}

function transposed(group: readonly (readonly string[])[]): string[][] {
  return (group[0] ?? []).map((_, column) => group.map((row) => row[column] ?? ""));
}

async function send(
  client: ChainClient,
  calls: readonly (readonly unknown[])[],
): Promise<string[]> {
  const answers: string[] = [];
  for (let first = 0; first < calls.length; first += CALLS_AT_ONCE) {
    const some = calls.slice(first, first + CALLS_AT_ONCE);
    answers.push(
      ...(client.batch
        ? await client.batch<string>("eth_call", some)
        : await Promise.all(some.map((call) => client.send<string>("eth_call", call)))),
    );
  }
  return answers;
}
