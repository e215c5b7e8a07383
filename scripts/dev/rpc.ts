/** One JSON-RPC call to a chain. @throws Error with the method and the node's message. */
export async function rpc<T>(
  url: string,
  method: string,
  params: readonly unknown[] = [],
): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as { result?: T; error?: { message?: string } };
  if (answer.error !== undefined)
    throw new Error(`${method}: ${answer.error.message ?? "refused"}`);
  return answer.result as T;
}

/** What the stack needs of a block. Times in unix seconds. */
export interface ChainBlock {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: number;
}

/** The block at a height (or the newest one); undefined when the chain has none there. */
export async function blockAt(
  url: string,
  height: number | "latest",
): Promise<ChainBlock | undefined> {
  const name = height === "latest" ? height : `0x${height.toString(16)}`;
  const block = await rpc<{ number: string; hash: string; timestamp: string } | null>(
    url,
    "eth_getBlockByNumber",
    [name, false],
  );
  if (block === null) return undefined;
  return { number: Number(block.number), hash: block.hash, timestamp: Number(block.timestamp) };
}

/**
 * The URL to use of a setting that may name several nodes of one chain, separated by commas: the first that answers, or
 * the first of all when none does, so that the caller tells what is wrong with it.
 */
export async function answeringUrl(setting: string): Promise<string> {
  const urls = setting.split(",").map((url) => url.trim());
  if (urls.length > 1) {
    for (const url of urls) {
      const answers = await rpc(url, "eth_chainId").then(
        () => true,
        () => false,
      );
      if (answers) return url;
    }
  }
  return urls[0] ?? setting;
}
