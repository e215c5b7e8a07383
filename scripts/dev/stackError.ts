/**
 * A failure the person at the terminal is told in one sentence: what is wrong and, where there is one, the way out.
 * Anything that is not a StackError is our own mistake and is shown with its trace.
 */
export class StackError extends Error {
  override name = "StackError";
}

/** Turns what an operating system or a tool said into a cause a person can act on; undefined when it is none of the known ones. */
export function knownCause(text: string): string | undefined {
  if (/ENOSPC|no space left/i.test(text)) return "the disk is full";
  if (/EROFS|read-only file system/i.test(text)) return "the folder is read-only";
  if (/EACCES|EPERM|permission denied/i.test(text))
    return "a file cannot be written (is the folder another user's?)";
  if (/ENOMEM|cannot allocate memory|could not map anonymous shared memory/i.test(text))
    return "there is not enough memory";
  return undefined;
}
