import { Interface, ZeroHash } from "ethers";
import { certificateAbi } from "../../server/chain/abi/certificate.ts";
import { issuanceAbi } from "../../server/chain/abi/issuance.ts";
import { reductionTokenAbi } from "../../server/chain/abi/reductionToken.ts";
import { toHex } from "../../server/domain/bytes.ts";
import { codeOfContractError } from "../../server/domain/errors.ts";
import type { Refusal } from "../../server/domain/result.ts";
import { chainAt } from "../deploy.ts";
import type { Batch, Neutrality } from "./acts.ts";
import { callPastTheApi } from "./bypass.ts";
import type { Stage } from "./stage.ts";

export type Refusals = Record<"reissue" | "secondCertificate" | "resale", Refusal | null>;

/** The custom errors that must answer; anything else, or no refusal, is a failure of the demo. */
export const EXPECTED: Record<keyof Refusals, string> = {
  reissue: "SourcesDayTaken",
  secondCertificate: "ReductionTokenConsumed",
  resale: "ERC1155InsufficientBalance",
};

/** Whether the chain refused an attempt with exactly the error that is expected. */
export function refusedAsExpected(refusals: Refusals, attempt: keyof Refusals): boolean {
  return refusals[attempt]?.code === codeOfContractError(EXPECTED[attempt]);
}

/**
 * Act 5: the three kinds of double counting, tried on the contracts themselves: the same period
 * again with one milligram more, a second certificate of one retirement, and the sale of grams that
 * were retired. The server is not asked.
 */
export async function tryDoubleCounting(
  stage: Stage,
  batch: Batch,
  neutrality: Neutrality,
): Promise<Refusals> {
  const { contracts } = stage.manifest;
  const { applicant, enterprise } = stage.accounts;
  const provider = chainAt(stage.stack.rpcUrl);
  const token = Interface.from(reductionTokenAbi);
  try {
    const heldData = await provider.call({
      to: contracts.reductionToken.address,
      data: token.encodeFunctionData("balanceOf", [enterprise, stage.script.tokenId]),
    });
    const held = BigInt(heldData);
    return {
      reissue: await callPastTheApi(provider, {
        from: applicant,
        to: contracts.issuance.address,
        data: proposalAgain(stage, batch),
      }),
      secondCertificate: await callPastTheApi(provider, {
        from: enterprise,
        to: contracts.certificate.address,
        data: Interface.from(certificateAbi).encodeFunctionData("certify", [
          [neutrality.retirementId],
          neutrality.inventoryGrams,
          1,
          `0x${"5e".repeat(32)}`,
          { content: ZeroHash, retirements: [] },
        ]),
      }),
      resale: await callPastTheApi(provider, {
        from: enterprise,
        to: contracts.reductionToken.address,
        data: token.encodeFunctionData("safeTransferFrom", [
          enterprise,
          applicant,
          stage.script.tokenId,
          held + neutrality.retiredGrams,
          "0x",
        ]),
      }),
    };
  } finally {
    provider.destroy();
  }
}

function proposalAgain(stage: Stage, batch: Batch): string {
  const { methodology } = stage.script;
  return Interface.from(issuanceAbi).encodeFunctionData("propose", [
    {
      sourceId: toHex(stage.script.sourceId),
      firstDay: dayOf(stage.script.tokenId, 18),
      endDay: dayOf(stage.script.tokenId, 24),
      root: `0x${"5e".repeat(32)}`,
      totalMilligrams: BigInt(batch.totalMilligrams) + 1n,
      count: batch.count,
      depth: batch.depth,
      hashSuite: 1,
      leafFileHash: batch.leafFileHash,
      reportHash: methodology.contentHash,
    },
  ]);
}

/** The days stand in the token id itself: 24 bits each, at these hex digits. */
function dayOf(tokenId: string, digit: number): number {
  return Number.parseInt(tokenId.slice(2).slice(digit, digit + 6), 16);
}
