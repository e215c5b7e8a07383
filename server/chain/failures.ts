import { PermanentError, RetryableError } from "../platform/failures.ts";

export { PermanentError, RetryableError };

/** The node does not give that much in one answer; asking for less helps. */
export class TooMuchError extends RetryableError {
  override readonly name = "TooMuchError";
}

/** The configured nodes tell different chains. Nothing becomes final until a person or time has settled it. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";
}
