import type { Client, Pool } from "pg";
import { findOperations, type OperationRow } from "../../database/queries/operations.ts";
import type { Logger } from "../../platform/logger.ts";
import { Bell } from "./bell.ts";

type Asked = {
  readonly id: string;
  readonly resolve: (row: OperationRow | undefined) => void;
  readonly reject: (cause: unknown) => void;
};

/** Looks without a ring this often, for what nobody announces: that a command was signed. */
const LONGEST_MILLISECONDS = 1_000;

/**
 * Waiting for what changes, for all clients of the process together: one listening connection, and one
 * query for however many operations are asked for at the same moment.
 */
export class Live {
  readonly bell: Bell;
  readonly #pool: Pool;
  #asked: Asked[] = [];

  constructor(options: { pool: Pool; connect: () => Promise<Client>; logger: Logger }) {
    this.#pool = options.pool;
    this.bell = new Bell(options);
  }

  /** An operation as it stands now. */
  find(id: string): Promise<OperationRow | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) setImmediate(() => void this.#answer());
      this.#asked.push({ id, resolve, reject });
    });
  }

  /** Waits until looking again may be worth it, and no longer than until `deadline` (milliseconds since 1970). */
  async change(deadline: number, signal?: AbortSignal): Promise<void> {
    await this.bell.ring(Math.min(LONGEST_MILLISECONDS, deadline - Date.now()), signal);
  }

  async #answer(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    try {
      const rows = await findOperations(this.#pool, [...new Set(asked.map(({ id }) => id))]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      for (const { id, resolve } of asked) resolve(byId.get(id));
    } catch (cause) {
      for (const { reject } of asked) reject(cause);
    }
  }

  close(): Promise<void> {
    return this.bell.close();
  }
}
