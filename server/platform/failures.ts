/** What an adapter throws when trying the same again later may help: the other side is away, slow or behind. */
export class RetryableError extends Error {
  override readonly name: string = "RetryableError";
}

/** What an adapter throws when trying the same again cannot help: it was understood and refused. */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
}
