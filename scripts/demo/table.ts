import { explain } from "../../server/domain/errors.ts";
import { decodeTokenId, describeTokenId, parseTokenId } from "../../server/domain/tokenId.ts";
import { formatYuan } from "../../server/domain/units.ts";
import { type Batch, DEAL, type IntakeTally, type IssuedUnits, type Neutrality } from "./acts.ts";
import { EXPECTED, type Refusals, refusedAsExpected } from "./pastTheApi.ts";
import type { SharedRide } from "./publish.ts";
import type { Stage } from "./stage.ts";
import { type DemoSummary, mass, type ReportLine } from "./summary.ts";

/** What the demo tells at its end, for people: amounts in kilograms and tonnes, ids and hashes to look up. */
export function closingTable(of: {
  stage: Stage;
  summary: DemoSummary;
  tally: IntakeTally;
  batch: Batch;
  issued: IssuedUnits;
  neutrality: Neutrality;
  refusals: Refusals;
  ride: SharedRide;
}): ReportLine[] {
  return [...intakeLines(of), ...chainLines(of), ...checkLines(of)];
}

function intakeLines(of: {
  summary: DemoSummary;
  tally: IntakeTally;
  ride: SharedRide;
}): ReportLine[] {
  const { summary, ride } = of;
  const { reasons } = of.tally;
  const refused = Object.entries(summary.refusedBy).map(([code, reports]) => ({
    label: "  of these",
    zh: "其中",
    value: `${code} ${count(reports)}`,
    note: reasons[code] ?? "",
  }));
  return [
    { label: "Rows of the sample", zh: "样本行数", value: count(summary.rows) },
    {
      label: "Metro pairs / unpaired taps",
      zh: "地铁配对/未配对",
      value: `${count(summary.pairs)} / ${count(summary.unpaired)}`,
    },
    { label: "Reports of all platforms", zh: "各平台上报", value: count(summary.activities) },
    { label: "Accepted (one leaf each)", zh: "采信", value: count(summary.accepted) },
    { label: "Duplicates", zh: "重复", value: count(summary.duplicates) },
    { label: "Refused", zh: "拒绝", value: count(summary.refused) },
    ...refused,
    {
      label: "One ride, three platforms",
      zh: "一次出行三方上报",
      value: `leaf ${ride.leafIndex}`,
      note: ride.platforms.join(", "),
    },
  ];
}

function chainLines(of: {
  stage: Stage;
  batch: Batch;
  issued: IssuedUnits;
  neutrality: Neutrality;
}): ReportLine[] {
  const { stage, batch, issued, neutrality } = of;
  const { transactions } = neutrality;
  const api = stage.stack.apiUrl();
  const grams = (amount: bigint) => mass(amount * 1_000n);
  return [
    {
      label: "Reductions in the tree",
      zh: "树内减排量",
      value: mass(BigInt(batch.totalMilligrams)),
    },
    { label: "Tree root", zh: "树根", value: batch.root },
    {
      label: "Issued",
      zh: "签发",
      value: grams(BigInt(issued.request.issuedGrams ?? "0")),
      note: `tx ${issued.transactions.issued.transactionHash}`,
    },
    {
      label: "Carried to the next period",
      zh: "结转",
      value: mass(BigInt(issued.request.carryAfterMilligrams ?? "0")),
    },
    {
      label: "Token id",
      zh: "减排量编号",
      value: stage.script.tokenId,
      note: `${api}/v1/tokens/${stage.script.tokenId}`,
    },
    {
      label: "  which says",
      zh: "其含义",
      value: tokenWords(stage.script.tokenId),
    },
    {
      label: "Sold to the enterprise",
      zh: "转让",
      value: `${grams(DEAL.grams)}, CNY ${formatYuan(BigInt(neutrality.amountFen))}`,
      note: `tx ${transactions.transferred.transactionHash}`,
    },
    {
      label: "Emitted by the conference",
      zh: "会议排放",
      value: grams(neutrality.inventoryGrams),
      note: `factor missing: ${neutrality.missingFactors.join(", ")}`,
    },
    {
      label: "Retired",
      zh: "注销",
      value: grams(neutrality.retiredGrams),
      note: `tx ${transactions.retired.transactionHash}`,
    },
    {
      label: "Retirement statement",
      zh: "注销证明",
      value: `${api}/v1/retirements/${neutrality.retirementId}/document`,
    },
    {
      label: "Neutrality certificate",
      zh: "碳中和证明",
      value: `${api}/v1/certificates/${neutrality.certificateId}/document`,
      note: `tx ${transactions.certified.transactionHash}`,
    },
    {
      label: "Status of all this",
      zh: "状态",
      value: "demonstration only, the notice lasted seconds 仅供演示，公示期以秒计",
    },
  ];
}

function checkLines(of: { summary: DemoSummary; refusals: Refusals }): ReportLine[] {
  const { summary, refusals } = of;
  const answer = (attempt: keyof Refusals) => {
    const refusal = refusals[attempt];
    if (!refusal) return { value: "NOT REFUSED 未被拒绝" };
    const value = refusedAsExpected(refusals, attempt) ? EXPECTED[attempt] : refusal.code;
    return { value, note: both(explain(refusal, "en"), explain(refusal, "zh")) };
  };
  return [
    { label: "Same period again", zh: "重复签发", ...answer("reissue") },
    { label: "Second certificate", zh: "重复声明", ...answer("secondCertificate") },
    { label: "Sale of retired grams", zh: "注销后转让", ...answer("resale") },
    {
      label: "Outsider's check, server stopped",
      zh: "第三方验证",
      value: summary.verified ? "passed 通过" : "FAILED 未通过",
    },
    { label: "Mirror digest", zh: "镜像摘要", value: summary.mirrorDigest },
    { label: "Digest after reindexing", zh: "重建后摘要", value: summary.reindexDigest },
  ];
}

/** What the id says by itself, read from its digits. */
function tokenWords(tokenId: string): string {
  const id = parseTokenId(tokenId);
  const parts = id.ok ? decodeTokenId(id.value) : id;
  if (!parts.ok) throw new Error(explain(parts.refusal, "en"));
  const { en, zh } = describeTokenId(parts.value);
  return both(en, zh);
}

function both(en: string, zh: string): string {
  return `${en} ${zh}`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
