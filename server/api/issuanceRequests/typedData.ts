import type { RequestView } from "../../database/queries/requests.ts";
import type { ApiDeployment } from "../dependencies.ts";

/** What the reviewer decides; everything else of a statement is the request's. */
export type Opinion = {
  /** 1 validation, 2 verification, 3 technical. */
  kind: number;
  favourable: boolean;
  /** Unix seconds as decimal text. */
  validUntil: string;
  reviewer: string;
};

/** All members of a review statement, in the order the Issuance contract hashes them. */
export type Statement = {
  requestId: string;
  root: string;
  totalMilligrams: string;
  firstDay: number;
  endDay: number;
  methodology: number;
  reportHash: string;
  kind: number;
  favourable: boolean;
  validUntil: string;
  reviewer: string;
};

const statementType = [
  { name: "requestId", type: "uint64" },
  { name: "root", type: "bytes32" },
  { name: "totalMilligrams", type: "uint128" },
  { name: "firstDay", type: "uint32" },
  { name: "endDay", type: "uint32" },
  { name: "methodology", type: "uint32" },
  { name: "reportHash", type: "bytes32" },
  { name: "kind", type: "uint8" },
  { name: "favourable", type: "bool" },
  { name: "validUntil", type: "uint64" },
  { name: "reviewer", type: "address" },
] as const;

/** The statement a reviewer makes about a request: its figures with their opinion. */
export function statementOf(request: RequestView, opinion: Opinion): Statement {
  return {
    requestId: request.requestId,
    root: request.root,
    totalMilligrams: request.totalMilligrams,
    firstDay: request.firstDay,
    endDay: request.endDay,
    methodology: request.methodology,
    reportHash: request.reportHash,
    kind: opinion.kind,
    favourable: opinion.favourable,
    validUntil: opinion.validUntil,
    reviewer: opinion.reviewer,
  };
}

/** The statement as EIP-712 typed data of the deployed Issuance contract. */
export function typedDataOf(deployment: ApiDeployment, statement: Statement) {
  return {
    domain: {
      name: "Tanpu Issuance",
      version: "1",
      chainId: deployment.chainId,
      verifyingContract: deployment.issuance,
    },
    types: { Statement: statementType },
    primaryType: "Statement",
    message: statement,
  };
}
