/** Text that is HTML already. */
export type Html = { readonly html: string };

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

type Part = string | number | Html | readonly Part[];

function textOf(part: Part): string {
  if (typeof part === "string" || typeof part === "number") return escaped(String(part));
  return "html" in part ? part.html : part.map(textOf).join("");
}

/** A template whose values are escaped, unless they are HTML already. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return {
    html: texts
      .map((text, at) => text + (at < parts.length ? textOf(parts[at] ?? "") : ""))
      .join(""),
  };
}

/** A label and a value of a document, in both languages. */
export function row(zh: string, en: string, value: Part): Html {
  return html`<tr><th scope="row">${zh}<small lang="en">${en}</small></th><td>${value}</td></tr>`;
}

const style = `
  :root { color: #1c2b22; background: #fff; font: 15px/1.6 "Noto Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif; }
  body { max-width: 48rem; margin: 2rem auto; padding: 2.5rem; border: 1px solid #9db3a6; position: relative; overflow: hidden; }
  h1 { font-size: 1.6rem; margin: 0 0 1.5rem; text-align: center; }
  h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
  small { display: block; color: #4d6155; font-weight: 400; }
  table { width: 100%; border-collapse: collapse; }
  th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #dbe4de; overflow-wrap: anywhere; }
  th[scope="row"] { width: 14rem; font-weight: 600; }
  code { font-size: .82rem; overflow-wrap: anywhere; }
  .watermark { position: absolute; inset: 0; display: grid; place-content: center; font-size: 5rem; font-weight: 700;
    color: rgb(176 32 32 / 14%); transform: rotate(-28deg); pointer-events: none; text-align: center; line-height: 1.1; }
  .notice { color: #9a1c1c; font-weight: 600; text-align: center; }
  @media print { body { border: 0; margin: 0; } .watermark { print-color-adjust: exact; } }
`;

/** A printable page without scripts and without anything from elsewhere. */
export function page(of: {
  title: { zh: string; en: string };
  watermark: { zh: string; en: string } | null;
  body: readonly Html[];
}): string {
  const { title, watermark, body } = of;
  const mark =
    watermark === null
      ? html``
      : html`<div class="watermark" aria-hidden="true">演示<br>DEMONSTRATION</div>
<p class="notice">${watermark.zh}<br><span lang="en">${watermark.en}</span></p>`;
  const document = html`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title.zh} ${title.en}</title><style>${{ html: style }}</style></head>
<body><h1>${title.zh}<small lang="en">${title.en}</small></h1>${mark}${body}</body></html>
`;
  return document.html;
}
