import { createRequire } from "node:module";
import * as path from "node:path";
import express, { type Router } from "express";

const assetFolder = path.dirname(
  createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"),
);
const assets: ReadonlySet<string> = new Set([
  "swagger-ui.css",
  "swagger-ui-bundle.js",
  "favicon-32x32.png",
]);

const pageText = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tanpu API</title><link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><div id="ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
`;

const startText = `window.SwaggerUIBundle({ url: "/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null });
`;

/** The OpenAPI document as a page, from our own files: nothing is fetched from another host. */
export function docsRouter(): Router {
  const router = express.Router();
  router.use((_request, response, next) => {
    response.setHeader(
      "content-security-policy",
      "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    next();
  });
  router.get("/", (_request, response) => {
    response.type("html").send(pageText);
  });
  router.get("/start.js", (_request, response) => {
    response.type("text/javascript").send(startText);
  });
  router.get("/:asset", (request, response, next) => {
    const { asset } = request.params;
    if (!assets.has(asset)) {
      next();
      return;
    }
    response.sendFile(asset, { root: assetFolder, maxAge: "1h" });
  });
  return router;
}
