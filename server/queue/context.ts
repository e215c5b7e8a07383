import type { Pool } from "pg";
import type { ContractAddresses } from "../chain/contracts.ts";
import type { KeyStore } from "../chain/keys.ts";
import type { ChainWriter } from "../chain/writer.ts";
import type { Result } from "../domain/result.ts";
import type { Logger } from "../platform/logger.ts";
import type { Operation } from "./ledger.ts";

/** What carrying out commands needs; put together by the worker's main. */
export type ExecuteContext = {
  readonly pool: Pool;
  readonly chainId: number;
  readonly contracts: ContractAddresses;
  readonly writer: ChainWriter;
  readonly keys: KeyStore;
  /** Kinds that are carried out here and never reach the chain. */
  readonly offChain: Readonly<
    Record<string, (operation: Operation) => Promise<Result<Record<string, unknown>>>>
  >;
  /** Most transactions of one signer that are signed and in no block. */
  readonly inFlight?: number;
  /** How long bytes wait for a block before they are offered for more, where the base fee rose above theirs. */
  readonly stuckMilliseconds?: number;
  /** Most that is ever offered, in wei per gas. */
  readonly feeCeilingWei?: bigint;
  /** The chain's head when the worker started: until the mirror is there, it cannot tell what was sent before. */
  readonly startBlock?: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

/**
 * What became of the first commands of a lane in this pass: `all` went, `some` did, or all are `waiting`, because the
 * turn of the first one has not come.
 */
export type Executed = "all" | "some" | "waiting";
