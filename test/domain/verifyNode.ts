import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Interface, type InterfaceAbi, keccak256 } from "ethers";
import { certificateAbi } from "../../server/chain/abi/certificate.ts";
import { issuanceAbi } from "../../server/chain/abi/issuance.ts";
import { programmesAbi } from "../../server/chain/abi/programmes.ts";
import { reductionTokenAbi } from "../../server/chain/abi/reductionToken.ts";
import { sourcesAbi } from "../../server/chain/abi/sources.ts";
import { type ContractName, manifestSchema } from "../../server/verify/src/formats.ts";

/*
 * A chain node that answers from a list of events and a few views, encoded with the contracts' own
 * interfaces: so the checker's hand-written ones are tested against them too.
 */

const face = (abi: unknown): Interface => Interface.from(abi as InterfaceAbi);

export const faces = {
  programmes: face(programmesAbi),
  sources: face(sourcesAbi),
  issuance: face(issuanceAbi),
  reductionToken: face(reductionTokenAbi),
  certificate: face(certificateAbi),
} as const;

export type SpeakingContract = keyof typeof faces;

/** An event as a contract emits it, in the block of its place, and the call that made it do so. */
export type Emitted = {
  contract: SpeakingContract;
  name: string;
  args: readonly unknown[];
  call?: { to: SpeakingContract; name: string; args: readonly unknown[] };
};

/** What the views answer, by `name(arguments joined by comma)`, lowercase. */
export type Answers = Map<string, readonly unknown[]>;

export type FakeChain = { chainId: number; events: Emitted[]; answers: Answers };

export const addressOf = (name: ContractName): string =>
  `0x${keccak256(new TextEncoder().encode(name)).slice(-40)}`;
export const codeOfContract = (name: string): string =>
  `0x60${keccak256(new TextEncoder().encode(`code of ${name}`)).slice(2)}`;
const hashOfTransaction = (place: number): string =>
  keccak256(new TextEncoder().encode(`transaction ${place}`));
export const hashOfBlock = (number: number): string =>
  keccak256(new TextEncoder().encode(`block ${number}`));

const quantity = (value: number): string => `0x${value.toString(16)}`;
export const contractNames: readonly ContractName[] = Object.keys(
  manifestSchema.shape.contracts.shape,
) as ContractName[];
const contractAt = (address: string): ContractName | undefined =>
  contractNames.find((name) => addressOf(name) === address.toLowerCase());

function logsOf(chain: FakeChain, from: number, to: number): unknown[] {
  return chain.events.flatMap(({ contract, name, args }, place) => {
    if (place + 1 < from || place + 1 > to) return [];
    const { topics, data } = faces[contract].encodeEventLog(name, args);
    const address = addressOf(contract);
    const transactionHash = hashOfTransaction(place);
    const blockNumber = quantity(place + 1);
    return [{ address, topics, data, blockNumber, transactionHash, logIndex: "0x0" }];
  });
}

function answerCall(chain: FakeChain, to: string, data: string): string {
  const contract = contractAt(to) as SpeakingContract;
  const call = faces[contract].parseTransaction({ data })!;
  const key = `${call.name}(${call.args.map(String).join(",")})`.toLowerCase();
  const answer = chain.answers.get(key);
  if (!answer) throw new Error(`no answer for ${key}`);
  return faces[contract].encodeFunctionResult(call.name, [...answer]);
}

/** The transaction behind an event; one that a wallet contract made where the event tells no call. */
function transactionOf(chain: FakeChain, hash: unknown): unknown {
  const event = chain.events.find((_, place) => hashOfTransaction(place) === hash);
  if (!event) return null;
  const { call } = event;
  if (!call) return { to: addressOf("accessManager"), input: "0x" };
  const input = faces[call.to].encodeFunctionData(call.name, [...call.args]);
  return { to: addressOf(call.to), input };
}

function answer(chain: FakeChain, method: string, params: unknown[]): unknown {
  const head = chain.events.length;
  if (method === "eth_chainId") return quantity(chain.chainId);
  if (method === "eth_getTransactionByHash") return transactionOf(chain, params[0]);
  if (method === "eth_getCode") {
    const name = contractAt(String(params[0]));
    return name === undefined ? "0x" : codeOfContract(name);
  }
  if (method === "eth_getBlockByNumber") {
    const number = params[0] === "latest" ? head : Number(params[0]);
    return { number: quantity(number), hash: hashOfBlock(number), timestamp: "0x6b000000" };
  }
  if (method === "eth_getLogs") {
    const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
    return logsOf(chain, Number(fromBlock), Number(toBlock));
  }
  const { to, data } = params[0] as { to: string; data: string };
  return answerCall(chain, to, data);
}

async function bodyOf(request: IncomingMessage): Promise<{ method: string; params: unknown[] }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

/** Serves a chain that tests may change between questions. */
export async function serveChain(
  chain: FakeChain,
): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer(async (request, response) => {
    const { method, params } = await bodyOf(request);
    let body: unknown;
    try {
      body = { jsonrpc: "2.0", id: 1, result: answer(chain, method, params) };
    } catch (error) {
      body = { jsonrpc: "2.0", id: 1, error: { code: -32000, message: String(error) } };
    }
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
