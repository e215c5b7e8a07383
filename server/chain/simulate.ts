import type { UnsignedCall } from "./call.ts";
import { type ChainClient, nodeMessage } from "./client.ts";

type Simulated = {
  readonly calls: readonly { status: string; gasUsed: string; maxUsedGas?: string }[];
};

const METHOD_MISSING =
  /not (supported|found|available|implemented)|does ?n.t exist|unsupported|unknown method/i;

/** What a node says to more calls than fit into one block, or than it simulates at a time. */
const TOO_MANY = /gas|too (many|large|big)|limit|exceed/i;

/** Nodes without eth_simulateV1; asked once each. */
const without = new WeakSet<ChainClient>();

/**
 * Gas limits of as many of the calls as succeed in a row, each on what those before it did and all on `earlier`: one
 * eth_simulateV1. A node without it is asked for the first call on its pending block.
 */
export async function simulateBundle(
  client: ChainClient,
  signer: string,
  earlier: readonly UnsignedCall[],
  calls: readonly UnsignedCall[],
): Promise<bigint[]> {
  if (!without.has(client)) {
    const requests = [...earlier, ...calls].map(({ to, data }) => ({ from: signer, to, data }));
    try {
      const blocks = await client.send<Simulated[]>("eth_simulateV1", [
        { blockStateCalls: [{ calls: requests }], validation: false },
        "latest",
      ]);
      return limitsOf(blocks[0]?.calls.slice(earlier.length) ?? []);
    } catch (cause) {
      const said = nodeMessage(cause instanceof Error ? (cause.cause ?? cause) : cause);
      if (METHOD_MISSING.test(said)) {
        without.add(client);
      } else if (TOO_MANY.test(said) && earlier.length + calls.length > 1) {
        return simulateFewer(client, signer, earlier, calls);
      } else {
        throw cause;
      }
    }
  }
  return simulatePending(client, signer, calls[0]);
}

/** Half of the calls; where not even one fits behind the earlier ones, none until a block has taken some of those. */
async function simulateFewer(
  client: ChainClient,
  signer: string,
  earlier: readonly UnsignedCall[],
  calls: readonly UnsignedCall[],
): Promise<bigint[]> {
  if (calls.length <= 1) return [];
  return simulateBundle(client, signer, earlier, calls.slice(0, Math.ceil(calls.length / 2)));
}

function limitsOf(calls: Simulated["calls"]): bigint[] {
  const limits: bigint[] = [];
  for (const { status, gasUsed, maxUsedGas } of calls) {
    if (status !== "0x1") break;
    limits.push(withHeadroom(BigInt(maxUsedGas ?? gasUsed)));
  }
  return limits;
}

/**
 * What was used is what is left after refunds, at most a fifth of it, and calls pass on 63 parts of 64; a block that
 * comes in between may make the call dearer besides, for example by a first balance.
 */
const withHeadroom = (used: bigint): bigint => (used * 3n) / 2n + 30_000n;

async function simulatePending(
  client: ChainClient,
  signer: string,
  call: UnsignedCall | undefined,
): Promise<bigint[]> {
  if (!call) return [];
  const request = { from: signer, to: call.to, data: call.data };
  const answer = await client.attempt("eth_call", [request, "pending"]);
  if (!answer.ok) return [];
  const estimate = await client.attempt("eth_estimateGas", [request, "pending"]);
  return estimate.ok ? [withHeadroom(BigInt(estimate.data))] : [];
}
