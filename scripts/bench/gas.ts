import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ContractTransactionResponse } from "ethers";
import {
  attestationOf,
  create,
  DOCUMENT,
  FIRST_DAY,
  id,
  noticeOver,
  proposalOf,
  type Registry,
  registry,
  sign,
  statementOf,
  ZeroHash,
} from "../../test/contracts/support.ts";
import { CONTRACT_NAMES, readArtifact } from "../deploy/artifacts.ts";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const SNAPSHOT = path.join(ROOT, "docs", "gas.json");
/** EIP-170: the most runtime code a contract may have, in bytes. */
export const MOST_CODE_BYTES = 24_576;

/** One call's gas, beside OpenZeppelin's plain one where there is such a call. */
export type GasRow = {
  what: string;
  gas: number;
  beside: string | null;
  besideGas: number | null;
  ratio: number | null;
  goal: string | null;
};

export type GasSnapshot = { rows: GasRow[]; codeBytes: Record<string, number> };

type Sent = Promise<ContractTransactionResponse>;

async function gasOf(sent: Sent): Promise<number> {
  const receipt = await (await sent).wait();
  if (!receipt) throw new Error("The measured transaction is in no block.");
  return Number(receipt.gasUsed);
}

function alone(what: string, gas: number): GasRow {
  return { what, gas, beside: null, besideGas: null, ratio: null, goal: null };
}

function beside(what: string, gas: number, other: string, besideGas: number, goal: string): GasRow {
  const ratio = Math.round((gas / besideGas) * 1000) / 1000;
  return { what, gas, beside: other, besideGas, ratio, goal };
}

/** Measures on an in-process chain with fixed accounts, so that the figures repeat to the unit. */
export async function measureGas(): Promise<GasSnapshot> {
  const r = await registry();
  const first = await measureIssue(r, FIRST_DAY, "first of a source");
  const next = await measureIssue(r, FIRST_DAY + 1, "next of a source");
  const tokenId = await r.issuance.tokenIdOf(proposalOf());
  const moved = await measureToken(r, tokenId);
  const codeBytes: Record<string, number> = {};
  for (const name of CONTRACT_NAMES) {
    const { deployedBytecode } = await readArtifact(name);
    codeBytes[name] = (deployedBytecode.length - 2) / 2;
  }
  return { rows: [...moved, ...first, ...next], codeBytes };
}

async function measureIssue(r: Registry, firstDay: number, which: string): Promise<GasRow[]> {
  const proposal = proposalOf({ firstDay, endDay: firstDay + 1 });
  const propose = await gasOf(r.issuance.connect(r.applicant).propose(proposal));
  const requestId = await r.issuance.requestCount();
  const validUntil = 4_000_000_000n;
  const attestation = await attestationOf(requestId, r.reviewer.address, { validUntil });
  const signature = await sign(r, r.reviewer, statementOf(attestation, proposal));
  const { issuance } = r;
  const review = await gasOf(issuance.connect(r.reviewer).attest(attestation, proposal, signature));
  const filing = await gasOf(issuance.connect(r.operator).file(requestId, proposal, DOCUMENT, 0));
  await noticeOver();
  const issue = await gasOf(issuance.connect(r.authority).issue(requestId, proposal, DOCUMENT));
  return [
    alone(`propose, ${which}`, propose),
    alone(`attest, ${which}`, review),
    alone(`file, ${which}`, filing),
    alone(`issue, ${which}`, issue),
    alone(`propose + attest + issue, ${which}`, propose + review + issue),
  ];
}

// Both tokens carry the same id and amounts, so that their call data costs the same.
async function measureToken(r: Registry, tokenId: bigint): Promise<GasRow[]> {
  const plain = await create<"mint" | "safeTransferFrom" | "burn">("PlainToken");
  await plain.mint(r.owner.address, tokenId, 10_000);
  const [from, to] = [r.owner.address, r.enterprise.address];
  const transfer = async (contract: { connect: Registry["token"]["connect"] }) => {
    const call = () =>
      gasOf(contract.connect(r.owner).safeTransferFrom(from, to, tokenId, 500, "0x"));
    return { fresh: await call(), existing: await call() };
  };
  const ours = await transfer(r.token);
  const theirs = await transfer(plain as unknown as Registry["token"]);
  const burn = () => gasOf(plain.connect(r.owner).burn(from, tokenId, 500));
  const retirements: string[] = [];
  const retire = async () => {
    const t = r.token.connect(r.owner);
    const args = [tokenId, 500, 3, id(`content ${retirements.length}`)] as const;
    retirements.push(await t.retire.staticCall(...args));
    return gasOf(t.retire(...args));
  };
  await burn();
  const plainBurn = await burn();
  const firstRetire = await retire();
  const nextRetire = await retire();
  const certify = (k: number) =>
    gasOf(
      r.certificate
        .connect(r.owner)
        .certify([retirements[k]], 500, 1, id("c"), { content: ZeroHash, retirements: [] }),
    );
  const firstCertificate = await certify(0);
  const nextCertificate = await certify(1);
  return [
    beside(
      "transfer to an existing holder",
      ours.existing,
      "OpenZeppelin ERC1155 safeTransferFrom",
      theirs.existing,
      "<=1.25",
    ),
    beside(
      "transfer to a fresh holder",
      ours.fresh,
      "OpenZeppelin ERC1155 safeTransferFrom",
      theirs.fresh,
      "<=1.25",
    ),
    alone("retire, first of an id", firstRetire),
    beside("retire", nextRetire, "OpenZeppelin ERC1155 burn", plainBurn, "<=2.2"),
    alone("certify one retirement, first of a holder", firstCertificate),
    alone("certify one retirement", nextCertificate),
  ];
}

/** One sentence for each goal that is missed and each contract that is too large. */
export function shortcomings(snapshot: GasSnapshot): string[] {
  const slow = snapshot.rows
    .filter(({ ratio, goal }) => ratio !== null && goal !== null && ratio > Number(goal.slice(2)))
    .map((row) => `${row.what}: ${row.ratio} times ${row.beside}, wanted ${row.goal}.`);
  const large = Object.entries(snapshot.codeBytes)
    .filter(([, bytes]) => bytes >= MOST_CODE_BYTES)
    .map(([name, bytes]) => `${name}: ${bytes} bytes of code, wanted < ${MOST_CODE_BYTES}.`);
  return [...slow, ...large];
}

function table(snapshot: GasSnapshot): string {
  const rows = snapshot.rows.map((row) => {
    const compared = row.ratio === null ? "" : `  ${row.ratio} times ${row.beside} (${row.goal})`;
    return `${row.what.padEnd(52)}${String(row.gas).padStart(8)}${compared}`;
  });
  const sizes = Object.entries(snapshot.codeBytes).map(
    ([name, bytes]) => `${`code of ${name}, bytes`.padEnd(52)}${String(bytes).padStart(8)}`,
  );
  return [...rows, ...sizes].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const snapshot = await measureGas();
  const text = `${JSON.stringify(snapshot, null, 2)}\n`;
  const failures = shortcomings(snapshot);
  if (!process.argv.includes("--check")) {
    await writeFile(SNAPSHOT, text);
  } else if (text !== (await readFile(SNAPSHOT, "utf8").catch(() => ""))) {
    failures.push("docs/gas.json differs from what was measured; run scripts/bench/gas.ts.");
  }
  console.log(table(snapshot));
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) process.exitCode = 1;
}
