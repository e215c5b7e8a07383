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

export type Part = string | number | Html | readonly Part[];

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

/** Chinese with its English below, smaller. */
export function both(zh: Part, en: Part): Html {
  return html`${zh}<small lang="en">${en}</small>`;
}

const ID_GROUP = /0x|.{1,8}/g;

/** A hash, id or address that may break between groups of eight digits; copying gives it whole. */
export function idText(id: string): Html {
  const groups = id.match(ID_GROUP) ?? [];
  return html`<code class="id">${groups.map((group) => html`<wbr>${group}`)}</code>`;
}

/** A whole page without scripts and without anything from elsewhere. */
export function htmlPage(of: { title: string; style: string; body: Part }): string {
  return html`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${of.title}</title><style>${{ html: of.style }}</style></head>
<body>${of.body}</body></html>
`.html;
}

/** What all pages share: fonts, colours, and that both languages read well side by side. */
export const baseStyle = `
  :root { --ink: #16241c; --soft: #52645a; --line: #d5dfd8; --accent: #14633f; --alarm: #9d1f1f;
    color: var(--ink); background: #eef2ef;
    font: 15px/1.55 system-ui, "Helvetica Neue", Arial, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif; }
  * { box-sizing: border-box; }
  body { margin: 0; }
  a { color: var(--accent); overflow-wrap: anywhere; }
  small { display: block; color: var(--soft); font-weight: 400; font-size: .8em; line-height: 1.4; letter-spacing: 0; }
  code { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
`;
