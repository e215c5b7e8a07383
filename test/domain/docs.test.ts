import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";
import { expect } from "chai";

const ROOT = path.resolve(import.meta.dirname, "..", "..");

const PAGES = [
  "README.md",
  "README.zh-CN.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "docs/glossary.md",
  "docs/threat-model.md",
  "docs/privacy.md",
  "docs/keys.md",
  "docs/backup.md",
  "docs/operations.md",
  "docs/methodologies.md",
  "docs/rules.md",
  ...(await readdir(path.join(ROOT, "docs", "adr"))).map((name) => `docs/adr/${name}`),
];

/** Rooms of the repository; an inline code span that begins with one of them is a path. */
const ROOMS = /^(contracts|server|scripts|test|docs|data|methodologies|rules|\.ci)(\/|$)/;
/** Files of the root that are named without a folder. */
const ROOT_FILE = /^\.?[A-Za-z][A-Za-z-]*\.(md|json|mjs|ts)$/;

/** Inline code that names a path of the repository, without what would make it a command or a pattern. */
function namedPaths(text: string): string[] {
  const outsideFences = text.replace(/^```[\s\S]*?^```/gm, "");
  const spans = [...outsideFences.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? "");
  return spans.filter(
    (span) => /^[\w./-]+$/.test(span) && (ROOMS.test(span) || ROOT_FILE.test(span)),
  );
}

/** Targets of links that lead into the repository. */
function linkedPaths(text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target]) => target ?? "")
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** Files that commands in fenced blocks run. */
function runPaths(text: string): string[] {
  return [...text.matchAll(/(?:^|\s)((?:server|scripts)\/[\w./-]+\.(?:ts|mjs))/g)].map(
    ([, file]) => file ?? "",
  );
}

describe("The documents", () => {
  for (const page of PAGES) {
    it(`${page} names only paths that exist`, async () => {
      const text = await readFile(path.join(ROOT, page), "utf8");
      const missing = [
        ...[...namedPaths(text), ...runPaths(text)].filter(
          (named) => !existsSync(path.join(ROOT, named)),
        ),
        ...linkedPaths(text).filter(
          (target) => !existsSync(path.join(ROOT, path.dirname(page), target)),
        ),
      ];
      expect(missing).to.deep.equal([]);
    });
  }

  it("both README pages name the same commands, variables and figures", async () => {
    const marks = async (page: string): Promise<string[]> => {
      const text = await readFile(path.join(ROOT, page), "utf8");
      const found = text.match(/\.\/tanpu [a-z]+|\b[A-Z]+_[A-Z_]+\b|\d{1,3}(?:,\d{3})+/g);
      return [...new Set(found)].sort();
    };
    expect(await marks("README.zh-CN.md")).to.deep.equal(await marks("README.md"));
  });

  it("README.md explains every environment variable that the configuration reads", async () => {
    const config = await readFile(path.join(ROOT, "server", "platform", "config.ts"), "utf8");
    const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
    const variables = [...config.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name ?? "");
    expect(variables).to.not.be.empty;
    expect(variables.filter((name) => !readme.includes(`\`${name}\``))).to.deep.equal([]);
  });

  it("NOTICE names every direct dependency", async () => {
    const manifest = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8"));
    const notice = await readFile(path.join(ROOT, "NOTICE"), "utf8");
    const direct = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    const missing = direct.filter((name) => !name.startsWith("@types/") && !notice.includes(name));
    expect(missing).to.deep.equal([]);
  });
});
