import { type Interface, Result, toBeHex } from "ethers";
import type { ChainClient } from "../../chain/client.ts";
import { type ContractAddresses, interfaces } from "../../chain/contracts.ts";
import type { Check, Field } from "./check.ts";

/** A block by hash, so that no reorganisation comes between calls, or the newest one. */
export type CallBlock = { readonly blockHash: string } | "latest";

/** Calls under way in one request. */
const CALLS_AT_ONCE = 100;
const REQUESTS_AT_ONCE = 4;

/** What stands where a view refused to answer: it knows nothing of what the mirror asks for. */
export const REFUSED = "refused";

/** A value as the mirror's text would be: numbers decimal, hex lowercase, lists in the order of their texts. */
function textOf(value: unknown): string {
  if (!(value instanceof Result)) return String(value).toLowerCase();
  return value.toArray().map(textOf).sort().join(",");
}

function fieldText(answer: Result, field: Field): string {
  const isWord = typeof field !== "string";
  const path = (isWord ? field.word : field).split(".");
  const value = path.reduce<unknown>((at, name) => (at as Result).getValue(name), answer);
  return isWord ? toBeHex(value as bigint, 32) : textOf(value);
}

function fieldsText(answer: Result, fields: readonly Field[] | undefined): string {
  if (!fields) return textOf(answer[0]);
  // A view that gives one struct gives it as its only value.
  const struct = answer.length === 1 && answer[0] instanceof Result ? answer[0] : answer;
  return fields.map((field) => fieldText(struct, field)).join(" ");
}

type Asked = Pick<Check, "contract" | "view" | "fields" | "gathered">;

type Call = { readonly data: string; readonly rows: number };

/** Makes a check's calls for rows of arguments, many in one request; the chain's texts in the order of the rows. */
export async function askChain(
  chain: { client: ChainClient; contracts: ContractAddresses; block: CallBlock },
  check: Asked,
  rows: readonly (readonly string[])[],
): Promise<string[]> {
  const face = interfaces[check.contract];
  const { gathered = 1 } = check;
  const calls: Call[] = [];
  for (let first = 0; first < rows.length; first += gathered) {
    calls.push(...callsOf(face, check, rows.slice(first, first + gathered)));
  }
  const to = chain.contracts[check.contract];
  const asked = calls.filter(({ data }) => data !== REFUSED);
  const answers = await send(
    chain.client,
    asked.map(({ data }) => [{ to, data }, chain.block]),
  );
  let next = 0;
  return calls.flatMap(({ data, rows: count }) => {
    const answer = data === REFUSED ? REFUSED : (answers[next++] ?? REFUSED);
    return answer === REFUSED
      ? new Array<string>(count).fill(REFUSED)
      : textsOf(face, check, answer);
  });
}

/** The call of these rows. One whose arguments fit no call at all is not made, and takes no other with it. */
function callsOf(face: Interface, check: Asked, rows: readonly (readonly string[])[]): Call[] {
  const values = check.gathered === undefined ? (rows[0] ?? []) : transposed(rows);
  try {
    const data = face.encodeFunctionData(check.view, values as unknown[]);
    return [{ data, rows: rows.length }];
  } catch {
    if (rows.length === 1) return [{ data: REFUSED, rows: 1 }];
    return rows.flatMap((row) => callsOf(face, check, [row]));
  }
}

function textsOf(face: Interface, check: Asked, answer: string): string[] {
  const decoded = face.decodeFunctionResult(check.view, answer);
  if (check.gathered === undefined) return [fieldsText(decoded, check.fields)];
  return (decoded[0] as Result).toArray().map(textOf);
}

function transposed(group: readonly (readonly string[])[]): string[][] {
  return (group[0] ?? []).map((_, column) => group.map((row) => row[column] ?? ""));
}

/** Several requests are under way, so that the node works while answers are read. */
async function send(
  client: ChainClient,
  calls: readonly (readonly unknown[])[],
): Promise<string[]> {
  const parts: (readonly (readonly unknown[])[])[] = [];
  for (let first = 0; first < calls.length; first += CALLS_AT_ONCE) {
    parts.push(calls.slice(first, first + CALLS_AT_ONCE));
  }
  const answers: string[][] = [];
  let next = 0;
  const sendNext = async (): Promise<void> => {
    for (let place = next++; place < parts.length; place = next++) {
      const part = parts[place] ?? [];
      answers[place] = await sendSome(client, part).catch(() => oneByOne(client, part));
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, sendNext));
  return answers.flat();
}

function sendSome(client: ChainClient, calls: readonly (readonly unknown[])[]): Promise<string[]> {
  return client.batch
    ? client.batch<string>("eth_call", calls)
    : Promise.all(calls.map((call) => client.send<string>("eth_call", call)));
}

/** One call that is refused makes its whole batch fail; so each is asked for itself. Throws when the node fails. */
async function oneByOne(
  client: ChainClient,
  calls: readonly (readonly unknown[])[],
): Promise<string[]> {
  const answers: string[] = [];
  for (const call of calls) {
    const answer = await client.attempt("eth_call", call);
    answers.push(answer.ok ? answer.data : REFUSED);
  }
  return answers;
}
