import { parseArgs } from "node:util";
import { parseTokenId } from "../../domain/tokenId.ts";
import { formatReport } from "./report.ts";
import { Unusable } from "./unusable.ts";
import { verify } from "./verify.ts";

const USAGE = "tanpu-verify --files DIR --rpc URL [--token ID] [--json]";

/** Where the command writes: results, and sentences about what went wrong. */
export type Output = { print(text: string): void; complain(text: string): void };

type Question = { filesFolder: string; rpcUrl: string; tokenId: bigint | undefined; json: boolean };

function readArguments(args: readonly string[]): Question {
  let values: { files?: string; rpc?: string; token?: string; json?: boolean };
  try {
    values = parseArgs({
      args: [...args],
      options: {
        files: { type: "string" },
        rpc: { type: "string" },
        token: { type: "string" },
        json: { type: "boolean" },
      },
    }).values;
  } catch {
    throw new Unusable(`Usage: ${USAGE}`);
  }
  const { files, rpc, token, json } = values;
  if (!files || !rpc || !URL.canParse(rpc) || !/^https?:$/.test(new URL(rpc).protocol)) {
    throw new Unusable(`Usage: ${USAGE}, where URL is an http or https chain node.`);
  }
  const tokenId = token === undefined ? undefined : parseTokenId(token);
  if (tokenId && !tokenId.ok) throw new Unusable(`${token} is no token id.`);
  return { filesFolder: files, rpcUrl: rpc, tokenId: tokenId?.value, json: json === true };
}

/** Runs the command. Returns its exit code: 0 no check failed, 1 one did, 2 it could not be checked. */
export async function main(args: readonly string[], output: Output): Promise<0 | 1 | 2> {
  try {
    if (args.includes("--help")) {
      output.print(`Usage: ${USAGE}`);
      return 0;
    }
    const question = readArguments(args);
    const report = await verify(question);
    output.print(question.json ? JSON.stringify(report) : formatReport(report));
    return report.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    output.complain(error.message);
    return 2;
  }
}
