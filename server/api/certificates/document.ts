import type { CertificateView, RetirementView } from "../../database/queries/certificates.ts";
import { certificateKinds } from "../../domain/certificate.ts";
import type { MethodologyStatus } from "../../domain/methodology/schema.ts";
import { formatTonnes } from "../../domain/units.ts";
import { memberAt } from "../documents.ts";
import { both, type Html, html, idText } from "../html.ts";
import {
  type Column,
  daysText,
  facts,
  instantText,
  list,
  paper,
  section,
  type Warning,
} from "../paper.ts";
import {
  beneficiaryText,
  demonstrationWarnings,
  textAt,
  unitsTable,
} from "../retirements/document.ts";

type Content = Readonly<Record<string, unknown>>;

function listAt(content: Content | undefined, ...path: readonly string[]): Content[] {
  const member = memberAt(content, ...path);
  return Array.isArray(member)
    ? member.filter((one): one is Content => typeof one === "object" && one !== null)
    : [];
}

const inventoryColumns: readonly Column[] = [
  { zh: "排放项", en: "activity", percent: 20 },
  { zh: "数量", en: "quantity", percent: 17, number: true },
  { zh: "排放因子及来源", en: "factor and its source", percent: 44 },
  { zh: "排放量", en: "emitted, CO2e", percent: 19, number: true },
];

const text = (line: Content, ...path: string[]): string => textAt(line, ...path) ?? "–";

function activityCells(line: Content): Html[] {
  return [
    both(text(line, "activity", "zh"), text(line, "activity", "en")),
    both(text(line, "quantity"), text(line, "unit")),
  ];
}

function inventoryTable(content: Content | undefined, emitted: bigint): Html {
  const counted = listAt(content, "inventory", "counted").map((line) => [
    ...activityCells(line),
    html`${text(line, "factor", "value")} ${text(line, "factor", "unit")}
<small>${text(line, "factor", "region")}；${text(line, "factor", "source")} (${text(line, "factor", "sourceStatus")}). ${text(line, "factor", "sourceNote")}</small>`,
    text(line, "emitted", "shown"),
  ]);
  const missing = listAt(content, "inventory", "factorMissing").map((line) => [
    ...activityCells(line),
    both("缺少有来源的因子，未计入", "no sourced factor, not counted"),
    "–",
  ]);
  return list(
    inventoryColumns,
    [...counted, ...missing],
    [both("已核算合计", "total counted"), "", "", formatTonnes(emitted)],
  );
}

const REVOKED: Warning = {
  zh: "本证明已被撤销，不再有效。",
  en: "This certificate was revoked and is no longer valid.",
  mark: { zh: "已撤销", en: "REVOKED" },
};

const REPLACED: Warning = {
  zh: "本证明已被撤销，并由另一份证明替换，不再有效。",
  en: "This certificate was revoked, and another one replaced it; it is no longer valid.",
  mark: { zh: "已替换", en: "REPLACED" },
};

const IMPAIRED: Warning = {
  zh: "本证明所依据的部分减排量存在未了结的重复计算责任，在补正之前不应据以作出声明。",
  en: "Units behind this certificate carry an open debt for double counting; no claim should rest on it until that is mended.",
  mark: { zh: "存在瑕疵", en: "IMPAIRED" },
};

const warningsOfState: Readonly<Record<string, readonly Warning[]>> = {
  revoked: [REVOKED],
  replaced: [REPLACED],
};

/** A neutrality certificate as a printable page in both languages. */
export function certificateDocument(of: {
  certificate: CertificateView;
  retirements: readonly RetirementView[];
  content: Content | undefined;
  statuses: readonly MethodologyStatus[];
}): string {
  const { certificate, content } = of;
  const kind = certificateKinds.find(({ number }) => number === certificate.kind);
  const [retired, emitted] = [BigInt(certificate.retiredGrams), BigInt(certificate.emittedGrams)];
  const subject = (name: string): string => textAt(content, "subject", name) ?? "–";
  const { replaces, revocationDocument } = certificate;
  return paper({
    title: { zh: kind?.zh ?? "碳中和证明", en: kind?.en ?? "Certificate" },
    warnings: [
      ...(warningsOfState[certificate.state] ?? []),
      ...(certificate.impaired ? [IMPAIRED] : []),
      ...demonstrationWarnings(of.statuses),
    ],
    lead: {
      zh:
        textAt(content, "statement", "zh") ??
        "所列减排量已注销，不得再次转让、使用或用于其他证明。",
      en:
        textAt(content, "statement", "en") ??
        "The units listed were retired and can be neither transferred, used nor certified again.",
    },
    figures: [
      { zh: "已核算排放", en: "Emissions counted", grams: emitted },
      { zh: "已注销减排量", en: "Units retired", grams: retired },
    ],
    body: [
      section(
        "证明事项",
        "Subject",
        facts([
          ["受益方", "beneficiary", beneficiaryText(content)],
          ["活动", "event", subject("title")],
          ["组织者", "organiser", subject("organiser")],
          ["地点", "place", subject("place")],
          [
            "期间",
            "period, both days included",
            daysText(
              textAt(content, "subject", "period", "first"),
              textAt(content, "subject", "period", "end"),
            ),
          ],
          ["核算边界", "boundary", subject("boundary")],
          ["出具时间", "certified at", instantText(certificate.certifiedAt)],
        ]),
      ),
      section("排放清单", "Inventory", inventoryTable(content, emitted)),
      section("注销的减排量", "Units retired", unitsTable(of.retirements)),
      section(
        "登记信息",
        "Registration",
        facts([
          ["证明编号", "certificate id", idText(certificate.certificateId)],
          ["持有账户", "holder's account", idText(certificate.holder)],
          ["链上交易", "transaction", idText(certificate.transactionHash)],
          ["区块", "block", certificate.blockNumber],
          ...(replaces === null
            ? []
            : [["替换的证明", "replaces the revoked certificate", idText(replaces)] as const]),
          ...(revocationDocument === null
            ? []
            : [["撤销文件", "document of the revocation", idText(revocationDocument)] as const]),
        ]),
      ),
    ],
    content: certificate.content,
  });
}
