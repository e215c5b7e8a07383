import type { CertificateView, RetirementView } from "../../database/queries/certificates.ts";
import { certificateKinds, watermarkOf } from "../../domain/certificate.ts";
import type { MethodologyStatus } from "../../domain/methodology/schema.ts";
import { formatInstant } from "../../domain/period.ts";
import { formatKilograms, formatTonnes } from "../../domain/units.ts";
import { type Html, html, page, row } from "../html.ts";
import { textAt, unitsTable } from "../retirements/document.ts";

type Content = Readonly<Record<string, unknown>>;

function listAt(content: Content | undefined, ...path: readonly string[]): Content[] {
  let at: unknown = content;
  for (const name of path) {
    at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  }
  return Array.isArray(at)
    ? at.filter((one): one is Content => typeof one === "object" && one !== null)
    : [];
}

function inventoryTable(content: Content | undefined): Html {
  const text = (line: Content, ...path: string[]): string => textAt(line, ...path) ?? "–";
  const counted = listAt(content, "inventory", "counted").map(
    (
      line,
    ) => html`<tr><td>${text(line, "activity", "zh")}<small lang="en">${text(line, "activity", "en")}</small></td>
<td>${text(line, "quantity")} ${text(line, "unit")}</td>
<td>${text(line, "factor", "value")} ${text(line, "factor", "unit")}<small>${text(line, "factor", "region")}; ${text(line, "factor", "source")} (${text(line, "factor", "sourceStatus")}). ${text(line, "factor", "sourceNote")}</small></td>
<td>${text(line, "emitted", "shown")}</td></tr>`,
  );
  const missing = listAt(content, "inventory", "factorMissing").map(
    (
      line,
    ) => html`<tr><td>${text(line, "activity", "zh")}<small lang="en">${text(line, "activity", "en")}</small></td>
<td>${text(line, "quantity")} ${text(line, "unit")}</td>
<td colspan="2">缺少因子，未计入<small lang="en">factor missing, not counted</small></td></tr>`,
  );
  return html`<table><thead><tr><th>排放项<small lang="en">activity</small></th><th>数量<small lang="en">quantity</small></th>
<th>排放因子<small lang="en">factor and source</small></th><th>排放量<small lang="en">emitted</small></th></tr></thead>
<tbody>${[...counted, ...missing]}</tbody></table>`;
}

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
  const revoked =
    certificate.state === "revoked"
      ? [
          html`<p class="notice">本证明已被撤销。<br><span lang="en">This certificate was revoked.</span></p>`,
        ]
      : [];
  return page({
    title: { zh: kind?.zh ?? "碳中和证明", en: kind?.en ?? "Certificate" },
    watermark: watermarkOf(of.statuses),
    body: [
      ...revoked,
      html`<table><tbody>${[
        row("受益方", "beneficiary", textAt(content, "beneficiary", "name") ?? "–"),
        row("活动", "event", subject("title")),
        row("组织者", "organiser", subject("organiser")),
        row("地点", "place", subject("place")),
        row(
          "期间",
          "period, end not included",
          `${textAt(content, "subject", "period", "first") ?? "–"} – ${textAt(content, "subject", "period", "end") ?? "–"}`,
        ),
        row("核算边界", "boundary", subject("boundary")),
        row(
          "已核算排放",
          "emissions counted",
          `${formatTonnes(emitted)} CO2e (${formatKilograms(emitted)})`,
        ),
        row(
          "已注销减排量",
          "units retired",
          `${formatTonnes(retired)} CO2e (${formatKilograms(retired)})`,
        ),
        row("出具时间", "certified at", formatInstant(certificate.certifiedAt)),
        row("证明编号", "certificate id", html`<code>${certificate.certificateId}</code>`),
        row("交易哈希", "transaction", html`<code>${certificate.transactionHash}</code>`),
        row("内容哈希", "content hash", html`<code>${certificate.content}</code>`),
      ]}</tbody></table>`,
      html`<h2>排放清单<small lang="en">inventory</small></h2>`,
      inventoryTable(content),
      html`<h2>注销的减排量<small lang="en">units retired</small></h2>`,
      unitsTable(of.retirements),
      html`<p>${textAt(content, "statement", "zh") ?? ""}<small lang="en">${textAt(content, "statement", "en") ?? ""}</small></p>`,
    ],
  });
}
