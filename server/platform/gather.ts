/** Answers many questions at once: one answer for each, in their order. */
export type Ask<T, R> = (questions: readonly T[]) => Promise<readonly R[]>;

type Waiting<T, R> = {
  readonly question: T;
  readonly resolve: (answer: R) => void;
  readonly reject: (cause: unknown) => void;
};

/**
 * Makes of a question that can be asked for many at once one that is asked for each. What is asked in the same turn,
 * and while an earlier asking is under way, goes together in the next one: alone nobody waits, and the more there are,
 * the less each costs.
 *
 * @param ask gives one answer for each question, in their order.
 * @param most questions in one asking.
 * @param isOnes whether a failure may be that of one question alone; then each is asked by itself.
 */
export function gather<T, R>(
  ask: Ask<T, R>,
  { most, isOnes = () => false }: { most: number; isOnes?: (cause: unknown) => boolean },
): (question: T) => Promise<R> {
  const waiting: Waiting<T, R>[] = [];
  let running = false;

  const answer = async (asked: readonly Waiting<T, R>[]): Promise<void> => {
    try {
      const answers = await ask(asked.map(({ question }) => question));
      if (answers.length !== asked.length) throw new Error("not every question was answered");
      for (const [index, { resolve }] of asked.entries()) resolve(answers[index] as R);
    } catch (cause) {
      if (asked.length > 1 && isOnes(cause)) {
        for (const one of asked) await answer([one]);
      } else {
        for (const { reject } of asked) reject(cause);
      }
    }
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) await answer(waiting.splice(0, most));
    running = false;
  };

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      if (running) return;
      running = true;
      setImmediate(() => void run());
    });
}

/** One of something for each owner, made when it is first asked for and gone with its owner. */
export function perOwner<O extends object, V>(make: (owner: O) => V): (owner: O) => V {
  const made = new WeakMap<O, V>();
  return (owner) => {
    const known = made.get(owner);
    if (known !== undefined) return known;
    const fresh = make(owner);
    made.set(owner, fresh);
    return fresh;
  };
}
