import { recoverAddress, TypedDataEncoder } from "ethers";
import { STATEMENT_DOMAIN, statementMembers } from "../../../domain/reviewStatement.ts";
import type { Proposal, Statement } from "../facts.ts";
import { type Check, fail, notProvable, pass } from "../report.ts";

/** What a signature is bound to besides the statement. */
export type SigningPlace = { chainId: number; issuance: string };

/** A statement on chain with the signature of its transaction's calldata, if that is where it came. */
export type SignedStatement = {
  statement: Statement;
  signature: string | undefined;
  /** What the reviewer says of it when it is a contract (ERC-1271). */
  accepted: boolean | undefined;
};

/** What the reviewer signed: the request's root, figures, days and report with the opinion. */
function digestOf(statement: Statement, proposal: Proposal, place: SigningPlace): string {
  const domain = {
    ...STATEMENT_DOMAIN,
    chainId: place.chainId,
    verifyingContract: place.issuance,
  };
  const { requestId, kind, favourable, validUntil, reviewer } = statement;
  const { root, totalMilligrams, firstDay, endDay, reportHash, source } = proposal;
  return TypedDataEncoder.hash(
    domain,
    { Statement: [...statementMembers] },
    {
      ...{ requestId, root, totalMilligrams, firstDay, endDay, reportHash },
      methodology: source?.methodology ?? 0,
      ...{ kind, favourable, validUntil, reviewer },
    },
  );
}

function recovers(digest: string, signature: string, reviewer: string): boolean {
  try {
    return recoverAddress(digest, signature).toLowerCase() === reviewer;
  } catch {
    return false;
  }
}

/** Whether each reviewer signed exactly what the request proposed, and the chain repeats that. */
export function checkStatements(
  signed: readonly SignedStatement[],
  proposal: Proposal,
  place: SigningPlace,
): Check {
  const id = "review.statement";
  if (signed.length === 0) {
    return notProvable(id, ["Nobody reviewed the request.", "该申请没有审核意见。"]);
  }
  let unseen = 0;
  for (const { statement, signature, accepted } of signed) {
    const digest = digestOf(statement, proposal, place);
    if (digest !== statement.digest) {
      return fail(id, [
        `What ${statement.reviewer} signed is not what request ${statement.requestId} proposed.`,
        `审核方 ${statement.reviewer} 签署的内容与申请 ${statement.requestId} 不一致。`,
      ]);
    }
    const isSeen = signature !== undefined && recovers(digest, signature, statement.reviewer);
    if (isSeen || accepted === true) continue;
    // A contract that accepted it once may have other keys by now.
    if (signature === undefined || accepted === false) unseen += 1;
    else {
      return fail(id, [
        `The signature under the statement is not that of ${statement.reviewer}.`,
        `审核意见的签名不是 ${statement.reviewer} 的。`,
      ]);
    }
  }
  return unseen > 0
    ? notProvable(id, [
        `The signatures of ${unseen} statements came by a contract or are a contract's, and cannot be checked.`,
        `${unseen} 份审核意见的签名经由合约提交或属于合约账户，无法核验。`,
      ])
    : pass(id, [
        `All ${signed.length} statements are signed by their reviewers, over what the request proposed.`,
        `全部 ${signed.length} 份审核意见均由审核方签署，内容与申请一致。`,
      ]);
}
