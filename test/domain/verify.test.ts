import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { encodeBytes32String } from "ethers";
import type { Report } from "../../server/verify/src/verify.ts";
import { verify } from "../../server/verify/src/verify.ts";
import { root } from "./support.ts";
import { serveChain } from "./verifyNode.ts";
import {
  account,
  alterEvent,
  BUS_MILLIGRAMS,
  institution,
  makeWorld,
  recordsAt,
  tokenId,
  type World,
  writeWorld,
} from "./verifyWorld.ts";

type Change = (world: World) => void;

const NOBODY = `0x${"0".repeat(40)}`;
const DIGEST = institution("another digest");
const REVIEW_COUNT = encodeBytes32String("review.count");

/** Makes a world, breaks it, and lets the checker look. */
async function reportOf(change: Change = () => undefined): Promise<Report> {
  const world = await makeWorld();
  change(world);
  const [node, folder] = [await serveChain(world.chain), await writeWorld(world)];
  try {
    return await verify({ filesFolder: folder, rpcUrl: node.url });
  } finally {
    await node.close();
    await rm(folder, { recursive: true });
  }
}

const failed = ({ checks }: Report): string[] =>
  checks.filter(({ result }) => result === "fail").map(({ id }) => id);

/** The blob that a text stands in, changed in place: it keeps its name. */
function editBlob(world: World, marker: string, edit: (bytes: Buffer) => void): void {
  const hit = [...world.blobs].find(([, bytes]) => Buffer.from(bytes).includes(marker))!;
  const bytes = Buffer.from(hit[1]);
  edit(bytes);
  world.blobs.set(hit[0], bytes);
}

function replaceText(from: string, to: string): (bytes: Buffer) => void {
  return (bytes) => {
    expect(to.length).to.equal(from.length);
    expect(bytes.includes(from), from).to.equal(true);
    bytes.write(to, bytes.indexOf(from));
  };
}

/** Index in the leaf file's records of the ride's credited leaf. */
const creditedAt = (world: World, bytes: Uint8Array): number =>
  recordsAt(bytes) + world.ride.leafIndex * 104;

const refusals: { claim: string; id: string; change: Change }[] = [
  {
    claim: "an edited amount of a leaf",
    id: "leaves.sum",
    change: (world) =>
      editBlob(world, "tanpu-leaves/1", (bytes) => {
        bytes.writeBigUInt64BE(BUS_MILLIGRAMS + 1n, creditedAt(world, bytes) + 32);
      }),
  },
  {
    claim: "an edited fingerprint of a leaf",
    id: "leaves.root",
    change: (world) =>
      editBlob(world, "tanpu-leaves/1", (bytes) => {
        bytes[creditedAt(world, bytes) + 31]! ^= 1;
      }),
  },
  {
    claim: "an edited byte anywhere in the leaf file",
    id: "leaves.hash",
    change: (world) =>
      editBlob(world, "tanpu-leaves/1", (bytes) => {
        bytes[bytes.length - 1]! ^= 1;
      }),
  },
  {
    claim: "two leaves that changed places",
    id: "leaves.order",
    change: (world) =>
      editBlob(world, "tanpu-leaves/1", (bytes) => {
        const at = recordsAt(bytes);
        const first = Buffer.from(bytes.subarray(at, at + 104));
        bytes.copyWithin(at, at + 104, at + 208);
        first.copy(bytes, at + 104);
      }),
  },
  {
    claim: "a leaf of a day outside the period",
    id: "leaves.period",
    change: (world) =>
      editBlob(world, "tanpu-leaves/1", (bytes) => {
        bytes.writeUInt32BE(17_776, creditedAt(world, bytes));
      }),
  },
  {
    claim: "a leaf above the methodology's cap",
    id: "leaves.cap",
    change: (world) => alterEvent(world, "MethodologyRegistered", (args) => args.splice(7, 1, 1)),
  },
  {
    claim: "a leaf count that is not the chain's",
    id: "leaves.count",
    change: (world) =>
      alterEvent(world, "Proposed", (args) => (args[4] as unknown[]).splice(5, 1, 3)),
  },
  {
    claim: "a header with another total",
    id: "leaves.header",
    change: (world) => editBlob(world, "tanpu-leaves/1", replaceText('"742000"', '"742001"')),
  },
  {
    claim: "a leaf file that was not published",
    id: "leaves.hash",
    change: (world) => world.blobs.delete(world.bundle.leafFileHash),
  },
  {
    claim: "an edited time of a ride",
    id: "ride.leaf",
    change: (world) => {
      world.ride.reports[1]!.at += 200;
    },
  },
  {
    claim: "reports that share no fingerprint",
    id: "ride.fingerprints",
    change: (world) => {
      world.ride.reports[2]!.at += 7_200;
    },
  },
  {
    claim: "a ride that one platform reported twice",
    id: "ride.fingerprints",
    change: (world) => {
      world.ride.reports[1]!.platform = "transit-operator";
    },
  },
  {
    claim: "another leaf index of a ride",
    id: "ride.leaf",
    change: (world) => {
      world.ride.leafIndex = world.ride.leafIndex === 0 ? 1 : 0;
    },
  },
  {
    claim: "a leaf index beyond the last leaf",
    id: "ride.proof",
    change: (world) => {
      world.ride.leafIndex = 99;
    },
  },
  {
    claim: "a participant the commitment does not open to",
    id: "ride.commitments",
    change: (world) => {
      world.ride.participant = institution("somebody else").slice(0, 34);
    },
  },
  {
    claim: "evidence the commitment does not open to",
    id: "ride.commitments",
    change: (world) => {
      world.ride.evidence = {
        behaviour: "bus-trip",
        parameterIndex: 0,
        quantities: { trips: "2" },
      };
    },
  },
  {
    claim: "milligrams the methodology does not give",
    id: "ride.milligrams",
    change: (world) => {
      world.ride.milligrams = "371001";
    },
  },
  {
    claim: "an edited methodology",
    id: "methodology.hash",
    change: (world) => editBlob(world, "tanpu-methodology/1", replaceText('"0.371"', '"0.372"')),
  },
  {
    claim: "an edited figure in a certificate's document",
    id: "certificate.figures",
    change: (world) =>
      editBlob(
        world,
        "tanpu-neutrality-certificate/1",
        replaceText('"emitted":{"grams":"55"', '"emitted":{"grams":"54"'),
      ),
  },
  {
    claim: "any edit of a certificate's document",
    id: "certificate.document",
    change: (world) =>
      editBlob(world, "tanpu-neutrality-certificate/1", replaceText("Shenzhen", "Shanghai")),
  },
  {
    claim: "an edited figure of a certificate in the bundle",
    id: "certificate.chain",
    change: (world) => {
      world.bundle.certificates[0]!.emittedGrams = "54";
    },
  },
  {
    claim: "a certificate the chain does not know",
    id: "certificate.chain",
    change: (world) => {
      world.bundle.certificates[0]!.certificateId = "0x1234";
    },
  },
  {
    claim: "a revoked certificate",
    id: "certificate.chain",
    change: ({ chain, bundle }) => {
      const args = [bundle.certificates[0]!.certificateId, institution("decision")];
      chain.events.push({ contract: "certificate", name: "CertificateRevoked", args });
    },
  },
  {
    claim: "a retirement that a second certificate uses",
    id: "certificate.consumed",
    change: ({ chain }) => {
      const first = chain.events.find(({ name }) => name === "Certified")!;
      chain.events.push({ ...first, args: [77, ...first.args.slice(1)] });
    },
  },
  {
    claim: "a retirement that the token does not mark as used",
    id: "certificate.consumed",
    change: ({ chain, bundle }) => {
      const [used] = bundle.certificates[0]!.retirements;
      chain.answers.set(`isconsumed(${used})`, [false]);
    },
  },
  {
    claim: "an impaired certificate",
    id: "certificate.chain",
    change: ({ chain, bundle }) => {
      const { certificateId, retirements } = bundle.certificates[0]!;
      const args = [certificateId, tokenId, retirements[0]];
      chain.events.push({ contract: "certificate", name: "CertificateImpaired", args });
    },
  },
  {
    claim: "a certificate above its retirements",
    id: "certificate.cover",
    change: (world) => {
      world.bundle.certificates[0]!.emittedGrams = "61";
      alterEvent(world, "Certified", (args) => args.splice(5, 1, 61));
    },
  },
  {
    claim: "an edited serial of a retirement",
    id: "retirement.id",
    change: (world) => {
      world.bundle.retirements[0]!.endSerial = "61";
    },
  },
  {
    claim: "a retirement the chain does not know",
    id: "retirement.chain",
    change: (world) =>
      alterEvent(world, "Retired", (args) => args.splice(0, 1, institution("x")), 1),
  },
  {
    claim: "a line that a batch's id is not made of",
    id: "retirement.id",
    change: (world) => {
      world.bundle.retirements[2]!.lines![1]!.endSerial = "121";
    },
  },
  {
    claim: "a batch with other lines than the chain",
    id: "retirement.chain",
    change: (world) =>
      alterEvent(world, "RetiredBatch", (args) => {
        (args[4] as unknown[][])[1]![3] = institution("somebody else");
        (args[4] as unknown[][])[1]![2] = 119;
      }),
  },
  {
    claim: "an edited document of a retirement",
    id: "retirement.document",
    change: (world) =>
      editBlob(world, "tanpu-retirement/1", replaceText('"grams":"60"', '"grams":"61"')),
  },
  {
    claim: "serials with a gap",
    id: "supply.serials",
    change: (world) => alterEvent(world, "Retired", (args) => args.splice(3, 1, 61), 1),
  },
  {
    claim: "serials that overlap",
    id: "supply.serials",
    change: (world) => alterEvent(world, "Retired", (args) => args.splice(3, 1, 59), 1),
  },
  {
    claim: "a balance that does not follow from the transfers",
    id: "supply.balances",
    change: ({ chain }) => {
      chain.answers.set(`balanceof(${account("owner")},${tokenId})`, [443]);
    },
  },
  {
    claim: "a supply that does not add up",
    id: "supply.sum",
    change: ({ chain }) => {
      chain.answers.set(`supplyof(${tokenId})`, [true, 1, 742, 120, 1]);
    },
  },
  {
    claim: "a void that the supply does not show",
    id: "supply.sum",
    change: ({ chain }) => {
      const args = [tokenId, account("owner"), 1, institution("act")];
      chain.events.push({ contract: "reductionToken", name: "Voided", args });
    },
  },
  {
    claim: "milligrams taken off that the issue does not take off",
    id: "issue.grams",
    change: ({ chain }) => {
      const args = [1, 371_000, 371_000];
      chain.events.push({ contract: "issuance", name: "Deducted", args });
    },
  },
  {
    claim: "more grams than the milligrams give",
    id: "issue.grams",
    change: (world) => alterEvent(world, "Issued", (args) => args.splice(3, 1, 743), 1),
  },
  {
    claim: "a carry that the rules do not give",
    id: "issue.grams",
    change: (world) => alterEvent(world, "Issued", (args) => args.splice(5, 1, 499), 1),
  },
  {
    claim: "a carry that no issue before it left",
    id: "issue.carry",
    change: (world) => alterEvent(world, "Issued", (args) => args.splice(4, 1, 1_000), 1),
  },
  {
    claim: "a second issue of the same id",
    id: "issue.once",
    change: ({ chain }) => {
      chain.events.push(chain.events.findLast(({ name }) => name === "Issued")!);
    },
  },
  {
    claim: "a reviewer of the applicant's institution",
    id: "review.institution",
    change: (world) =>
      alterEvent(world, "Attested", (args) => args.splice(2, 1, institution("applicant"))),
  },
  {
    claim: "a statement over another root",
    id: "review.statement",
    change: (world) =>
      alterEvent(world, "Proposed", (args) => {
        (args[4] as unknown[])[3] = institution("root");
      }),
  },
  {
    claim: "a statement under another digest than the event's",
    id: "review.statement",
    change: (world) => alterEvent(world, "Attested", (args) => args.splice(6, 1, DIGEST)),
  },
  {
    claim: "a statement under somebody else's signature",
    id: "review.statement",
    change: ({ chain }) => {
      const { call } = chain.events.find(({ name }) => name === "Attested")!;
      (call!.args as unknown[])[2] = `0x${"1b".repeat(65)}`;
    },
  },
  {
    claim: "fewer statements of a kind than the programme asks for",
    id: "review.institution",
    change: ({ chain }) => {
      const key = [...chain.answers.keys()].find((it) => it.includes(REVIEW_COUNT))!;
      chain.answers.set(key, [0x0101]);
    },
  },
  {
    claim: "fewer favourable statements than the programme asks for",
    id: "review.institution",
    change: (world) => alterEvent(world, "Attested", (args) => args.splice(4, 1, false)),
  },
  {
    claim: "a token id of another period",
    id: "token.id",
    change: (world) =>
      alterEvent(world, "Proposed", (args) => (args[4] as unknown[]).splice(2, 1, 17_777)),
  },
  {
    claim: "another report hash in the bundle",
    id: "token.request",
    change: (world) => {
      world.bundle.reportHash = institution("another report");
    },
  },
  {
    claim: "a request the chain does not know",
    id: "token.request",
    change: (world) => {
      world.bundle.requestId = "2";
    },
  },
  {
    claim: "another chain",
    id: "chain.id",
    change: (world) => {
      world.manifest.chainId = 1;
    },
  },
  {
    claim: "another first block",
    id: "chain.genesis",
    change: (world) => {
      world.manifest.genesisHash = institution("block");
    },
  },
  {
    claim: "other code of a contract",
    id: "chain.code",
    change: (world) => {
      const { sources } = world.manifest.contracts as Record<string, { codeHash: string }>;
      sources!.codeHash = institution("code");
    },
  },
];

describe("tanpu-verify", () => {
  for (const { claim, id, change } of refusals) {
    it(`fails ${id} on ${claim}`, async () => {
      const report = await reportOf(change);
      expect(report.ok).to.equal(false);
      expect(failed(report)).to.include(id);
    });
  }

  it("passes every check of a registry in which everything agrees, in both languages", async () => {
    const report = await reportOf();
    expect(report.checks.filter(({ result }) => result !== "pass")).to.deep.equal([]);
    expect(report.ok).to.equal(true);
    const proven = new Set(report.checks.map(({ id }) => id));
    for (const { id } of refusals) expect(proven.has(id), id).to.equal(true);
    for (const { en, zh } of report.checks) {
      expect(en).to.match(/^[^一-鿿]+\.$/);
      expect(zh).to.match(/[一-鿿].*。$/);
    }
  });

  it("cannot check a signature that a contract brought, and says so", async () => {
    const report = await reportOf(({ chain }) => {
      delete chain.events.find(({ name }) => name === "Attested")!.call;
    });
    const statement = report.checks.find(({ id }) => id === "review.statement");
    expect(statement?.result).to.equal("notProvable");
    expect(report.ok).to.equal(true);
  });

  it("follows what was voided and given back", async () => {
    const report = await reportOf(({ chain }) => {
      const owner = account("owner");
      const on = (name: string, ...args: unknown[]) =>
        chain.events.push({ contract: "reductionToken", name, args });
      on("TransferSingle", owner, owner, NOBODY, tokenId, 42);
      on("Voided", tokenId, owner, 42, DIGEST);
      on("TransferSingle", owner, NOBODY, owner, tokenId, 40);
      on("Reissued", tokenId, owner, 40, DIGEST);
      chain.answers.set(`supplyof(${tokenId})`, [true, 1, 742, 120, 2]);
      chain.answers.set(`balanceof(${owner},${tokenId})`, [440]);
    });
    expect(report.checks.filter(({ result }) => result !== "pass")).to.deep.equal([]);
  });

  it("tells what nobody published apart from what failed", async () => {
    const report = await reportOf((world) => {
      world.bundle.retirements = [];
      world.bundle.certificates = [];
    });
    const open = report.checks.filter(({ result }) => result === "notProvable");
    expect(open.map(({ id }) => id)).to.include.members(["retirement.id", "certificate.chain"]);
    expect(report.ok).to.equal(true);
  });
});

type Exit = { code: number; out: string; err: string };

const program = fileURLToPath(new URL("server/verify/bin/tanpu-verify.mjs", root));

function run(...args: string[]): Promise<Exit> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

describe("tanpu-verify as a command", function () {
  this.timeout(30_000);
  let world: World;
  let folder = "";
  let node: Awaited<ReturnType<typeof serveChain>>;

  before(async () => {
    world = await makeWorld();
    [node, folder] = [await serveChain(world.chain), await writeWorld(world)];
  });
  after(async () => {
    await node.close();
    await rm(folder, { recursive: true });
  });

  it("ends with 2 and one sentence on wrong usage, no files, no node, no such token", async () => {
    const dead = "http://127.0.0.1:1";
    for (const [args, sentence] of [
      [["--files", folder], /^Usage: /],
      [["--files", folder, "--rpc", "here"], /^Usage: /],
      [["--files", `${folder}/none`, "--rpc", node.url], /manifest\.json cannot be read/],
      [["--files", folder, "--rpc", dead], /does not answer/],
      [["--files", folder, "--rpc", node.url, "--token", "7"], /has no token 0x0+7 /],
      [["--files", folder, "--rpc", node.url, "--token", "seven"], /no token id/],
    ] as const) {
      const exit = await run(...args);
      expect([exit.code, exit.out], args.join(" ")).to.deep.equal([2, ""]);
      expect(exit.err.trim()).to.match(sentence).and.not.include("\n");
    }
  });

  it("ends with 1 when a check fails and says which", async () => {
    world.chain.answers.set(`supplyof(${tokenId})`, [true, 1, 742, 120, 5]);
    const exit = await run("--files", folder, "--rpc", node.url);
    world.chain.answers.set(`supplyof(${tokenId})`, [true, 1, 742, 120, 0]);
    expect(exit.code, exit.err).to.equal(1);
    expect(exit.out).to.match(/supply\.sum +FAIL +不通过/);
  });

  it("ends with 0 and one JSON object when every check passes", async () => {
    const args = ["--files", folder, "--rpc", node.url, "--token", tokenId.toString(), "--json"];
    const exit = await run(...args);
    expect(exit.code, exit.err).to.equal(0);
    expect((JSON.parse(exit.out) as Report).ok).to.equal(true);
  });
});
