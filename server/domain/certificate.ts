import type { Json } from "./canonical.ts";
import type { CountedLine, Inventory, InventoryLine } from "./inventory.ts";
import type { MethodologyStatus } from "./methodology/schema.ts";
import { formatDay, type Period } from "./period.ts";
import { formatTonnes } from "./units.ts";

/*
 * The documents behind a retirement's and a certificate's content hash: plain JSON whose RFC 8785 text
 * is hashed. They hold no moment of making, so the same facts always give the same hash.
 */

export type Label = { en: string; zh: string };

/** What a unit is retired for; the numbers are the contract's. */
export const purposes = [
  { number: 1, id: "complianceOffset", en: "compliance offset", zh: "抵销" },
  { number: 2, id: "voluntaryOffset", en: "voluntary offset", zh: "自愿抵消" },
  { number: 3, id: "eventNeutrality", en: "event neutrality", zh: "大型活动碳中和" },
  { number: 4, id: "ecoDamage", en: "compensation of ecological damage", zh: "生态环境损害赔偿" },
  { number: 5, id: "donation", en: "donation", zh: "公益捐赠" },
  { number: 6, id: "points", en: "points", zh: "碳积分" },
] as const;
export type PurposeId = (typeof purposes)[number]["id"];

/** What a certificate is; the numbers are the contract's. */
export const certificateKinds = [
  {
    number: 1,
    id: "neutralitySelfDeclared",
    en: "Carbon neutrality, self-declared",
    zh: "碳中和证明（自我声明）",
  },
  {
    number: 2,
    id: "neutralityThirdParty",
    en: "Carbon neutrality, verified by a third party",
    zh: "碳中和证明（第三方核查）",
  },
  { number: 3, id: "personalRecord", en: "Personal reduction record", zh: "个人减排证书" },
] as const;
export type CertificateKindId = (typeof certificateKinds)[number]["id"];

/** Whom the units are retired for. */
export type Beneficiary = { name: string; registerNumber?: string };

/** The event or year a neutrality statement is about. */
export type Subject = {
  title: string;
  organiser: string;
  place: string;
  period: Period;
  /** What was counted and what was left out, in words. */
  boundary: string;
};

const WATERMARK: Label = {
  en: "Demonstration only. Not a real reduction, not valid for any claim.",
  zh: "仅供演示。并非真实减排量，不得用于任何声明。",
};

/** The watermark of everything that comes of a methodology that is not official or published. */
export function watermarkOf(statuses: readonly MethodologyStatus[]): Label | null {
  return statuses.every((status) => status === "official" || status === "published")
    ? null
    : WATERMARK;
}

const grams = (amount: bigint): Json => ({
  grams: amount.toString(),
  shown: formatTonnes(amount),
});

const periodOf = (period: Period): Json => ({
  first: formatDay(period.firstDay),
  end: formatDay(period.endDay),
});

const beneficiaryJson = ({ name, registerNumber }: Beneficiary): Json => ({
  name,
  registerNumber: registerNumber ?? null,
});

/** What `retire` commits to by its content hash, before the retirement and its serials exist. */
export function retirementContent(of: {
  programme: number;
  beneficiary: Beneficiary;
  purpose: PurposeId;
  subject: string;
  tokenId: string;
  grams: bigint;
}): Json {
  return {
    format: "tanpu-retirement/1",
    programme: of.programme,
    beneficiary: beneficiaryJson(of.beneficiary),
    purpose: of.purpose,
    subject: of.subject,
    tokenId: of.tokenId,
    amount: grams(of.grams),
  };
}

/** A retirement as the chain has it. */
export type RetiredUnits = {
  retirementId: string;
  tokenId: string;
  grams: bigint;
  firstSerial: bigint;
  /** Not included. */
  endSerial: bigint;
  programme: number;
  methodology: number;
  period: Period;
  transactionHash: string;
  /** Hash of what the holder said at the retirement. */
  content: string;
};

const retiredJson = (units: RetiredUnits): Json => ({
  retirementId: units.retirementId,
  tokenId: units.tokenId,
  amount: grams(units.grams),
  serials: { first: units.firstSerial.toString(), end: units.endSerial.toString() },
  programme: units.programme,
  methodology: units.methodology,
  monitoringPeriod: periodOf(units.period),
  transactionHash: units.transactionHash,
  content: units.content,
});

/** 注销证明: the registry states that these units left for ever. */
export function retirementStatement(of: {
  beneficiary: Beneficiary;
  purpose: PurposeId;
  units: RetiredUnits;
  statuses: readonly MethodologyStatus[];
}): Json {
  const purpose = purposes.find(({ id }) => id === of.purpose);
  return {
    format: "tanpu-retirement-statement/1",
    title: { en: "Statement of retirement", zh: "碳普惠减排量注销证明" },
    watermark: watermarkOf(of.statuses),
    beneficiary: beneficiaryJson(of.beneficiary),
    purpose: { id: of.purpose, en: purpose?.en ?? of.purpose, zh: purpose?.zh ?? of.purpose },
    retirement: retiredJson(of.units),
    statement: {
      en: "These units were retired and can be neither transferred nor used again.",
      zh: "上述减排量已注销，不得再次转让或使用。",
    },
  };
}

const activityLabels: Readonly<Record<InventoryLine["activity"], Label>> = {
  electricity: { en: "purchased electricity", zh: "净购入电力" },
  localTravel: { en: "local travel", zh: "市内交通" },
  longDistanceTravel: { en: "flights and long-distance travel", zh: "航空与长途交通" },
  accommodation: { en: "accommodation", zh: "住宿" },
  meals: { en: "meals", zh: "餐饮" },
  materials: { en: "materials", zh: "物料" },
  waste: { en: "waste", zh: "废弃物" },
};

const countedJson = (line: CountedLine): Json => ({
  activity: { id: line.activity, ...activityLabels[line.activity] },
  quantity: line.quantity,
  unit: line.unit,
  factor: {
    id: line.factor.id,
    value: line.factor.value,
    unit: line.factor.unit,
    year: line.factor.year,
    region: line.factor.region,
    source: line.factor.source.title,
    sourceStatus: line.factor.source.status,
    sourceNote: line.factor.source.note,
  },
  emitted: grams(line.emittedGrams),
});

const missingJson = (line: InventoryLine): Json => ({
  activity: { id: line.activity, ...activityLabels[line.activity] },
  quantity: line.quantity,
  unit: line.unit,
  note: { en: "factor missing, not counted", zh: "缺少因子，未计入" },
});

/** The document a neutrality certificate commits to by its content hash. */
export function neutralityCertificate(of: {
  kind: Exclude<CertificateKindId, "personalRecord">;
  beneficiary: Beneficiary;
  subject: Subject;
  inventory: Inventory;
  retirements: readonly RetiredUnits[];
  statuses: readonly MethodologyStatus[];
  /** Id of the revoked certificate that this one replaces. */
  replaces?: string;
}): Json {
  const kind = certificateKinds.find(({ id }) => id === of.kind);
  const retiredGrams = of.retirements.reduce((sum, units) => sum + units.grams, 0n);
  return {
    format: "tanpu-neutrality-certificate/1",
    title: { en: kind?.en ?? of.kind, zh: kind?.zh ?? of.kind },
    kind: of.kind,
    watermark: watermarkOf(of.statuses),
    beneficiary: beneficiaryJson(of.beneficiary),
    subject: {
      title: of.subject.title,
      organiser: of.subject.organiser,
      place: of.subject.place,
      period: periodOf(of.subject.period),
      boundary: of.subject.boundary,
    },
    inventory: {
      counted: of.inventory.counted.map(countedJson),
      factorMissing: of.inventory.factorMissing.map(missingJson),
      emitted: grams(of.inventory.emittedGrams),
    },
    retirements: of.retirements.map(retiredJson),
    retired: grams(retiredGrams),
    replaces: of.replaces ?? null,
    statement: {
      en: "The units listed here were retired for the emissions that this inventory could count. Lines without a sourced factor are not covered.",
      zh: "所列减排量已为本清单可核算的排放注销。缺少有来源因子的项目不在覆盖范围内。",
    },
  };
}
