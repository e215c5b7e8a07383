import type { FunctionFragment, Result } from "ethers";
import type { ChainClient } from "../../chain/client.ts";
import { type ContractAddresses, interfaces } from "../../chain/contracts.ts";
import { PermanentError } from "../../chain/failures.ts";
import type { Check } from "./check.ts";
import { calldataOf, fieldOf, layoutOf, listCalldataOf, numbersOf } from "./words.ts";

/** A block by hash, so that no reorganisation comes between calls, or the newest one. */
export type CallBlock = { readonly blockHash: string } | "latest";

/** Calls under way in one request. */
const CALLS_AT_ONCE = 100;
const REQUESTS_AT_ONCE = 4;

/** What stands where a view refused to answer: it knows nothing of what the mirror asks for. */
export const REFUSED = "refused";

type Asked = Pick<Check, "contract" | "view" | "fields" | "gathered">;

type Call = { readonly data: string; readonly rows: number };

/** Makes a check's calls for rows of arguments, many in one request; the chain's texts in the order of the rows. */
export async function askChain(
  chain: { client: ChainClient; contracts: ContractAddresses; block: CallBlock },
  check: Asked,
  rows: readonly (readonly string[])[],
): Promise<string[]> {
  const view = viewOf(check);
  const { gathered = 1 } = check;
  const calls: Call[] = [];
  for (let first = 0; first < rows.length; first += gathered) {
    calls.push(...callsOf(view, check, rows.slice(first, first + gathered)));
  }
  const to = chain.contracts[check.contract];
  const asked = calls.filter(({ data }) => data !== REFUSED);
  const answers = await send(
    chain.client,
    asked.map(({ data }) => [{ to, data }, chain.block]),
  );
  const read = readerOf(view, check);
  let next = 0;
  return calls.flatMap(({ data, rows: count }) => {
    const answer = data === REFUSED ? REFUSED : (answers[next++] ?? REFUSED);
    return answer === REFUSED ? new Array<string>(count).fill(REFUSED) : read(answer);
  });
}

function viewOf({ contract, view }: Asked): FunctionFragment {
  const found = interfaces[contract].getFunction(view);
  if (found === null) throw new TypeError(`${contract} has no view ${view}`);
  return found;
}

/** The call of these rows. One whose arguments fit no call at all is not made, and takes no other with it. */
function callsOf(
  view: FunctionFragment,
  check: Asked,
  rows: readonly (readonly string[])[],
): Call[] {
  try {
    const data =
      check.gathered === undefined ? calldataOf(view, rows[0] ?? []) : listCalldataOf(view, rows);
    return [{ data, rows: rows.length }];
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    if (rows.length === 1) return [{ data: REFUSED, rows: 1 }];
    return rows.flatMap((row) => callsOf(view, check, [row]));
  }
}

/** How this check's answers become the mirror's texts. */
function readerOf(view: FunctionFragment, check: Asked): (answer: string) => string[] {
  const layout = layoutOf(view);
  const fields = check.fields ?? [undefined];
  return (answer) => {
    if (check.gathered !== undefined) return numbersOf(answer) ?? unreadable(view, answer);
    if (layout === undefined) return [listText(view, check, answer)];
    const texts = fields.map((field) =>
      typeof field === "object"
        ? fieldOf(layout, answer, field.word, true)
        : fieldOf(layout, answer, field),
    );
    if (texts.includes(undefined)) unreadable(view, answer);
    return [texts.join(" ")];
  };
}

/** The only lists that views give are of plain values. They have no order that means anything. */
function listText(view: FunctionFragment, { contract }: Asked, answer: string): string {
  const [list] = interfaces[contract].decodeFunctionResult(view, answer);
  return (list as Result)
    .toArray()
    .map((value) => String(value).toLowerCase())
    .sort()
    .join(",");
}

/** The node answers for another contract than the manifest names. */
function unreadable(view: FunctionFragment, answer: string): never {
  throw new PermanentError(
    `${view.name} answered ${answer.slice(0, 66)}, which is no answer of it`,
  );
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
