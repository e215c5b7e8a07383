import { fromHex, toHex } from "../../../domain/bytes.ts";
import type { HashSuite } from "../../../domain/hashSuite.ts";
import {
  decodeTokenId,
  describeTokenId,
  encodeTokenId,
  formatTokenId,
  sourceIdOf,
} from "../../../domain/tokenId.ts";
import type { Proposal, RegisteredMethodology, Source } from "../facts.ts";
import type { Bundle } from "../formats.ts";
import { type Check, fail, pass } from "../report.ts";

/** What the chain says about the request of a token. */
export type RequestFacts = {
  proposal: Proposal | undefined;
  source: Source | undefined;
  methodology: RegisteredMethodology | undefined;
};

/** A request of which the chain has every part. */
export type KnownRequest = {
  proposal: Proposal;
  source: Source;
  methodology: RegisteredMethodology;
};

export function isKnown(request: RequestFacts): request is KnownRequest {
  return Boolean(request.proposal && request.source && request.methodology);
}

/** Whether the bundle repeats the request, source and methodology of the chain. */
export function checkBundle(bundle: Bundle, request: RequestFacts): Check {
  const id = "token.request";
  if (!isKnown(request)) {
    return fail(id, [
      `The chain has no whole request ${bundle.requestId} with its source and methodology.`,
      `链上没有完整的签发申请 ${bundle.requestId}（含其来源和方法学）。`,
    ]);
  }
  const { proposal, source, methodology } = request;
  const members: [string, unknown, unknown][] = [
    ["tokenId", bundle.tokenId, proposal.tokenId],
    ["sourceId", bundle.sourceId, proposal.sourceId],
    ["assetKey", bundle.assetKey, source.assetKey],
    ["methodologyHash", bundle.methodologyHash, methodology.contentHash],
    ["leafFileHash", bundle.leafFileHash, proposal.leafFileHash],
    ["reportHash", bundle.reportHash, proposal.reportHash],
    ["applicant", source.applicant, proposal.applicant],
    ["suite", 1, proposal.hashSuite],
  ];
  const different = members.filter(([, here, there]) => here !== there).map(([name]) => name);
  return different.length === 0
    ? pass(id, [
        `The file says of request ${bundle.requestId} what the chain says.`,
        `文件所载签发申请 ${bundle.requestId} 的内容与链上一致。`,
      ])
    : fail(id, [
        `The file and the chain disagree about ${different.join(", ")} of request ${bundle.requestId}.`,
        `签发申请 ${bundle.requestId} 的 ${different.join("、")} 在文件与链上不一致。`,
      ]);
}

/** Whether the token id is the one that programme, methodology, period, source and asset key give. */
export function checkTokenId(
  suite: HashSuite,
  tokenId: bigint,
  { proposal, source }: KnownRequest,
): Check {
  const id = "token.id";
  const parts = decodeTokenId(tokenId);
  if (!parts.ok) {
    return fail(id, [
      `The token id ${formatTokenId(tokenId)} has another layout.`,
      `减排量编号 ${formatTokenId(tokenId)} 的格式不符。`,
    ]);
  }
  const assetKey = fromHex(source.assetKey);
  const sourceId = sourceIdOf(suite, source.programme, source.methodology, assetKey);
  const { programme, methodology } = source;
  const { firstDay, endDay } = proposal;
  const expected = encodeTokenId(suite, {
    programme,
    methodology,
    firstDay,
    endDay,
    sourceId,
    assetKey,
  });
  if (toHex(sourceId) !== proposal.sourceId || expected !== tokenId) {
    return fail(id, [
      `The token id says ${describeTokenId(parts.value).en}; the request gives another id.`,
      `减排量编号表示${describeTokenId(parts.value).zh}，与签发申请应得的编号不一致。`,
    ]);
  }
  const words = describeTokenId(parts.value);
  return pass(id, [
    `The token id decodes to ${words.en}, and to the request's source and asset.`,
    `减排量编号解码为${words.zh}，并与申请的来源和资产一致。`,
  ]);
}
