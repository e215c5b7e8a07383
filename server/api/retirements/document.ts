import type { RetirementView } from "../../database/queries/certificates.ts";
import { type Label, purposes, watermarkOf } from "../../domain/certificate.ts";
import type { MethodologyStatus } from "../../domain/methodology/schema.ts";
import { formatDay } from "../../domain/period.ts";
import { formatKilograms, formatTonnes } from "../../domain/units.ts";
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
import { retiredUnitsOf } from "./facts.ts";

type Content = Readonly<Record<string, unknown>> | undefined;

/** A text member of a published document; members of another kind count as missing. */
export function textAt(content: Content, ...path: readonly string[]): string | undefined {
  const member = memberAt(content, ...path);
  return typeof member === "string" ? member : undefined;
}

/** The warning of everything that comes of a demonstration methodology. */
export function demonstrationWarnings(statuses: readonly MethodologyStatus[]): Warning[] {
  const watermark = watermarkOf(statuses);
  return watermark === null ? [] : [{ ...watermark, mark: { zh: "演示", en: "DEMONSTRATION" } }];
}

/** Who a document is for, with the public register number if one was given. */
export function beneficiaryText(content: Content): Html {
  const number = textAt(content, "beneficiary", "registerNumber");
  const name = textAt(content, "beneficiary", "name") ?? "–";
  return number === undefined
    ? html`<strong>${name}</strong>`
    : html`<strong>${name}</strong><small>登记号 register number ${number}</small>`;
}

const unitColumns: readonly Column[] = [
  { zh: "减排量编码", en: "token id; programme and methodology", percent: 41 },
  { zh: "核算周期", en: "monitoring period", percent: 16 },
  { zh: "数量", en: "amount", percent: 21, number: true },
  { zh: "序列号", en: "serials, first to last", percent: 22, number: true },
];

/** The list of retired units with their serials. */
export function unitsTable(retirements: readonly RetirementView[]): Html {
  const units = retiredUnitsOf(retirements);
  const total = units.reduce((sum, { grams }) => sum + grams, 0n);
  return list(
    unitColumns,
    units.map((one) => [
      html`${idText(one.tokenId)}<small>机制 programme ${one.programme}，方法学 methodology ${one.methodology}</small>`,
      daysText(formatDay(one.period.firstDay), formatDay(one.period.endDay)),
      formatKilograms(one.grams),
      html`${digits(one.firstSerial)} –<br>${digits(one.endSerial - 1n)}`,
    ]),
    [both("合计", "total"), "", formatKilograms(total), ""],
  );
}

/** A serial with its digits in groups, as people compare them. */
function digits(serial: bigint): string {
  return serial.toString().replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** 注销证明 as a printable page in both languages. */
export function retirementDocument(of: {
  retirement: RetirementView;
  content: Content;
  statuses: readonly MethodologyStatus[];
}): string {
  const { retirement, content } = of;
  const number = String(retirement.purpose);
  const purpose: Label = purposes.find((one) => one.number === retirement.purpose) ?? {
    en: number,
    zh: number,
  };
  const grams = BigInt(retirement.grams);
  const beneficiary = textAt(content, "beneficiary", "name");
  const statement = textAt(content, "statement");
  return paper({
    title: { zh: "碳普惠减排量注销证明", en: "Statement of retirement" },
    warnings: demonstrationWarnings(of.statuses),
    lead: {
      zh: `兹证明：${formatTonnes(grams)}二氧化碳当量的碳普惠减排量已${beneficiary === undefined ? "" : `为${beneficiary}`}注销，用途为${purpose.zh}，不得再次转让或使用。`,
      en: `${formatTonnes(grams)} of CO2e carbon-inclusion reductions were retired${beneficiary === undefined ? "" : ` for ${beneficiary}`} (${purpose.en}). They can be neither transferred nor used again.`,
    },
    figures: [{ zh: "注销数量", en: "Amount retired", grams }],
    body: [
      section(
        "注销事项",
        "Retirement",
        facts([
          ["受益方", "beneficiary", beneficiaryText(content)],
          ["用途", "purpose", both(purpose.zh, purpose.en)],
          [
            "对应期间",
            "period it is for, both days included",
            daysText(textAt(content, "period", "first"), textAt(content, "period", "end")),
          ],
          ...(statement === undefined
            ? []
            : [["说明", "statement by the holder", statement] as const]),
          ["注销时间", "retired at", instantText(retirement.retiredAt)],
        ]),
      ),
      section("注销的减排量", "Units retired", unitsTable([retirement])),
      section(
        "登记信息",
        "Registration",
        facts([
          ["注销编号", "retirement id", idText(retirement.retirementId)],
          ["持有账户", "holder's account", idText(retirement.holder)],
          ["链上交易", "transaction", idText(retirement.transactionHash)],
          ["区块", "block", retirement.blockNumber],
        ]),
      ),
    ],
    content: retirement.content,
  });
}
