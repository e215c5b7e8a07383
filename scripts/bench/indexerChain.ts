import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Interface, id } from "ethers";
import { interfaces } from "../../server/chain/contracts.ts";
import { openRegistry, type RegistryChain } from "../../test/support/registryChain.ts";

const SENDERS = 50;
const RECEIVERS = 1_000;
/** Transfers of one transaction, and transactions of one block. */
const TRANSFERS = 20;
const TRANSACTIONS = 10;
/** Empty blocks on top, so that every event is final, also by the 30 blocks that ponder waits. */
const EMPTY_BLOCKS = 40;
const MILLIGRAMS = 2_900_000_000n;

const mover = new Interface([
  "function move(address token, uint256 id, address[] to, uint256 grams)",
]);

/** A chain with so many transfers, and what an indexer of it has to know. */
export type TransferChain = {
  readonly registry: RegistryChain;
  /** The block in which the first tenth of the transfers is complete, and the last block of all. */
  readonly tenthBlock: number;
  readonly lastBlock: number;
};

/**
 * Makes a chain with the contracts, one issued id and `events` single transfers of many senders to many receivers, 200
 * in a block.
 */
export async function makeTransferChain(
  events: number,
  onProgress: (text: string) => void,
): Promise<TransferChain> {
  const registry = await openRegistry();
  try {
    const tokenId = await registry.issueUnits(MILLIGRAMS);
    const { authority, applicant } = registry.accounts;
    const accounts = Array.from({ length: SENDERS + RECEIVERS }, (_, k) => accountOf(k));
    const code = moverCode();
    for (const account of [authority, applicant]) {
      await registry.rpc("anvil_impersonateAccount", [account]);
    }
    const { programmes, reductionToken } = registry.deployment.contracts;
    const document = id("benchmark");
    await sendAll(
      registry,
      accounts.map((account) => ({
        from: authority,
        to: programmes,
        data: interfaces.programmes.encodeFunctionData("openAccount", [
          1,
          account,
          id(account),
          document,
        ]),
      })),
    );
    const senders = accounts.slice(0, SENDERS);
    for (const account of senders) await registry.rpc("anvil_setCode", [account, code]);
    const share = MILLIGRAMS / 1_000n / BigInt(2 * SENDERS);
    await sendAll(
      registry,
      senders.map((account) => ({
        from: applicant,
        to: reductionToken,
        data: interfaces.reductionToken.encodeFunctionData("safeTransferFrom", [
          ...[applicant, account, tokenId, share, "0x"],
        ]),
      })),
    );
    const receivers = accounts.slice(SENDERS);
    const calls = Math.ceil(events / TRANSFERS);
    const head = async (): Promise<number> => Number(await registry.rpc("eth_blockNumber"));
    let tenthBlock = 0;
    for (let call = 0; call < calls; call += TRANSACTIONS) {
      const count = Math.min(TRANSACTIONS, calls - call);
      await sendAll(
        registry,
        Array.from({ length: count }, (_, k) => {
          const to = Array.from(
            { length: Math.min(TRANSFERS, events - (call + k) * TRANSFERS) },
            (_, place) => receivers[((call + k) * TRANSFERS + place * 7) % RECEIVERS],
          );
          return {
            from: authority,
            to: senders[(call + k) % SENDERS] as string,
            data: mover.encodeFunctionData("move", [reductionToken, tokenId, to, 1n]),
          };
        }),
      );
      if (tenthBlock === 0 && (call + count) * TRANSFERS * 10 >= events) tenthBlock = await head();
      if (call % 1_000 === 0) onProgress(`Transfers: ${call * TRANSFERS} of ${events}`);
    }
    const lastBlock = await head();
    await registry.mine(EMPTY_BLOCKS);
    return { registry, tenthBlock, lastBlock };
  } catch (cause) {
    await registry.close();
    throw cause;
  }
}

const accountOf = (k: number): string => `0x${(0x7a00_0000 + k).toString(16).padStart(40, "b")}`;

type Call = { from: string; to: string; data: string };

const GAS = `0x${(2_500_000).toString(16)}`;
const CALLS_A_BLOCK = 20;

/** Sends unsigned calls of impersonated accounts, mines them, and makes sure that none failed. */
async function sendAll(registry: RegistryChain, calls: readonly Call[]): Promise<void> {
  for (let first = 0; first < calls.length; first += CALLS_A_BLOCK) {
    const part = calls.slice(first, first + CALLS_A_BLOCK);
    const body = part.map((call, k) => ({
      ...{ jsonrpc: "2.0", id: k, method: "eth_sendTransaction" },
      params: [{ ...call, gas: GAS, gasPrice: "0x0" }],
    }));
    const response = await fetch(registry.rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answers = (await response.json()) as { error?: { message: string } }[];
    const failed = answers.find(({ error }) => error);
    if (failed) throw new Error(`the benchmark's chain: ${failed.error?.message}`);
    await registry.mine();
  }
  const receipts = await registry.rpc<{ status: string }[]>("eth_getBlockReceipts", ["latest"]);
  if (receipts.some(({ status }) => status !== "0x1")) {
    throw new Error("a transaction of the benchmark's chain failed");
  }
}

function moverCode(): string {
  const solc = createRequire(import.meta.url)("solc") as { compile(input: string): string };
  const file = "Mover.sol";
  const content = readFileSync(path.join(import.meta.dirname, file), "utf8");
  const input = {
    language: "Solidity",
    sources: { [file]: { content } },
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true },
      outputSelection: { [file]: { Mover: ["evm.deployedBytecode.object"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  return `0x${output.contracts[file].Mover.evm.deployedBytecode.object}`;
}
