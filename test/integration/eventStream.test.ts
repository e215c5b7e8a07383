import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import express from "express";
import { type EventSink, sendEvents } from "../../server/api/live/stream.ts";
import { listenTo } from "../support/eventStream.ts";

describe("an event stream", () => {
  let server: Server;
  let url: string;
  let may = true;
  let stop = new AbortController();
  let run: (sink: EventSink) => Promise<void>;

  before(async () => {
    const app = express();
    app.get("/", (_request, response) =>
      sendEvents(response, (sink) => run(sink), {
        stillMay: async () => may,
        stopped: stop.signal,
        heartbeat: 20,
      }),
    );
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(() => server.close());
  beforeEach(() => {
    may = true;
    stop = new AbortController();
    run = ({ signal }) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  });

  it("ends when its reader may read it no longer", async () => {
    const listener = await listenTo(url, {});
    may = false;
    await listener.ended;
    expect(listener.heard).to.deep.equal([]);
  });

  it("ends when the process stops", async () => {
    const listener = await listenTo(url, {});
    stop.abort();
    await listener.ended;
  });

  it("lets go of its source when the client is gone", async () => {
    let wasLeft = () => {};
    const left = new Promise<void>((resolve) => {
      wasLeft = resolve;
    });
    run = ({ signal }) =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          wasLeft();
          resolve();
        }),
      );
    const listener = await listenTo(url, {});
    listener.stop();
    await left;
  });

  it("shows that it lives while nothing happens, and what happened in the standard's form", async () => {
    run = async ({ send, signal }) => {
      await send({ id: "a.1", event: "operation", data: { text: "two\nlines" } });
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    };
    const listener = await listenTo(url, {});
    await listener.until(1);
    while (!listener.text().includes(": still here")) await new Promise(setImmediate);
    expect(listener.heard).to.deep.equal([
      { id: "a.1", event: "operation", data: { text: "two\nlines" } },
    ]);
    expect(listener.text()).to.match(/^retry: \d+\n\n/);
    listener.stop();
  });
});
