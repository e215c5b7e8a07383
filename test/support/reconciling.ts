import { type Difference, type Reconciliation, runReconcile } from "../../scripts/reconcile.ts";
import type { RegistryChain } from "./registryChain.ts";

/** The manifest as it is published, of what a test deployed. */
export function manifestOf(registry: RegistryChain): Record<string, unknown> {
  const { contracts } = registry.deployment;
  const stated = Object.entries(contracts).map(([name, address]) => [name, { address }]);
  return { ...registry.deployment, contracts: Object.fromEntries(stated) };
}

/** What `./tanpu reconcile` finds of a test's registry. */
export function reconcileRegistry(
  registry: RegistryChain,
  block?: number,
): Promise<Reconciliation> {
  const { databaseUrl, rpcUrl } = registry;
  return runReconcile({ databaseUrl, rpcUrl, manifest: manifestOf(registry), block });
}

/** Changes a table of the mirror, lets `work` look, and puts the former rows back. */
export async function whileTampered<T>(
  registry: RegistryChain,
  table: string,
  change: string,
  work: () => Promise<T>,
): Promise<T> {
  await registry.query(`CREATE TEMP TABLE before AS TABLE mirror.${table}`);
  try {
    await registry.query(change);
    return await work();
  } finally {
    await registry.query(`DELETE FROM mirror.${table}`);
    await registry.query(`INSERT INTO mirror.${table} TABLE before`);
    await registry.query("DROP TABLE before");
  }
}

/** What is told of a tampered table, each kind of difference once. */
export async function differencesWhenTampered(
  registry: RegistryChain,
  table: string,
  change: string,
  block?: number,
): Promise<string[]> {
  const { differences } = await whileTampered(registry, table, change, () =>
    reconcileRegistry(registry, block),
  );
  return [...new Set(differences.map(({ what }: Difference) => what))];
}
