import { baseStyle, both, type Html, html, htmlPage } from "../html.ts";

const style = `${baseStyle}
  main { max-width: 52rem; margin: 0 auto; padding: 3rem 1.5rem 2rem; }
  h1 { margin: 0; font-size: 2rem; line-height: 1.25; letter-spacing: .04em; }
  h1 small { margin-top: .2rem; font-size: 1rem; }
  h2 { margin: 2.2rem 0 .6rem; font-size: 1.05rem; color: var(--accent); }
  h2 small { display: inline; margin-left: .6em; }
  .intro { margin: 1.3rem 0 0; max-width: 44rem; }
  .intro p { margin: 0 0 .5rem; }
  p[lang="en"] { color: var(--soft); font-size: .92rem; }
  ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
  li a { display: block; height: 100%; padding: .75rem 1rem; background: #fff; border: 1px solid var(--line); border-left: 4px solid var(--accent);
    color: inherit; text-decoration: none; font-weight: 600; }
  li a:hover, li a:focus-visible { border-color: var(--accent); outline: none; }
  li code { display: block; margin-top: .3rem; color: var(--accent); font-weight: 400; }
  pre { margin: .6rem 0; padding: .9rem 1rem; background: #fff; border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
  footer { margin-top: 2.5rem; padding-top: .8rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
`;

/** Where a visitor may want to go; every address is this server's own. */
const places = [
  ["/docs/", "接口文档", "API documentation"],
  ["/openapi.json", "OpenAPI 描述", "OpenAPI document"],
  ["/v1/tokens", "减排量", "units, by token id"],
  ["/v1/issuance-requests", "签发申请与公示", "issuance requests and notices"],
  ["/v1/retirements", "注销记录", "retirements"],
  ["/v1/certificates", "证明", "certificates"],
  ["/ready", "服务是否就绪", "whether it can serve"],
  ["/health", "进程是否存活", "whether it lives"],
] as const;

function heading(zh: string, en: string): Html {
  return html`<h2>${both(zh, en)}</h2>`;
}

/** What this server is, for people who open its address: static, without scripts. */
export function homePage(): string {
  return htmlPage({
    title: "Tanpu 碳普惠减排量登记 registry",
    style,
    body: html`<main>
<h1>${both("碳普惠减排量登记", "Tanpu, an open registry of carbon-inclusion reductions")}</h1>
<div class="intro"><p>本服务器登记低碳行为形成的减排量：签发、转让、注销和证明。链上记录为准，这里显示的是它的镜像；任何人无需密钥即可查询。</p>
<p lang="en">This server registers reductions that come of low-carbon activities: issuance, transfer, retirement, certificates. The chain is the truth and what is shown here is a mirror of it. Reading needs no key.</p></div>
${heading("从这里开始", "Start here")}
<ul>${places.map(
      ([path, zh, en]) => html`<li><a href="${path}">${both(zh, en)}<code>${path}</code></a></li>`,
    )}</ul>
${heading("自行核验", "Check it yourself")}
<p>只用公示文件和任一链节点即可核验，不必信任本服务器：</p>
<p lang="en">With the published files and any node of the chain; this server need not be trusted:</p>
<pre><code>node server/verify/bin/tanpu-verify.mjs --files DIR --rpc URL</code></pre>
<p><code>DIR</code>：运营机构公示文件夹的副本（演示环境为 <code>.tanpu/published</code>）。<code>URL</code>：链节点地址。退出码 0 表示没有检查失败。</p>
<p lang="en"><code>DIR</code> is a copy of the operator's folder of published files (in the demonstration <code>.tanpu/published</code>), <code>URL</code> a node of the chain. Exit code 0: no check failed.</p>
<footer>金额与数量均为整数，单位写在字段名中；日期为北京时间，区间不含末日。<small lang="en">Amounts are whole numbers with their unit in the name; days are China days; a period's end is not included.</small></footer>
</main>`,
  });
}
