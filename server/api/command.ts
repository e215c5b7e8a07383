import type { Result } from "../domain/result.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { acceptCommand, type Prepared } from "./idempotency.ts";
import { operationSchema } from "./operations/schema.ts";
import { type Call, type Documentation, defineRoute, type Route, type Schemas } from "./route.ts";

/**
 * A POST that stores a command under its Idempotency-Key and answers with the operation. `prepare`
 * checks what can be known before the chain is asked, and runs only for a command that is new.
 */
export function defineCommand<P = undefined, Q = undefined, B = undefined>(
  spec: Omit<Documentation, "method" | "isCommand" | "success"> &
    Schemas<P, Q, B> & {
      /** What to look for in the operation. */
      readonly answer?: string;
      readonly prepare: (
        call: Call<P, Q, B>,
        dependencies: ApiDependencies,
      ) => Promise<Result<Prepared>>;
    },
): Route {
  const { prepare, answer, ...documentation } = spec;
  return defineRoute<P, Q, B>({
    ...documentation,
    method: "post",
    isCommand: true,
    success: { status: 202, description: answer ?? "The operation", schema: operationSchema },
    handle: (call, dependencies) =>
      acceptCommand(call, dependencies, () => prepare(call, dependencies)),
  });
}
