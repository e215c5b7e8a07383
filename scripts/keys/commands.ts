import { askChainId, connectChain } from "../../server/chain/client.ts";
import { type Deployment, readDeployment } from "../../server/chain/contracts.ts";
import type { KeyMaker } from "../../server/chain/keys.ts";
import { createWriter } from "../../server/chain/writer.ts";
import { explain } from "../../server/domain/errors.ts";
import { folders, openRegistryKeys, readJson } from "../dev/registry.ts";
import { rpc } from "../dev/rpc.ts";
import {
  addressIn,
  beginCalls,
  endCalls,
  hashIn,
  type RotationCall,
  RotationError,
  readHolder,
} from "./rotation.ts";

export type KeysCommand = {
  readonly dataFolder: string;
  /** What to do, and with which key. */
  readonly words: readonly string[];
  /** For rotate and end: the chain, the decision's hash, and who signs it if its key is here. */
  readonly rpcUrl?: string | undefined;
  readonly document?: string | undefined;
  readonly by?: string | undefined;
  readonly print: (text: string) => void;
};

const RECEIPT_TRIES = 300;

/**
 * `./tanpu keys`: lists and makes keys in the store of the configuration, gives an account a new key
 * (rotate) and takes the old one's roles (end). Addresses and calls are printed, never a key.
 *
 * @throws RotationError in one sentence; PermanentError and RetryableError of the store.
 */
export async function runKeys(command: KeysCommand): Promise<void> {
  const [what, account] = command.words;
  const keys = await openRegistryKeys(command.dataFolder);
  if (what === "list") for (const address of await keys.addresses()) command.print(address);
  else if (what === "create") command.print(await keys.create());
  else if (what === "rotate" || what === "end") await rotate(command, keys, what, account);
}

async function rotate(
  command: KeysCommand,
  keys: KeyMaker,
  what: "rotate" | "end",
  text: string | undefined,
): Promise<void> {
  const { rpcUrl, dataFolder, print } = command;
  const old = addressIn(text);
  const document = hashIn(command.document);
  if (!rpcUrl) throw new RotationError("RPC_URL names no chain to read the account's roles from.");
  const manifest = await readJson(folders.manifest(dataFolder));
  if (manifest === undefined) throw new RotationError(`${dataFolder} knows no deployed registry.`);
  const deployment = readDeployment(manifest);
  const signer = command.by === undefined ? undefined : addressIn(command.by);
  if (signer !== undefined && !(await keys.addresses()).includes(signer)) {
    throw new RotationError(
      `The key of ${signer} is not in this store; without --by the calls are printed.`,
    );
  }
  const change = {
    contracts: deployment.contracts,
    holder: await readHolder(rpcUrl, deployment, old),
    document,
  };
  const fresh = what === "rotate" ? await keys.create() : undefined;
  if (fresh !== undefined) print(fresh);
  const calls = fresh === undefined ? endCalls(old, change) : beginCalls(fresh, change);
  if (signer === undefined) for (const call of calls) print(JSON.stringify(call));
  else await send({ rpcUrl, deployment, keys, signer, calls, print });
}

/** Signs and sends the calls one after the other, each tried out before. RotationError at the first refusal. */
async function send(of: {
  rpcUrl: string;
  deployment: Deployment;
  keys: KeyMaker;
  signer: string;
  calls: readonly RotationCall[];
  print: (text: string) => void;
}): Promise<void> {
  const { rpcUrl, signer, print } = of;
  const chainId = await askChainId(rpcUrl);
  if (chainId !== of.deployment.chainId) {
    throw new RotationError(
      `RPC_URL is the chain ${chainId}, the registry stands on ${of.deployment.chainId}.`,
    );
  }
  const client = connectChain({ rpcUrl, chainId });
  const writer = createWriter(client, of.keys);
  try {
    for (const call of of.calls) {
      const tried = await writer.simulate(signer, call);
      if (!tried.ok) throw new RotationError(`${call.name}: ${explain(tried.refusal, "en")}`);
      const count = await client.send<string>("eth_getTransactionCount", [signer, "pending"]);
      const signed = await writer.sign(signer, call, {
        nonce: Number(count),
        gasLimit: tried.gasLimit,
      });
      await writer.send(signed.raw);
      await mined(rpcUrl, signed.hash, call.name);
      print(`${signed.hash} ${call.name}`);
    }
  } finally {
    client.close();
  }
}

async function mined(rpcUrl: string, hash: string, name: string): Promise<void> {
  for (let tries = 0; tries < RECEIPT_TRIES; tries++) {
    const receipt = await rpc<{ status: string } | null>(rpcUrl, "eth_getTransactionReceipt", [
      hash,
    ]);
    if (receipt?.status === "0x1") return;
    if (receipt) throw new RotationError(`${name}: the transaction ${hash} came to nothing.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new RotationError(
    `${name}: no block has the transaction ${hash} yet; look before trying again.`,
  );
}
