// The import rules of the house (ARCHITECTURE.md, "Who may import whom"). Run by `./tanpu test lint`.
const only = (from, allowed) => ({
  name: `${from}-imports-only-${allowed.join("-") || "nothing-internal"}`,
  severity: "error",
  from: { path: `^server/${from}/` },
  to: {
    path: "^(server|scripts|test|web)/",
    pathNot: [from, ...allowed].map((room) => `^server/${room}/`),
  },
});

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    only("domain", []),
    only("platform", []),
    only("chain", ["domain", "platform"]),
    only("database", ["domain", "platform"]),
    only("indexer", ["domain", "platform", "chain", "database"]),
    only("queue", ["domain", "platform", "chain", "database", "intake", "ledger"]),
    only("ledger", ["domain", "platform", "database"]),
    only("intake", ["domain", "platform", "database", "ledger"]),
    only("api", ["domain", "platform", "database", "intake", "ledger"]),
    only("verify", ["domain"]),
    {
      name: "nothing-imports-main",
      severity: "error",
      from: { path: "^(server|web)/", pathNot: "^server/main/" },
      to: { path: "^(server/main|scripts)/" },
    },
    {
      name: "domain-does-no-io",
      severity: "error",
      from: { path: "^server/domain/" },
      to: { dependencyTypes: ["core"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "server/database/generated" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js", ".json"] },
  },
};
