import { z } from "zod";

/*
 * What a programme's rules are about. The names are closed: a rule that is not here cannot be written down, and the
 * value of each has the one form given here. Amounts are digits, because they are read as bigint.
 */

const digits = z.string().regex(/^(0|[1-9]\d{0,17})$/);
const count = z.int().min(1).max(1_000_000_000);

/** Who a rule may name. */
export const parties = [
  "state-organ",
  "enterprise",
  "public-institution",
  "social-organisation",
  "other-organisation",
  "individual",
  "project-developer",
  "scenario-developer",
  "project-applicant",
  "scenario-applicant",
  "scenario-participant",
  "benefit-provider",
  "quota-entity",
  "operator",
  "delegate",
] as const;

/** What units may be used for. */
export const uses = [
  "compliance-offset",
  "environmental-damages",
  "neutrality",
  "voluntary-offset",
  "voluntary-retirement",
  "donation",
] as const;

const someParties = z.strictObject({
  parties: z.array(z.enum(parties)).min(1),
  /** Whether somebody who is delegated must show it in writing. */
  writtenAgreement: z.boolean().optional(),
});

const notice = z.strictObject({
  days: count,
  calendar: z.enum(["working", "calendar"]),
  /** What the notice has to be over before. */
  before: z.enum(["application", "publication", "filing", "issue"]),
});

const threshold = z.strictObject({
  measure: z.enum(["people", "visits", "squareMetres"]),
  least: count,
});

export const ruleValues = {
  /** What reductions come from 减排项目、减排场景、行为场景. */
  sourceKinds: z.strictObject({
    kinds: z.array(z.enum(["project", "scenario", "behaviour"])).min(1),
  }),
  owner: someParties,
  mayFile: someParties,
  mayTrade: someParties,
  /** Whether persons and others may have somebody apply and trade for many of them 打包委托. */
  pooling: z.strictObject({ mayDelegate: z.boolean() }),
  /** What is looked at, in order, and by whom. */
  reviewSteps: z.strictObject({
    steps: z
      .array(
        z.strictObject({
          step: z.enum(["validation", "verification", "expert-panel", "filing", "issue"]),
          by: z.string().min(1),
          /** False: the authority asks for it where it sees need. */
          isRequired: z.boolean(),
        }),
      )
      .min(1),
    /** Whether a project and its first reductions are reviewed in one 双审合一. */
    jointFirst: z.boolean().optional(),
  }),
  methodologyNotice: notice,
  benefitSharingNotice: notice,
  requestNotice: notice,
  /** From which act on the same reductions may not be applied for elsewhere. */
  exclusivity: z.strictObject({ from: z.enum(["application", "publicity", "issue"]) }),
  /** The smallest amount a unit is kept in. */
  granularity: z.strictObject({ milligramsPerUnit: digits }),
  /** Whether what is smaller than a unit is carried to the next issue. */
  carry: z.strictObject({ isAllowed: z.boolean() }),
  uses: z.strictObject({ uses: z.array(z.enum(uses)).min(1) }),
  markets: z.strictObject({ markets: z.array(z.string().min(1)).min(1) }),
  /** What proves whose a unit is. */
  proofOfOwnership: z.strictObject({ by: z.literal("registry") }),
  /** Whether units used once may be sold or used again. */
  reuse: z.strictObject({ isAllowed: z.boolean() }),
  pointsLife: z.strictObject({ mostYears: z.int().min(1).max(100) }),
  pointsTransfer: z.strictObject({ isAllowed: z.boolean() }),
  /** Whose decision takes points away. */
  pointsCancel: z.strictObject({ by: z.enum(["holder", "operator"]) }),
  /** What spending points does to the reductions behind them. */
  pointsRedemption: z.strictObject({
    does: z.enum(["moves-lock", "cancels", "becomes-reductions"]),
  }),
  /** Sites that may earn nothing, because a quota market counts them. */
  quotaSites: z.strictObject({ excluded: z.enum(["within-boundary"]) }),
  /** Markets and mechanisms whose behaviours follow their own rules. */
  otherMechanisms: z.strictObject({
    excluded: z.array(z.enum(["national-ets", "local-ets", "ccer", "any-other"])).min(1),
  }),
  /** Whether periods before the methodology's publication count. */
  retroactivity: z.strictObject({ beforeMethodology: z.boolean() }),
  eventThresholds: z.strictObject({
    kinds: z
      .array(
        z.strictObject({
          kind: z.enum(["performance", "sport", "meeting", "exhibition"]),
          /** Any one of them makes an event of this kind a large one. */
          any: z.array(threshold).min(1),
        }),
      )
      .min(1),
  }),
  /** What an organiser does, in order, until the event has its certificate. */
  eventSteps: z.strictObject({
    steps: z.array(z.enum(["plan", "reduce", "compute", "buy", "offset", "certificate"])).min(1),
    offsetAtLeastEmissions: z.boolean(),
  }),
  /** Years after the event within which it is offset. */
  eventCompletion: z.strictObject({ mostYears: z.int().min(1).max(100) }),
  /** Money for issued units, with a cap for each project. */
  subsidy: z.strictObject({ fenPerTonne: digits, mostFenPerProject: digits }),
  /** How much of an enterprise's obligation units may stand for. */
  offsetCap: z.strictObject({
    complianceYear: z.int().min(2010).max(2100),
    permilleOfAllocation: z.int().min(1).max(1_000),
    notAboveShortfall: z.boolean(),
    /** Number of the programme whose units count, and of the one whose enterprises may. */
    unitsOf: z.int().min(1),
    enterprisesOf: z.int().min(1),
  }),
  /** The most units of all kinds together that one compliance year takes. */
  offsetTotal: z.strictObject({
    complianceYear: z.int().min(2010).max(2100),
    mostTonnes: digits,
    sharedWith: z.array(z.string().min(1)),
  }),
} as const;

export type RuleName = keyof typeof ruleValues;
export type RuleValue<Name extends RuleName> = z.infer<(typeof ruleValues)[Name]>;
export const ruleNames = Object.keys(ruleValues) as [RuleName, ...RuleName[]];
