import { z } from "zod";
import { hash, small, whole } from "./fields.ts";
import { type ChainHandler, callOf } from "./handler.ts";

const KECCAK_SUITE = 1;

const body = z.object({
  sourceId: hash,
  firstDay: small,
  endDay: small,
  root: hash,
  totalMilligrams: whole,
  count: whole,
  depth: small,
  hashSuite: small.default(KECCAK_SUITE),
  leafFileHash: hash,
  reportHash: hash,
});

/** Files an issuance request with the root of a closed period. By the source's applicant. */
export const propose: ChainHandler = async (stored, { contracts }) =>
  callOf(contracts, "issuance", "propose", [body.parse(stored)]);
