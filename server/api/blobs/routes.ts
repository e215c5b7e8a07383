import { refuse, succeed } from "../../domain/result.ts";
import { defineRoute } from "../route.ts";
import { hashField } from "../validation.ts";
import { z } from "../zod.ts";

const blobParams = z.strictObject({ hash: hashField });

export const blobRoutes = [
  defineRoute({
    method: "get",
    path: "/v1/blobs/{hash}",
    action: "registry.read",
    tag: "Published files",
    summary: "A published file by the hash of its bytes",
    params: blobParams,
    success: { status: 200, description: "The bytes", mediaType: "application/octet-stream" },
    refusals: ["NOT_FOUND"],
    handle: async (call, { store }) => {
      const bytes = await store.get(call.params.hash);
      if (bytes === undefined) {
        return refuse("NOT_FOUND", { values: { what: "blob", id: call.params.hash } });
      }
      return succeed({
        content: bytes,
        mediaType: "application/octet-stream",
        // A name that is the content's hash never means anything else.
        headers: { "cache-control": "public, max-age=31536000, immutable" },
      });
    },
  }),
];
