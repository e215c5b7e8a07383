import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/** More than this is not taken in one request, counted after decompression. */
export const MOST_STREAM_BYTES = 1024 * 1024 * 1024;

/** The body grew beyond what one request may bring. */
export class BodyTooLarge extends Error {}

/** Whether a body is sent plainly or as gzip; other encodings are not known here. */
export function isKnownEncoding(encoding: string | undefined): boolean {
  return encoding === undefined || /^(identity|gzip|x-gzip)$/i.test(encoding.trim());
}

/**
 * The bytes of a request's body as they come, decompressed. Reading no further stops the sender. Throws
 * what broke the stream; the request itself is left whole, so that it can be answered.
 */
export async function* bodyBytes(
  request: IncomingMessage,
  most: number = MOST_STREAM_BYTES,
): AsyncGenerator<Uint8Array> {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  let bytes = 0;
  const source =
    encoding === "identity"
      ? request.iterator({ destroyOnReturn: false })
      : pipeline(request, createGunzip(), () => {}).iterator({ destroyOnReturn: false });
  for await (const part of source as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > most) throw new BodyTooLarge("the body is too large");
    yield part;
  }
}
