import type { BaseContract, ContractTransactionResponse } from "ethers";
import { ethers, type Signer, type TestContract } from "../support.ts";
import type { logsOf } from "./rule.ts";

type Sent = Promise<ContractTransactionResponse>;

/** The functions of EIP-1155 by name. */
export type Erc1155Function =
  | "safeTransferFrom"
  | "safeBatchTransferFrom"
  | "balanceOf"
  | "balanceOfBatch"
  | "setApprovalForAll"
  | "isApprovedForAll"
  | "uri";
export type Erc1155 = TestContract<Erc1155Function>;

export type Receiver = TestContract<"setAnswer">;

/** A contract under test. `holder` holds at least 100 of both ids; the others hold nothing and may receive. */
export interface Erc1155Subject {
  readonly token: Erc1155;
  readonly ids: readonly [bigint, bigint];
  readonly holder: Signer;
  readonly other: Signer;
  readonly operator: Signer;
  /** A RecordingReceiver that may receive. */
  readonly receiver: Receiver;
  /** Address of a contract without hooks that nothing but the standard forbids to receive. */
  readonly deaf: string;
  /** Makes units of a new id for an account or contract. */
  mint(to: string): Promise<{ sent: Sent; id: bigint; value: bigint }>;
  /** Destroys units of the holder. */
  burn(id: bigint, value: bigint): Sent;
}

/** What RecordingReceiver answers. */
export const ANSWER = {
  accept: 0,
  unknownValue: 1,
  otherHooksValue: 2,
  revert: 3,
  revertWithoutReason: 4,
  panic: 5,
} as const;

export const { ZeroAddress } = ethers;
export const LONG_DATA = ethers.concat(
  Array.from({ length: 11 }, (_, k) => ethers.id(`data ${k}`)),
);
export const BAD_ANSWERS = [
  ANSWER.unknownValue,
  ANSWER.otherHooksValue,
  ANSWER.revert,
  ANSWER.revertWithoutReason,
  ANSWER.panic,
];

export const addressOf = (contract: BaseContract) => contract.getAddress();

/** Sends as somebody; from the holder unless told otherwise. */
export function sender(s: Erc1155Subject, by: Signer = s.holder) {
  const token = s.token.connect(by);
  return {
    one: (to: string, id: bigint, value: bigint, data = "0x", from = s.holder.address): Sent =>
      token.safeTransferFrom(from, to, id, value, data),
    many: (
      to: string,
      ids: readonly bigint[],
      values: readonly bigint[],
      data = "0x",
      from = s.holder.address,
    ): Sent => token.safeBatchTransferFrom(from, to, ids, values, data),
    approve: (operator: string, approved: boolean): Sent =>
      token.setApprovalForAll(operator, approved),
  };
}

export async function balances(s: Erc1155Subject, account: string): Promise<bigint[]> {
  return Promise.all(s.ids.map((id) => s.token.balanceOf(account, id)));
}

type Logs = Awaited<ReturnType<typeof logsOf>>;

/** Balance changes by event, singles and batches alike: operator, from, to, id, value. */
export function changesOf(logs: Logs): unknown[][] {
  return logs.flatMap(({ name, args }) => {
    if (name === "TransferSingle") return [[...args]];
    if (name !== "TransferBatch") return [];
    const [operator, from, to, ids, values] = args as [string, string, string, bigint[], bigint[]];
    return ids.map((id, k) => [operator, from, to, id, values[k]]);
  });
}

/** Balance changes by hook, singles and batches alike: operator, from, id, value, data, balance. */
export function receivedOf(logs: Logs): unknown[][] {
  return logs.flatMap(({ name, args }) => {
    if (name === "SingleReceived") return [[...args]];
    if (name !== "BatchReceived") return [];
    const [operator, from, ids, values, data, held] = args as [
      string,
      string,
      bigint[],
      bigint[],
      string,
      bigint[],
    ];
    return ids.map((id, k) => [operator, from, id, values[k], data, held[k]]);
  });
}
