import { createHmac } from "node:crypto";
import { expect } from "chai";
import { hmacSha256, hmacStates } from "../../server/domain/hmacSha256.ts";
import { seeded } from "./support.ts";

describe("HMAC-SHA-256", () => {
  const random = seeded(7);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random(256));
  const reference = (key: Uint8Array, message: Uint8Array): string =>
    createHmac("sha256", key).update(message).digest("hex");
  const ours = (key: Uint8Array, message: Uint8Array): string =>
    Buffer.from(hmacSha256(hmacStates(key), message)).toString("hex");

  it("agrees with node:crypto at every length around a block's ends", () => {
    for (let length = 0; length <= 200; length++) {
      const [key, message] = [bytes(32), bytes(length)];
      expect(ours(key, message), `${length} bytes`).to.equal(reference(key, message));
    }
  });

  it("agrees with it for keys of any length, also longer than a block", () => {
    for (const length of [0, 1, 31, 32, 63, 64, 65, 128, 300]) {
      const [key, message] = [bytes(length), bytes(random(500))];
      expect(ours(key, message), `${length} bytes`).to.equal(reference(key, message));
    }
  });

  it("keeps a prepared key as it is, whatever it hashed before", () => {
    const key = bytes(32);
    const states = hmacStates(key);
    for (let n = 0; n < 100; n++) {
      const message = bytes(random(300));
      const digest = Buffer.from(hmacSha256(states, message)).toString("hex");
      expect(digest).to.equal(reference(key, message));
    }
  });
});
