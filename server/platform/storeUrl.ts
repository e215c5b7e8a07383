/** A place in an S3-compatible object store. */
export interface S3Place {
  readonly bucket: string;
  /** What all keys begin with: empty, or ending with a slash. */
  readonly prefix: string;
  /** Undefined: Amazon's own, by region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Whether the bucket is part of the path (`https://host/bucket/key`) or of the host's name. */
  readonly bucketInPath: boolean;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;
const NAMES = new Set(["endpoint", "region", "style"]);

/**
 * Reads `s3://bucket/prefix?endpoint=https://host&region=name&style=path`; all but the bucket may be left out. `style` is
 * `path` or `host`; without it `path` at an endpoint that is named, which most servers but not all clouds take.
 *
 * Undefined for any other text. Credentials have no place in it: a URL is shown and logged where a secret must not be.
 */
export function parseStoreUrl(text: string): S3Place | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "s3:" || url.username || url.password || url.port || url.hash) {
    return undefined;
  }
  const prefix = url.pathname.replace(/^\//, "").replace(/\/$/, "");
  const given = [...url.searchParams.keys()];
  const once = new Set(given).size === given.length && given.every((name) => NAMES.has(name));
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  const region = url.searchParams.get("region") ?? "us-east-1";
  const style = url.searchParams.get("style") ?? (endpoint === undefined ? "host" : "path");
  const good =
    once &&
    BUCKET.test(url.hostname) &&
    (prefix === "" || PREFIX.test(prefix)) &&
    (endpoint === undefined || isEndpoint(endpoint)) &&
    /^[a-z0-9-]+$/.test(region) &&
    (style === "path" || style === "host");
  if (!good) return undefined;
  return {
    bucket: url.hostname,
    prefix: prefix === "" ? "" : `${prefix}/`,
    endpoint,
    region,
    bucketInPath: style === "path",
  };
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search;
}
