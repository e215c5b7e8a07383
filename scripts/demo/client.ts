import { createHash } from "node:crypto";

/** A refusal of the API, with the problem document it sent. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  readonly problem: Record<string, unknown>;

  constructor(route: string, status: number, problem: Record<string, unknown>) {
    super(`${route} answered ${status} ${String(problem.code)}: ${String(problem.detail)}`);
    this.status = status;
    this.code = String(problem.code);
    this.problem = problem;
  }
}

/** What `GET /v1/operations/{id}` says, as far as the demo needs it. */
export type OperationView = {
  id: string;
  kind: string;
  state: string;
  transactionHash?: string | null;
  refusal?: { code: string; detail?: string } | null;
  result?: Record<string, unknown> | null;
};

const ENDED = new Set(["included", "final", "completed", "refused", "reverted", "displaced"]);
const RETRY = new Set(["reverted", "displaced"]);

/** The same name gives the same UUID on every machine, so a repeated demo repeats its commands. */
export function namedUuid(name: string): string {
  const hex = createHash("sha256").update(`tanpu-demo/1:${name}`).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

/** An HTTP client of the public API, holding one party's key. It knows nothing the API does not say. */
export class ApiClient {
  readonly #baseUrl: () => string;
  readonly #key: string | null;

  constructor(baseUrl: () => string, key: string | null) {
    this.#baseUrl = baseUrl;
    this.#key = key;
  }

  async get<T>(route: string, headers: Record<string, string> = {}): Promise<T> {
    return this.#call<T>("GET", route, undefined, headers);
  }

  async post<T>(route: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    return this.#call<T>("POST", route, body, headers);
  }

  /**
   * Orders a command and waits until the chain (or the worker) has decided it. The command's id comes
   * from the step's name; a command that a lost chain tail turned into a failure is ordered anew.
   */
  async order(step: string, route: string, body: unknown): Promise<OperationView> {
    for (let attempt = 1; attempt <= 5; attempt++) {
      const id = namedUuid(`${step}#${attempt}`);
      await this.post(route, body, { "idempotency-key": id });
      const operation = await this.settled(id);
      if (!RETRY.has(operation.state)) return operation;
    }
    throw new Error(`The step "${step}" was rolled back five times.`);
  }

  /** Waits until the operation has ended, or is final when `final` is wanted; at most two minutes. */
  async settled(id: string, wanted: "ended" | "final" = "ended"): Promise<OperationView> {
    const deadline = Date.now() + 120_000;
    while (Date.now() < deadline) {
      const operation = await this.get<OperationView>(`/v1/operations/${id}`, { prefer: "wait=2" });
      const ended = ENDED.has(operation.state);
      if (ended && (wanted === "ended" || operation.state !== "included")) return operation;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`Operation ${id} did not end within two minutes.`);
  }

  async #call<T>(
    method: string,
    route: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<T> {
    const response = await fetch(`${this.#baseUrl()}${route}`, {
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(this.#key ? { authorization: `Bearer ${this.#key}` } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    const parsed = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    if (!response.ok) throw new ApiProblem(`${method} ${route}`, response.status, parsed);
    return parsed as T;
  }
}
