import { z } from "zod";
import { fromHex, sameBytes } from "./bytes.ts";
import { beneficiaryOf, type Evidence, evidenceOf } from "./commitment.ts";
import { lineLeaf } from "./epochLine.ts";
import type { HashSuite } from "./hashSuite.ts";
import { type Result, refuse, succeed } from "./result.ts";
import { type Leaf, verifyProof } from "./sumTree.ts";

/*
 * What a person was answered by `GET /v1/me/proof`, checked by somebody who has only that answer and the chain. It runs
 * in a browser.
 */

const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`));
const digits = z.string().regex(/^(0|[1-9]\d{0,38})$/);
const proven = {
  head: z.object({
    root: hex(32),
    totalMilligrams: digits,
    count: digits,
    depth: z.int().min(0).max(32),
  }),
  index: digits,
  leaf: z.object({
    fingerprint: hex(32),
    milligrams: digits,
    beneficiary: hex(32),
    evidence: hex(32),
  }),
  siblings: z.array(z.object({ hash: hex(32), sum: digits })).max(32),
};
const lineSchema = z.object({
  ...proven,
  opening: z.object({
    participant: hex(16),
    lineSalt: hex(32),
    issuedMilligrams: digits,
    pointsMilligrams: digits,
  }),
});
const rideSchema = z.object({
  ...proven,
  milligrams: digits,
  opening: z.object({
    participant: hex(16),
    beneficiarySalt: hex(32),
    evidenceSalt: hex(32),
    evidence: z.object({
      behaviour: z.string(),
      parameterIndex: z.int().optional(),
      day: z.string().optional(),
      quantities: z.record(z.string(), z.string()),
    }),
  }),
});

type Proven = Pick<z.infer<typeof lineSchema>, keyof typeof proven>;

function leafOf({ leaf }: Proven): Leaf {
  return {
    fingerprint: fromHex(leaf.fingerprint),
    milligrams: BigInt(leaf.milligrams),
    beneficiary: fromHex(leaf.beneficiary),
    evidence: fromHex(leaf.evidence),
  };
}

/** Whether the siblings lead from the leaf to a root that the chain has. */
function leads(suite: HashSuite, given: Proven, root: string): boolean {
  const { head, siblings } = given;
  if (head.root !== root) return false;
  const of = {
    root: fromHex(head.root),
    totalMilligrams: BigInt(head.totalMilligrams),
    count: Number(head.count),
    depth: head.depth,
  };
  const path = siblings.map(({ hash, sum }) => ({ hash: fromHex(hash), sum: BigInt(sum) }));
  return verifyProof(suite, of, leafOf(given), Number(given.index), path);
}

const wrong = (part: string) => refuse("PROOF_WRONG", { values: { part } });

/**
 * Checks the `line` of a personal proof against the root the chain has for that epoch: place, sum, and that the
 * commitments open to this person and these amounts. PROOF_WRONG names the part that is not so.
 */
export function verifyPersonalLine(
  suite: HashSuite,
  line: unknown,
  root: string,
): Result<{ participant: string; issuedMilligrams: bigint; pointsMilligrams: bigint }> {
  const read = lineSchema.safeParse(line);
  if (!read.success) return wrong("form");
  const { opening } = read.data;
  if (!leads(suite, read.data, root)) return wrong("path");
  const [issuedMilligrams, pointsMilligrams] = [
    BigInt(opening.issuedMilligrams),
    BigInt(opening.pointsMilligrams),
  ];
  const sum = issuedMilligrams + pointsMilligrams;
  if (sum === 0n || sum % 1000n !== 0n) return wrong("amounts");
  const holder = fromHex(opening.participant);
  const opened = lineLeaf(suite, fromHex(opening.lineSalt), {
    ...{ holder, issuedMilligrams, pointsMilligrams },
  });
  const leaf = leafOf(read.data);
  const isOpen =
    sameBytes(opened.fingerprint, leaf.fingerprint) &&
    sameBytes(opened.beneficiary, leaf.beneficiary) &&
    sameBytes(opened.evidence, leaf.evidence) &&
    opened.milligrams === leaf.milligrams;
  return isOpen
    ? succeed({ participant: opening.participant, issuedMilligrams, pointsMilligrams })
    : wrong("opening");
}

/**
 * Checks one of the `rides` of a personal proof against the root the chain has for its request. PROOF_WRONG names the
 * part that is not so.
 */
export function verifyPersonalRide(
  suite: HashSuite,
  ride: unknown,
  root: string,
): Result<{ participant: string; milligrams: bigint; evidence: Evidence }> {
  const read = rideSchema.safeParse(ride);
  if (!read.success) return wrong("form");
  const { opening, milligrams } = read.data;
  if (!leads(suite, read.data, root)) return wrong("path");
  const leaf = leafOf(read.data);
  if (leaf.milligrams !== BigInt(milligrams)) return wrong("amounts");
  const evidence = opening.evidence as Evidence;
  const beneficiary = beneficiaryOf(
    suite,
    fromHex(opening.beneficiarySalt),
    fromHex(opening.participant),
  );
  const isOpen =
    sameBytes(beneficiary, leaf.beneficiary) &&
    sameBytes(evidenceOf(suite, fromHex(opening.evidenceSalt), evidence), leaf.evidence);
  return isOpen
    ? succeed({ participant: opening.participant, milligrams: leaf.milligrams, evidence })
    : wrong("opening");
}
