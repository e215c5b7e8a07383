import type { RequestView } from "../../database/queries/requests.ts";
import { STATEMENT_DOMAIN, statementMembers } from "../../domain/reviewStatement.ts";
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
      ...STATEMENT_DOMAIN,
      chainId: deployment.chainId,
      verifyingContract: deployment.issuance,
    },
    types: { Statement: statementMembers },
    primaryType: "Statement",
    message: statement,
  };
}
