import { PrismaPg } from "@prisma/adapter-pg";
import type { DatabaseRole } from "./client.ts";
import { PrismaClient } from "./generated/client.ts";

/**
 * The typed client for reads of single rows; bulk paths and joins use the pool. Its connections became
 * `role` before their first statement, so it may do no more than the pool of the same role.
 */
export function openPrisma(options: {
  databaseUrl: string;
  role: DatabaseRole;
  max?: number;
}): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: options.databaseUrl,
    options: `-c role=${options.role}`,
    max: options.max ?? 5,
  });
  return new PrismaClient({ adapter });
}

export type { PrismaClient } from "./generated/client.ts";
