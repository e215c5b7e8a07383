import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";

const portFile = (dataFolder: string): string => path.join(dataFolder, "run", "ports.json");

function remembered(dataFolder: string): Record<string, number> {
  try {
    return JSON.parse(fs.readFileSync(portFile(dataFolder), "utf8"));
  } catch {
    return {};
  }
}

/** Listens for a moment; the port it got, or undefined when the wanted one is taken. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(got));
    });
  });
}

/**
 * A free port of the loopback interface for the named part: the one it had last time when that is still free, else
 * one from the operating system, remembered for the next start. Whatever else listens is left alone, never adopted.
 *
 * @param avoid - a port that turned out to be taken after all
 */
export async function findPort(dataFolder: string, name: string, avoid?: number): Promise<number> {
  const last = remembered(dataFolder)[name];
  if (last !== undefined && last !== avoid && (await tryPort(last)) === last) return last;
  const port = await tryPort(0);
  if (port === undefined) throw new Error("the operating system gave no free port on 127.0.0.1");
  const file = portFile(dataFolder);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(
    `${file}.${process.pid}`,
    JSON.stringify({ ...remembered(dataFolder), [name]: port }),
  );
  fs.renameSync(`${file}.${process.pid}`, file);
  return port;
}

/** The port a part of this folder had last; whether it still listens is for the caller to find out. */
export function knownPort(dataFolder: string, name: string): number | undefined {
  return remembered(dataFolder)[name];
}
