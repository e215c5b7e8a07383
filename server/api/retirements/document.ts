import type { RetirementView } from "../../database/queries/certificates.ts";
import { type Label, purposes, watermarkOf } from "../../domain/certificate.ts";
import type { MethodologyStatus } from "../../domain/methodology/schema.ts";
import { formatDay, formatInstant } from "../../domain/period.ts";
import { formatKilograms, formatTonnes } from "../../domain/units.ts";
import { type Html, html, page, row } from "../html.ts";
import { retiredUnitsOf } from "./facts.ts";

type Content = Readonly<Record<string, unknown>> | undefined;

/** A text member of a published document; members of another kind count as missing. */
export function textAt(content: Content, ...path: readonly string[]): string | undefined {
  let at: unknown = content;
  for (const name of path) {
    at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  }
  return typeof at === "string" ? at : undefined;
}

/** The table of retired units with their serials. */
export function unitsTable(retirements: readonly RetirementView[]): Html {
  const rows = retiredUnitsOf(retirements).map(
    (
      units,
    ) => html`<tr><td><code>${units.tokenId}</code><small>${units.programme} / ${units.methodology},
${formatDay(units.period.firstDay)} – ${formatDay(units.period.endDay - 1)}</small></td>
<td>${formatKilograms(units.grams)}</td><td>${units.firstSerial.toString()} – ${(units.endSerial - 1n).toString()}</td></tr>`,
  );
  return html`<table><thead><tr><th>减排量编码<small lang="en">token id; programme / methodology, period</small></th>
<th>数量<small lang="en">amount</small></th><th>序列号<small lang="en">serials</small></th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** 注销证明 as a printable page in both languages. */
export function retirementDocument(of: {
  retirement: RetirementView;
  content: Content;
  statuses: readonly MethodologyStatus[];
}): string {
  const { retirement, content } = of;
  const purpose = purposes.find(({ number }) => number === retirement.purpose);
  const purposeLabel: Label = purpose ?? {
    en: String(retirement.purpose),
    zh: String(retirement.purpose),
  };
  const grams = BigInt(retirement.grams);
  const statement = textAt(content, "statement");
  return page({
    title: { zh: "碳普惠减排量注销证明", en: "Statement of retirement" },
    watermark: watermarkOf(of.statuses),
    body: [
      html`<table><tbody>${[
        row("受益方", "beneficiary", textAt(content, "beneficiary", "name") ?? "–"),
        row("注销数量", "amount", `${formatTonnes(grams)} CO2e (${formatKilograms(grams)})`),
        row("用途", "purpose", `${purposeLabel.zh} ${purposeLabel.en}`),
        row(
          "对应期间",
          "period it is for, end not included",
          `${textAt(content, "period", "first") ?? "–"} – ${textAt(content, "period", "end") ?? "–"}`,
        ),
        ...(statement === undefined ? [] : [row("说明", "statement by the holder", statement)]),
        row("注销时间", "retired at", formatInstant(retirement.retiredAt)),
        row("持有账户", "holder's account", html`<code>${retirement.holder}</code>`),
        row("注销编号", "retirement id", html`<code>${retirement.retirementId}</code>`),
        row("交易哈希", "transaction", html`<code>${retirement.transactionHash}</code>`),
        row("内容哈希", "content hash", html`<code>${retirement.content}</code>`),
      ]}</tbody></table>`,
      html`<h2>注销的减排量<small lang="en">units retired</small></h2>`,
      unitsTable([retirement]),
      html`<p>上述减排量已注销，不得再次转让或使用。<small lang="en">These units were retired and can be neither transferred nor used again.</small></p>`,
    ],
  });
}
