import { Redis } from "ioredis";
import { StackError } from "./stackError.ts";

/**
 * Checks that the Redis of `REDIS_URL` lets us in.
 *
 * @throws StackError with one sentence; the URL may hold a password and is not shown.
 */
export async function checkRedis(redisUrl: string): Promise<void> {
  if (!URL.canParse(redisUrl) || !/^rediss?:$/.test(new URL(redisUrl).protocol))
    throw new StackError("REDIS_URL must be a URL such as redis://127.0.0.1:6379.");
  const client = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: 10_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let cause = "";
  client.on("error", (error: NodeJS.ErrnoException) => {
    cause ||= error.code ?? error.message;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    const { message } = error as Error;
    throw new StackError(
      /NOAUTH|WRONGPASS|AUTH/.test(`${message} ${cause}`)
        ? `The Redis of REDIS_URL does not let us in: ${message}.`
        : `No Redis answers at ${new URL(redisUrl).host} (REDIS_URL): ${cause || message}.`,
    );
  } finally {
    client.disconnect();
  }
}
