import { canonicalJson, type Json } from "../../domain/canonical.ts";
import { refuse, succeed } from "../../domain/result.ts";
import { defineRoute } from "../route.ts";
import { hashField } from "../validation.ts";
import { z } from "../zod.ts";

const BYTES = "application/octet-stream";

const blobParams = z.strictObject({ hash: hashField });

/** Documents are stored as canonical JSON; anything else, such as a leaf file, is just bytes. */
function mediaTypeOf(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return canonicalJson(JSON.parse(text) as Json) === text ? "application/json" : BYTES;
  } catch {
    return BYTES;
  }
}

export const blobRoutes = [
  defineRoute({
    method: "get",
    path: "/v1/blobs/{hash}",
    action: "registry.read",
    tag: "Published files",
    summary: "A published file by the hash of its bytes 公示文件",
    params: blobParams,
    description:
      "`application/json` when the bytes are canonical JSON (RFC 8785), as all published documents are; otherwise `application/octet-stream`. The hash is keccak-256 of exactly these bytes.",
    success: { status: 200, description: "The bytes", mediaType: BYTES },
    refusals: ["NOT_FOUND"],
    handle: async (call, { store }) => {
      const bytes = await store.get(call.params.hash);
      if (bytes === undefined) {
        return refuse("NOT_FOUND", { values: { what: "blob", id: call.params.hash } });
      }
      return succeed({
        content: bytes,
        mediaType: mediaTypeOf(bytes),
        // A name that is the content's hash never means anything else.
        headers: { "cache-control": "public, max-age=31536000, immutable" },
      });
    },
  }),
];
