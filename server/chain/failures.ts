/** What an adapter throws when trying the same again later may help: the other side is away, slow or behind. */
export class RetryableError extends Error {
  override readonly name: string = "RetryableError";
}

/** The node does not give that much in one answer; asking for less helps. */
export class TooMuchError extends RetryableError {
  override readonly name = "TooMuchError";
}

/** What an adapter throws when trying the same again cannot help: it was understood and refused. */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
}

/** The configured nodes tell different chains. Nothing becomes final until a person or time has settled it. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";
}
