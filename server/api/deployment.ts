import { readFile } from "node:fs/promises";
import type { ApiDeployment } from "./dependencies.ts";
import { z } from "./zod.ts";

const manifestSchema = z.object({
  chainId: z.number().int().positive(),
  contracts: z.object({
    issuance: z.object({ address: z.string().regex(/^0x[0-9a-fA-F]{40}$/) }),
  }),
});

/**
 * Reads the published manifest when it is first needed: the contracts may be deployed while the API
 * already runs. A manifest is never replaced by another, so what was read once is kept.
 */
export function deploymentFrom(file: string): () => Promise<ApiDeployment | undefined> {
  let known: ApiDeployment | undefined;
  return async () => {
    if (known !== undefined) return known;
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw cause;
    }
    const manifest = manifestSchema.parse(JSON.parse(text));
    known = {
      chainId: manifest.chainId,
      issuance: manifest.contracts.issuance.address.toLowerCase(),
    };
    return known;
  };
}
