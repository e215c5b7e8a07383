/** One server-sent event as a client hears it. */
export type Heard = {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
};

/** A client of server-sent events that remembers what it heard. */
export type Listener = {
  readonly status: number;
  readonly heard: Heard[];
  /** Everything as it came, comments included. */
  text(): string;
  /** Resolves when the server ended the stream. */
  readonly ended: Promise<void>;
  /** Waits until that many events were heard. Throws when the stream ends before. */
  until(count: number): Promise<void>;
  /** Waits until the last event heard is such a one. */
  untilLast(is: (data: Heard["data"]) => boolean): Promise<void>;
  stop(): void;
};

function eventIn(block: string): Heard | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const at = line.indexOf(": ");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 2));
  }
  const [id, event, data] = [fields.get("id"), fields.get("event"), fields.get("data")];
  if (id === undefined || event === undefined || data === undefined) return undefined;
  return { id, event, data: JSON.parse(data) };
}

/** Connects to a stream of events. */
export async function listenTo(url: string, headers: Record<string, string>): Promise<Listener> {
  const stop = new AbortController();
  const response = await fetch(url, { headers, signal: stop.signal });
  const heard: Heard[] = [];
  const wakes = new Set<() => void>();
  let [text, rest, over] = ["", "", false];
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) {
      const more = decoder.decode(piece as Uint8Array, { stream: true });
      text += more;
      const blocks = (rest + more).split("\n\n");
      rest = blocks.pop() ?? "";
      heard.push(...blocks.flatMap((block) => eventIn(block) ?? []));
      for (const wake of wakes) wake();
    }
  };
  const ended = read()
    .catch(() => undefined)
    .then(() => {
      over = true;
      for (const wake of wakes) wake();
    });
  const when = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      if (over) throw new Error(`the stream ended after ${heard.length} events: ${text}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          wakes.delete(wake);
          resolve();
        };
        wakes.add(wake);
      });
    }
  };
  return {
    status: response.status,
    heard,
    text: () => text,
    ended,
    until: (count) => when(() => heard.length >= count),
    untilLast: (is) =>
      when(() => {
        const last = heard.at(-1);
        return last !== undefined && is(last.data);
      }),
    stop: () => stop.abort(),
  };
}
