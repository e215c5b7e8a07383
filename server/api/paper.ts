import { formatDay, formatInstant, parseDay } from "../domain/period.ts";
import { formatKilograms, formatTonnes } from "../domain/units.ts";
import { baseStyle, both, type Html, html, htmlPage, idText, type Part } from "./html.ts";

/** A text of both languages. */
type Both = { readonly zh: string; readonly en: string };

/** Something the reader must not miss, with the word that is printed across every page. */
export type Warning = Both & { readonly mark: Both };

const REPEATED_MARKS = 24;

const style = `${baseStyle}
  .paper { position: relative; isolation: isolate; overflow: hidden; max-width: 52rem; margin: 2rem auto; padding: 3rem 3.25rem 2.25rem;
    background: #fff; border: 1px solid var(--line); border-top: 6px solid var(--accent); }
  .registry { display: flex; justify-content: space-between; gap: 1rem; color: var(--soft); font-size: .85rem;
    padding-bottom: .6rem; border-bottom: 1px solid var(--line); }
  sub { line-height: 0; font-size: .65em; }
  h1 { margin: 1.9rem 0 1.4rem; text-align: center; font-size: 1.75rem; line-height: 1.3; letter-spacing: .06em; }
  h1 small { margin-top: .25rem; font-size: 1rem; }
  h2 { margin: 2rem 0 .35rem; font-size: 1.05rem; color: var(--accent); break-after: avoid; }
  h2 small { display: inline; margin-left: .6em; }
  .warning { margin: 0 0 1.2rem; padding: .6rem 1rem; border: 1.5px solid var(--alarm); color: var(--alarm); text-align: center; font-weight: 600; }
  .warning small { color: inherit; }
  .lead { margin: 0 0 1.4rem; }
  .lead p { margin: 0 0 .4rem; }
  .lead p[lang="en"] { color: var(--soft); font-size: .9rem; }
  .figures { display: flex; flex-wrap: wrap; margin: 0 0 .5rem; border-block: 1px solid var(--line); }
  .figures div { flex: 1 1 12rem; padding: .8rem 1rem; text-align: center; }
  .figures div + div { border-left: 1px solid var(--line); }
  .figures dt { color: var(--soft); font-size: .85rem; }
  .figures dd { margin: .15rem 0 0; white-space: nowrap; font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; }
  table { width: 100%; border-collapse: collapse; table-layout: fixed; }
  th, td { padding: .45rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
  th { font-weight: 600; }
  tr { break-inside: avoid; }
  thead th { border-bottom: 1.5px solid var(--soft); vertical-align: bottom; }
  tfoot td { border-bottom: 0; border-top: 1.5px solid var(--soft); font-weight: 650; }
  th[scope="row"] { width: 31%; padding-left: 0; }
  .number { text-align: right; white-space: nowrap; overflow-wrap: normal; font-variant-numeric: tabular-nums; }
  .check { margin-top: 2.2rem; padding-top: .8rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; break-inside: avoid; }
  .check p { margin: 0 0 .35rem; }
  .marks { position: absolute; inset: 0; z-index: -1; overflow: hidden; pointer-events: none; }
  .marks span { display: grid; place-content: center; height: 19rem; transform: rotate(-24deg); text-align: center; white-space: nowrap;
    font-size: 3.4rem; line-height: 1.15; font-weight: 700; letter-spacing: .04em; color: rgb(157 31 31 / 9%); }
  @media (max-width: 40rem) {
    .paper { margin: 0; padding: 1.25rem 1rem; border-inline: 0; }
    .facts th, .facts td { display: block; width: auto; padding-inline: 0; }
    .facts th { border: 0; padding-bottom: 0; }
    .figures div { flex-basis: 100%; }
    .figures div + div { border-left: 0; border-top: 1px solid var(--line); }
    .marks span { font-size: 2.2rem; }
    .wide { overflow-x: auto; } .wide table { min-width: 36rem; }
  }
  @page { size: A4; margin: 15mm 14mm; }
  @media print {
    :root { background: none; font-size: 10.5pt; }
    .paper { max-width: none; margin: 0; padding: 0; border: 0; }
    .marks { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    a { color: inherit; text-decoration: none; }
  }
`;

/** `1.250000 t CO2e`, with the kilograms below. */
export function amount(grams: bigint): Html {
  return html`${formatTonnes(grams)} CO<sub>2</sub>e<small>${formatKilograms(grams)}</small>`;
}

/**
 * The days of a half-open period as people write them, with the last day; what is no date stays as the
 * holder wrote it.
 */
export function daysText(first: string | undefined, end: string | undefined): string {
  const after = parseDay(end ?? "");
  const last = after.ok ? formatDay(after.value - 1) : (end ?? "–");
  return first === last ? last : `${first ?? "–"} – ${last}`;
}

/** A moment (unix seconds) as people file it. */
export function instantText(seconds: number): string {
  return `${formatInstant(seconds).replace("T", " ").replace("+08:00", "")} 北京时间 (UTC+8)`;
}

/** Labels and values of a document, in both languages. */
export function facts(rows: readonly (readonly [zh: string, en: string, value: Part])[]): Html {
  return html`<table class="facts"><tbody>${rows.map(
    ([zh, en, value]) => html`<tr><th scope="row">${both(zh, en)}</th><td>${value}</td></tr>`,
  )}</tbody></table>`;
}

/** A heading and what stands below it. */
export function section(zh: string, en: string, ...content: readonly Part[]): Html {
  return html`<section><h2>${both(zh, en)}</h2>${content}</section>`;
}

/** A column of a list: its heading in both languages, its share of the width, and how it is set. */
export type Column = Both & { readonly percent: number; readonly number?: true };

/** A list with aligned figures; `total` is its last line. */
export function list(
  columns: readonly Column[],
  rows: readonly (readonly Part[])[],
  total?: readonly Part[],
): Html {
  const kind = (at: number): Html => (columns[at]?.number ? html` class="number"` : html``);
  const line = (cells: readonly Part[]): Html =>
    html`<tr>${cells.map((cell, at) => html`<td${kind(at)}>${cell}</td>`)}</tr>`;
  return html`<div class="wide"><table><colgroup>${columns.map(
    ({ percent }) => html`<col style="width:${percent}%">`,
  )}</colgroup><thead><tr>${columns.map(
    ({ zh, en }, at) => html`<th scope="col"${kind(at)}>${both(zh, en)}</th>`,
  )}</tr></thead><tbody>${rows.map(line)}</tbody>${
    total === undefined ? "" : html`<tfoot>${line(total)}</tfoot>`
  }</table></div>`;
}

/** A document of the registry, made to be printed and filed. */
export function paper(of: {
  title: Both;
  warnings: readonly Warning[];
  /** What the document states, as one paragraph. */
  lead: Both;
  figures: readonly (Both & { readonly grams: bigint })[];
  body: readonly Html[];
  /** Hash of the published content. */
  content: string;
}): string {
  const { title, warnings, lead, figures } = of;
  const marks = Array.from({ length: warnings.length === 0 ? 0 : REPEATED_MARKS }, (_, at) => {
    const { mark } = warnings[at % warnings.length] ?? { mark: title };
    return html`<span>${mark.zh}<br>${mark.en}</span>`;
  });
  return htmlPage({
    title: `${title.zh} ${title.en}`,
    style,
    body: html`<main class="paper">
<header class="registry"><span>碳普惠减排量登记</span><span lang="en">Tanpu registry of carbon-inclusion reductions</span></header>
<h1>${both(title.zh, title.en)}</h1>
${warnings.map(({ zh, en }) => html`<p class="warning">${both(zh, en)}</p>`)}
<div class="lead"><p>${lead.zh}</p><p lang="en">${lead.en}</p></div>
<dl class="figures">${figures.map(
      ({ zh, en, grams }) =>
        html`<div><dt>${zh} <span lang="en">${en}</span></dt><dd>${amount(grams)}</dd></div>`,
    )}</dl>
${of.body}
<footer class="check"><p>核验：内容哈希是 <a href="/v1/blobs/${of.content}">公示文件</a> 字节的 keccak-256 值，链上保存同一哈希；用公示文件和链节点运行 tanpu-verify，无需信任本服务器。</p>
<p lang="en">To check: the content hash is the keccak-256 of the bytes of the <a href="/v1/blobs/${of.content}">published file</a>, and the chain holds the same hash. tanpu-verify checks the published files against a chain node; this server need not be trusted.</p>
<p>${idText(of.content)}</p></footer>
<div class="marks" aria-hidden="true">${marks}</div></main>`,
  });
}
