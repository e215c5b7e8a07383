// What only an object store does; on the one that TANPU_TEST_S3_URL names. `./tanpu test` says so when this is left out.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";
import { expect } from "chai";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import { verifyProof } from "../../server/domain/sumTree.ts";
import { readLeafProof } from "../../server/intake/leafProof.ts";
import { readConfig } from "../../server/platform/config.ts";
import { openS3Store } from "../../server/platform/storeS3.ts";
import { parseStoreUrl, type S3Place } from "../../server/platform/storeUrl.ts";
import { suite, unwrap } from "../domain/support.ts";
import { IntakeWorld } from "../support/intakeWorld.ts";
import { keyOf, s3Place, testS3Url } from "../support/storePlaces.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("the place of an object store", () => {
  it("is refused with credentials, other names, or no bucket, and its text is not repeated", () => {
    const good = { DATABASE_URL: "postgres://a:b@c/d", RPC_URL: "http://e", TANPU_DATA: "/tmp/x" };
    for (const bad of [
      "/srv/blobs",
      "https://host/bucket",
      "s3://key:secret@bucket/prefix",
      "s3:///secret",
      "s3://bucket/a%20secret",
      "s3://bucket?key=secret",
      "s3://bucket?region=a&region=secret",
      "s3://bucket?endpoint=https://key:secret@host",
      "s3://bucket?endpoint=secret",
      "s3://bucket?style=secret",
      "s3://b",
    ]) {
      expect(parseStoreUrl(bad), bad).to.equal(undefined);
      const read = () => readConfig({ ...good, STORE_URL: bad });
      expect(read).throw(/STORE_URL must be a URL such as s3:/);
      expect(read).not.throw(/secret/);
    }
    expect(readConfig({ ...good, STORE_URL: "" }).storeUrl).to.equal(undefined);
  });

  it("names bucket, prefix, endpoint, region and where the bucket stands", () => {
    expect(parseStoreUrl("s3://bucket")).to.deep.equal({
      ...{ bucket: "bucket", prefix: "", endpoint: undefined },
      ...{ region: "us-east-1", bucketInPath: false },
    });
    const url = "s3://bucket/a/b/?endpoint=https://host:9000&region=cn-north-1";
    expect(parseStoreUrl(url)).to.deep.equal({
      ...{ bucket: "bucket", prefix: "a/b/", endpoint: "https://host:9000" },
      ...{ region: "cn-north-1", bucketInPath: true },
    });
    expect(parseStoreUrl(`${url}&style=host`)?.bucketInPath).to.equal(false);
  });
});

/** Lets a connection through to the object store and counts the bytes that go there. */
async function between(place: S3Place, onSent: (bytes: number) => void): Promise<net.Server> {
  const { hostname, port } = new URL(place.endpoint ?? "");
  let sent = 0;
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    near.on("data", (bytes) => {
      sent += bytes.length;
      onSent(sent);
    });
    near.pipe(far).pipe(near);
    // A process that is killed ends its connections so.
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

if (testS3Url !== "") {
  describe("a blob store in an object store", () => {
    const all = s3Place();
    afterEach(() => all.close());

    it("tells a store that is away from one that refuses, with the cause", async () => {
      const hash = sha256(text("leaf"));
      const failed = async (change: Partial<S3Place>): Promise<void> => {
        const { spillFolder } = all;
        const store = openS3Store({
          ...{ place: { ...all.place, ...change }, spillFolder, hash: sha256 },
        });
        const expected = change.bucket ? "PermanentError" : "RetryableError";
        for (const call of [
          () => store.get(hash),
          () => store.has(hash),
          () => store.open(hash),
          () => store.put(text("leaf")),
          () => store.putParts((async function* () {})()),
          () => store.putBeside(hash, "levels", text("levels")),
        ]) {
          const error = await call().catch((thrown) => thrown);
          expect(error).to.have.property("name", expected);
          expect(error).to.have.property("cause");
        }
      };
      await failed({ bucket: "tanpu-no-such-bucket" });
      await failed({ endpoint: "http://127.0.0.1:9" });
    });

    it("does not mix what was replaced while it was read", async () => {
      const store = all.open(sha256);
      const hash = await store.put(text("leaf"));
      await store.putBeside(hash, "levels", text("first"));
      const opened = await store.openBeside(hash, "levels");
      await store.putBeside(hash, "levels", text("other"));
      const error = await opened?.read(0, 5).catch((thrown) => thrown);
      expect(error).to.have.property("name", "RetryableError");
    });

    it("has nothing of a blob whose upload was cut by a kill, and takes it the next time", async () => {
      const bytes = 48 << 20;
      const program = `
        import { createHash } from "node:crypto";
        import { openS3Store } from ${JSON.stringify(path.join(ROOT, "server/platform/storeS3.ts"))};
        const begin = async () => {
          const hash = createHash("sha256");
          return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
        };
        const options = JSON.parse(process.env.OPTIONS);
        const store = openS3Store({ ...options, hash: () => "", beginHash: begin });
        console.log(await store.putParts((async function* () {
          for (let at = 0; at < ${bytes}; at += 1 << 20) yield Buffer.alloc(1 << 20, at >> 20);
        })()));`;
      /** Ends when the process does, which is killed when that many bytes are under way. */
      const run = async (killAt: number): Promise<{ said: string; signal: string | null }> => {
        let cut = (): void => {};
        const server = await between(all.place, (sent) => sent >= killAt && cut());
        const endpoint = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
        const OPTIONS = JSON.stringify({
          place: { ...all.place, endpoint },
          spillFolder: all.spillFolder,
        });
        const child = spawn(
          process.execPath,
          ["--import", "tsx", "--input-type=module", "-e", program],
          { cwd: ROOT, env: { ...process.env, OPTIONS }, stdio: ["ignore", "pipe", "inherit"] },
        );
        cut = () => child.kill("SIGKILL");
        let said = "";
        child.stdout.on("data", (chunk: Buffer) => {
          said += chunk.toString();
        });
        const signal = await new Promise<string | null>((resolve) =>
          child.once("close", (_code, end) => resolve(end)),
        );
        server.close();
        return { said: said.trim(), signal };
      };
      expect(await run(24 << 20)).to.deep.equal({ said: "", signal: "SIGKILL" });
      expect(await all.keys()).to.deep.equal([]);
      expect(await fs.readdir(all.spillFolder)).to.deep.equal([]);
      const { said } = await run(Number.POSITIVE_INFINITY);
      expect(await all.keys()).to.deep.equal([keyOf(said)]);
      expect((await all.open(sha256).get(said))?.length).to.equal(bytes);
    });

    it("holds a closed period, and proves its leaves", async () => {
      const store = all.open((bytes) => toHex(suite.hash(bytes)), suite.begin);
      const world = await IntakeWorld.open(store);
      try {
        const [day, noon] = [17_775, 17_775 * 86_400 - 28_800 + 43_200];
        const place = await world.add("object_store");
        await place.receive(
          "map-app",
          [0, 1, 2, 3, 4].map((k) => ({
            ...{
              orderNo: `${k}`,
              userId: `user ${k}`,
              behaviour: "bus-trip",
              card: `AAAAAAAA${k}`,
            },
            ...{ vehicle: "01620D", at: noon + k * 60 },
          })),
        );
        const batch = unwrap(await place.close(day, day + 1));
        expect(batch.accepted).to.equal(5);
        const name = batch.leafFileHash;
        expect(await all.keys()).to.include.members([keyOf(name), keyOf(name, ".levels")]);
        const head = { ...batch, root: fromHex(batch.root) };
        for (let index = 0; index < batch.count; index++) {
          const proof = await readLeafProof({ suite, store }, name, head, index);
          const { leaf, siblings } = proof!;
          expect(verifyProof(suite, head, leaf, index, siblings)).to.equal(true);
        }
      } finally {
        await world.close();
      }
    });
  });
}
