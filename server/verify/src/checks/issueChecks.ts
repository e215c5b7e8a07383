import { issueOf } from "../../../domain/units.ts";
import type { IssueRules, ReviewRule } from "../chain.ts";
import type { Issue, Proposal, Statement } from "../facts.ts";
import { type Check, fail, notProvable, pass, type Sentence } from "../report.ts";

/** The one issue of a request, or why there is not exactly one. */
export function checkIssuedOnce(issues: readonly Issue[], proposal: Proposal): Check {
  const id = "issue.once";
  const [issue] = issues;
  if (!issue) {
    return fail(id, ["The chain issued nothing under this id.", "链上没有签发此编号的减排量。"]);
  }
  return issues.length === 1 && issue.requestId === proposal.requestId
    ? pass(id, [
        `The id was issued once, for request ${issue.requestId}.`,
        `此编号只签发过一次，对应申请 ${issue.requestId}。`,
      ])
    : fail(id, [
        `The id was issued ${issues.length} times, not once for request ${proposal.requestId}.`,
        `此编号签发了 ${issues.length} 次，而不是就申请 ${proposal.requestId} 签发一次。`,
      ]);
}

/**
 * Whether the grams follow from the total, the milligrams that challenges took off, the carry and the
 * programme's rules.
 */
export function checkIssuedGrams(
  issue: Issue,
  proposal: Proposal,
  rules: IssueRules,
  takenOffMilligrams: bigint,
): Check {
  const id = "issue.grams";
  const { totalMilligrams } = proposal;
  const { deductedMilligrams, carryBeforeMilligrams, carryAfterMilligrams, issuedGrams } = issue;
  const isPossible =
    rules.granularityGrams > 0n &&
    deductedMilligrams === takenOffMilligrams &&
    deductedMilligrams <= totalMilligrams + carryBeforeMilligrams;
  const expected = isPossible
    ? issueOf({
        milligrams: totalMilligrams,
        deductedMilligrams,
        carryMilligrams: carryBeforeMilligrams,
        granularityGrams: rules.granularityGrams,
      })
    : undefined;
  const carry = rules.keepsCarry ? expected?.carryMilligrams : 0n;
  if (expected?.issuedGrams === issuedGrams && carry === carryAfterMilligrams) {
    return pass(id, [
      `${totalMilligrams} mg - ${deductedMilligrams} mg + ${carryBeforeMilligrams} mg carried give ${issuedGrams} g and ${carryAfterMilligrams} mg to carry.`,
      `${totalMilligrams} 毫克 - ${deductedMilligrams} 毫克 + 结转 ${carryBeforeMilligrams} 毫克，得 ${issuedGrams} 克，再结转 ${carryAfterMilligrams} 毫克。`,
    ]);
  }
  return fail(id, [
    `The chain issued ${issuedGrams} g; the total, deductions and carry give ${expected?.issuedGrams ?? "no"} g.`,
    `链上签发 ${issuedGrams} 克；按总量、扣减和结转应为 ${expected?.issuedGrams ?? "无"} 克。`,
  ]);
}

/** Whether the issue began with what the same source's issue before it left; nothing before the first. */
export function checkCarry(issue: Issue, before: Issue | undefined): Check {
  const id = "issue.carry";
  const left = before?.carryAfterMilligrams ?? 0n;
  return left === issue.carryBeforeMilligrams
    ? pass(id, [
        `The issue began with ${left} mg, which is what the source's issue before it left.`,
        `本次签发转入 ${left} 毫克，与该来源上一次签发的结转一致。`,
      ])
    : fail(id, [
        `The issue began with ${issue.carryBeforeMilligrams} mg, but the source's issue before it left ${left} mg.`,
        `本次签发转入 ${issue.carryBeforeMilligrams} 毫克，而该来源上一次签发的结转为 ${left} 毫克。`,
      ]);
}

/** What a rule's places ask of: any kind, validation, verification, technical. */
const kindNames: readonly Sentence[] = [
  ["", ""],
  [" by validation", "以审定"],
  [" by verification", "以核查"],
  [" by technical review", "以技术论证"],
];

/** Institutions that stated favourably, by kind of statement; 0 stands for any kind. */
function favourableOf(statements: readonly Statement[]): (kind: number) => number {
  const byKind = new Map<number, Set<string>>();
  for (const { kind, institution, favourable } of statements) {
    for (const one of favourable ? [0, kind] : []) {
      byKind.set(one, (byKind.get(one) ?? new Set()).add(institution));
    }
  }
  return (kind) => byKind.get(kind)?.size ?? 0;
}

/** Whether enough institutions reviewed, of every kind asked for, that are not the applicant's. */
export function checkReviewers(
  statements: readonly Statement[],
  applicant: string,
  institutions: ReadonlyMap<string, string>,
  rule: ReviewRule,
): Check {
  const id = "review.institution";
  const own = institutions.get(applicant);
  if (own === undefined) {
    return fail(id, [
      "The chain does not say which institution the applicant belongs to.",
      "链上没有申请主体所属机构的记录。",
    ]);
  }
  for (const { reviewer, institution } of statements) {
    if (institution === own || institutions.get(reviewer) !== institution) {
      return fail(id, [
        `The reviewer ${reviewer} belongs to the applicant's institution or to another than stated.`,
        `审核方 ${reviewer} 与申请主体同属一个机构，或其机构与记载不符。`,
      ]);
    }
  }
  const favourable = favourableOf(statements);
  const short = rule.findIndex((least, kind) => favourable(kind) < least);
  if (short >= 0) {
    const [en, zh] = kindNames[short] ?? ["", ""];
    return fail(id, [
      `${favourable(short)} other institutions reviewed favourably${en}; the programme asks for ${rule[short]}.`,
      `有 ${favourable(short)} 家其他机构${zh}出具肯定结论；碳普惠机制要求 ${rule[short]} 家。`,
    ]);
  }
  return statements.length === 0
    ? notProvable(id, [
        "Nobody reviewed the request, and the programme asks for no review.",
        "该申请没有审核，碳普惠机制也未要求审核。",
      ])
    : pass(id, [
        `Institutions that reviewed favourably: ${favourable(0)} (needed: ${rule[0]}), none of them the applicant's.`,
        `要求 ${rule[0]} 家机构审核，已有 ${favourable(0)} 家出具肯定结论，均与申请主体无关。`,
      ]);
}
