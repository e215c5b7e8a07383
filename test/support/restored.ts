import type { RunningPart } from "../../scripts/dev/postgres.ts";
import { migrate } from "../../server/database/migrate.ts";
import { type ServedApi, serveApi } from "./api.ts";
import { RegistryChain } from "./registryChain.ts";

/** A server that somebody else starts and stops. */
export function outsideServer(url: string): RunningPart {
  return { url, gone: new Promise<void>(() => undefined), stop: async () => undefined };
}

/** The registry on a restored database, beside the chain that went on; its mirror is built as far as the head. */
export async function takeRestored(
  before: RegistryChain,
  folder: string,
  databaseUrl: string,
): Promise<RegistryChain> {
  await migrate(databaseUrl);
  const { rpcUrl, chainProcess, deployment, accounts, registrar, sourceId, keys } = before;
  const restored = new RegistryChain({
    ...{ folder, postgres: outsideServer(databaseUrl), rpcUrl, chainProcess, deployment },
    ...{ accounts, registrar, sourceId, keys },
  });
  await restored.client.connect();
  await restored.index();
  return restored;
}

/** Lets go of the database, and of the chain's connection; the chain runs on. */
export async function leaveDatabase(registry: RegistryChain): Promise<void> {
  registry.chain.close();
  await registry.workerPool.end();
  await registry.client.end();
}

/** The API of a registry. */
export function serveRegistry(registry: RegistryChain): Promise<ServedApi> {
  const { chainId, contracts } = registry.deployment;
  return serveApi({
    databaseUrl: registry.databaseUrl,
    relayAccount: registry.accounts.operator,
    deployment: { chainId, issuance: contracts.issuance },
  });
}
