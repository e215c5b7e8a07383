import { z } from "zod";
import { addressWord, hashWord, numberWord } from "../../chain/calldata.ts";
import { address, hash, small, whole } from "./fields.ts";
import { type ChainHandler, callOf, callOfWords } from "./handler.ts";

const movement = z.object({ to: address, tokenId: whole, grams: whole });

/** Moves units from the signer's account to another. */
export const transfer: ChainHandler = async (stored, { contracts, signer }) => {
  const { to, tokenId, grams } = movement.parse(stored);
  return callOfWords(contracts, "reductionToken", "safeTransferFrom", [
    ...[addressWord(signer), addressWord(to), numberWord(tokenId, 256), numberWord(grams, 256)],
    // Bytes for the receiver, which are none: where they begin, and how many there are.
    ...[numberWord(5n * 32n, 256), numberWord(0n, 256)],
  ]);
};

const retirement = z.object({ tokenId: whole, grams: whole, purpose: small, content: hash });

/** Retires the signer's units for ever, for a purpose. */
export const retire: ChainHandler = async (stored, { contracts }) => {
  const { tokenId, grams, purpose, content } = retirement.parse(stored);
  return callOfWords(contracts, "reductionToken", "retire", [
    ...[numberWord(tokenId, 256), numberWord(grams, 64)],
    ...[numberWord(BigInt(purpose), 8), hashWord(content)],
  ]);
};

const certificate = z.object({
  retirements: z.array(hash),
  emittedGrams: whole,
  kind: small,
  content: hash,
  replaces: whole.default(0n),
});

/** Makes a certificate of the signer's own retirements. */
export const certify: ChainHandler = async (stored, { contracts, certificateOf }) => {
  const { retirements, emittedGrams, kind, content, replaces } = certificate.parse(stored);
  return callOf(contracts, "certificate", "certify", [
    retirements,
    emittedGrams,
    kind,
    content,
    await certificateOf(replaces),
  ]);
};

const revocation = z.object({ certificateId: whole, document: hash });

/** Revokes a certificate; its retirements stay consumed unless another replaces it. By the authority. */
export const revokeCertificate: ChainHandler = async (stored, { contracts }) => {
  const { certificateId, document } = revocation.parse(stored);
  return callOf(contracts, "certificate", "revoke", [certificateId, document]);
};
