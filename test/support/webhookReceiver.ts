import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Received = {
  readonly id: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

/** A real HTTP server that keeps what it got and answers as the test says. */
export type Receiver = {
  readonly url: string;
  readonly received: Received[];
  /** How the next requests are answered; 200 to begin with. */
  answer: (response: ServerResponse) => void;
  until(count: number): Promise<void>;
  close(): Promise<void>;
};

export async function startReceiver(): Promise<Receiver> {
  const wakes = new Set<() => void>();
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    receiver.received.push({
      id: String(request.headers["webhook-id"]),
      headers: request.headers,
      body,
    });
    for (const wake of wakes) wake();
    receiver.answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received: [],
    answer: (response) => response.writeHead(200).end(),
    until: async (count) => {
      while (receiver.received.length < count) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            wakes.delete(wake);
            resolve();
          };
          wakes.add(wake);
        });
      }
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
