import { concat, uintBytes, utf8 } from "./bytes.ts";
import { canonicalJson } from "./canonical.ts";
import { beneficiaryOf } from "./commitment.ts";
import type { HashSuite } from "./hashSuite.ts";
import type { Leaf } from "./sumTree.ts";

/*
 * A line of the pool's tree: what one account has of the units the pool holds. It is a leaf of the sum tree, because
 * contracts/PoolReserve.sol verifies it as one. Its key is another one in every epoch and says nothing without the
 * line's salt, so nobody can follow an account from epoch to epoch.
 *   line salt   = H(0x05 ‖ account's salt16 ‖ through8 ‖ 0x02)
 *   fingerprint = H(0x06 ‖ line salt ‖ holder16)
 *   beneficiary = H(0x04 ‖ line salt ‖ holder16)
 *   evidence    = H(0x07 ‖ line salt ‖ canonical JSON {issuedMilligrams, pointsMilligrams})
 */

/** An account with what it has in the pool; whole grams, not zero. */
export type Line = {
  /** 16 bytes. */
  holder: Uint8Array;
  issuedMilligrams: bigint;
  /** Locked behind points; in the pool all the same. */
  pointsMilligrams: bigint;
};

/** The salt of an account's line in the epoch that goes up to posting `through`. */
export function lineSaltOf(suite: HashSuite, salt: Uint8Array, through: bigint): Uint8Array {
  return suite.hash(Uint8Array.of(5), salt, uintBytes(through, 8), Uint8Array.of(2));
}

/** The key a line is sorted and found by. */
export function lineKeyOf(suite: HashSuite, lineSalt: Uint8Array, holder: Uint8Array): Uint8Array {
  return suite.hash(Uint8Array.of(6), lineSalt, holder);
}

/** The leaf of a line. Throws a RangeError for part grams: the contract would not verify them. */
export function lineLeaf(suite: HashSuite, lineSalt: Uint8Array, line: Line): Leaf {
  const { holder, issuedMilligrams, pointsMilligrams } = line;
  const milligrams = issuedMilligrams + pointsMilligrams;
  if (milligrams <= 0n || milligrams % 1000n !== 0n) {
    throw new RangeError("a line is of whole grams, at least one");
  }
  const opening = canonicalJson({
    issuedMilligrams: issuedMilligrams.toString(),
    pointsMilligrams: pointsMilligrams.toString(),
  });
  return {
    fingerprint: lineKeyOf(suite, lineSalt, holder),
    milligrams,
    beneficiary: beneficiaryOf(suite, lineSalt, holder),
    evidence: suite.hash(concat(Uint8Array.of(7), lineSalt, utf8(opening))),
  };
}
