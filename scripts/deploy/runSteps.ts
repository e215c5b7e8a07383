import {
  isError,
  type JsonRpcProvider,
  type Provider,
  Transaction,
  type TransactionLike,
  type TransactionReceipt,
} from "ethers";

/** One transaction of a set-up. `to` is null for the creation of a contract. */
export type Step = { name: string; to: string | null; data: string };

/** What signs the steps: an ethers Wallet, or any key that signs a whole transaction. */
export type StepSigner = {
  readonly address: string;
  readonly provider?: Provider | null;
  signTransaction(transaction: TransactionLike): Promise<string>;
};

export type RunStepsOptions = {
  signer: StepSigner;
  /** Used when the signer has no provider of its own. */
  provider?: Provider;
  /** Nonce of the first step; the others follow without a gap. */
  firstNonce: number;
  steps: readonly Step[];
  /** Called once for every step that stands in a block, in order, also for those of earlier runs. */
  onStep?: (k: number, of: number, name: string) => void;
  /** How long the chain may go without including anything. */
  patienceMilliseconds?: number;
};

const DEFAULT_PATIENCE_MILLISECONDS = 60_000;
const POLLING_MILLISECONDS = 100;
const RESEND_MILLISECONDS = 3_000;
const CALL_GAS = 1_000_000n;
const CREATE_GAS = 1_000_000n;
const CREATE_GAS_PER_BYTE = 230n;

/** A step that the chain included and reverted, or that it never included. */
export class StepError extends Error {
  override readonly name = "StepError";
}

/**
 * Sends each step under its own nonce, all at once, and waits until all stand in a block. A step is
 * done when the chain's nonce is above its own, so a run that was cut anywhere is taken up again, also
 * after the chain lost its tail: what was lost is sent again while we wait.
 *
 * @throws StepError when a step reverted or the chain stands still.
 */
export async function runSteps(options: RunStepsOptions): Promise<void> {
  const { signer, firstNonce, steps } = options;
  const provider = options.provider ?? signer.provider;
  if (!provider)
    throw new StepError(`No chain is given to ${signer.address} to send its steps to.`);
  const done = await minedNonce(provider, signer.address);
  if (done < firstNonce) {
    throw new StepError(
      `The steps of ${signer.address} begin at nonce ${firstNonce}, but its nonce is ${done}.`,
    );
  }
  const raws = await signed(provider, signer, firstNonce, steps);
  const before = Math.min(done - firstNonce, steps.length);
  for (let k = 0; k < before; k++) report(options, k);
  if (before < steps.length) {
    await send(provider, signer.address, raws.slice(before));
    await waitFor(options, provider, raws, done);
  }
  await requireSuccess(provider, steps, raws);
}

// Steps of earlier runs are signed too: where fees are zero their hashes are the same again, and what
// reverted then is still told.
async function signed(
  provider: Provider,
  signer: StepSigner,
  firstNonce: number,
  steps: readonly Step[],
): Promise<string[]> {
  const fees = await feesOf(provider);
  const { chainId } = await provider.getNetwork();
  const raws: string[] = [];
  for (const [k, step] of steps.entries()) {
    const transaction: TransactionLike = {
      ...fees,
      chainId,
      nonce: firstNonce + k,
      to: step.to,
      data: step.data,
      value: 0n,
      gasLimit: gasLimitOf(step),
    };
    raws.push(await signer.signTransaction(transaction));
  }
  return raws;
}

async function waitFor(
  options: RunStepsOptions,
  provider: Provider,
  raws: readonly string[],
  done: number,
): Promise<void> {
  const { signer, firstNonce } = options;
  const end = firstNonce + raws.length;
  const patience = options.patienceMilliseconds ?? DEFAULT_PATIENCE_MILLISECONDS;
  let reported = done;
  let progressAt = Date.now();
  let sentAt = Date.now();
  for (;;) {
    const nonce = await minedNonce(provider, signer.address);
    if (nonce > reported) progressAt = Date.now();
    for (; reported < Math.min(nonce, end); reported++) report(options, reported - firstNonce);
    if (nonce >= end) return;
    if (Date.now() - progressAt > patience) {
      throw new StepError(
        `The chain has included nothing of ${signer.address} for ${patience / 1000} seconds.`,
      );
    }
    if (Date.now() - sentAt > RESEND_MILLISECONDS) {
      await send(provider, signer.address, raws.slice(Math.max(nonce - firstNonce, 0)));
      sentAt = Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, POLLING_MILLISECONDS));
  }
}

async function requireSuccess(
  provider: Provider,
  steps: readonly Step[],
  raws: readonly string[],
): Promise<void> {
  for (const [k, raw] of raws.entries()) {
    const hash = Transaction.from(raw).hash;
    const receipt: TransactionReceipt | null = hash
      ? await provider.getTransactionReceipt(hash)
      : null;
    if (receipt?.status === 0) {
      throw new StepError(`The step "${steps[k]?.name}" reverted in transaction ${hash}.`);
    }
  }
}

// Singly and in order: batches of raw transactions do not all reach a block on every node.
async function send(provider: Provider, from: string, raws: readonly string[]): Promise<void> {
  for (const raw of raws) {
    try {
      await broadcast(provider, raw);
    } catch (cause) {
      if (isHeldAlready(cause)) continue;
      if (isError(cause, "INSUFFICIENT_FUNDS") || /(enough|insufficient) funds/i.test(`${cause}`)) {
        throw new StepError(
          `The chain asks fees that ${from} cannot pay; send it some of the chain's money and try again, or use a chain without fees.`,
        );
      }
      throw cause;
    }
  }
}

// Without ethers' own wait for the block number, which a step need not know.
async function broadcast(provider: Provider, raw: string): Promise<void> {
  if ("send" in provider) {
    await (provider as JsonRpcProvider).send("eth_sendRawTransaction", [raw]);
  } else {
    await provider.broadcastTransaction(raw);
  }
}

function isHeldAlready(cause: unknown): boolean {
  const text = cause instanceof Error ? `${cause.message} ${JSON.stringify(cause)}` : String(cause);
  return /already (known|imported|exists)|nonce (is )?too low|underpriced/i.test(text);
}

async function feesOf(provider: Provider): Promise<TransactionLike> {
  const block = await provider.getBlock("latest");
  if (!block?.baseFeePerGas) return { type: 0, gasPrice: 0n };
  const { maxPriorityFeePerGas } = await provider.getFeeData();
  const tip = maxPriorityFeePerGas ?? 0n;
  return {
    type: 2,
    maxFeePerGas: 2n * block.baseFeePerGas + tip,
    maxPriorityFeePerGas: tip,
  };
}

// Later steps build on earlier ones that are not mined yet, so nothing can be estimated.
function gasLimitOf(step: Step): bigint {
  if (step.to !== null) return CALL_GAS;
  const bytes = BigInt((step.data.length - 2) / 2);
  return CREATE_GAS + CREATE_GAS_PER_BYTE * bytes;
}

async function minedNonce(provider: Provider, address: string): Promise<number> {
  return provider.getTransactionCount(address, "latest");
}

function report(options: RunStepsOptions, k: number): void {
  options.onStep?.(k + 1, options.steps.length, options.steps[k]?.name ?? "");
}
