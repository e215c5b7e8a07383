import { succeed } from "../../domain/result.ts";
import { evidenceIn } from "../../intake/commitments.ts";
import { readLeafProof } from "../../intake/leafProof.ts";
import { proveLine, proveRides, type RideProver } from "../../ledger/personProof.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { defineOwn, spanOf } from "./own.ts";
import { proofQuery, proofSchema } from "./schema.ts";

/** Proofs come out of the published leaf files, openings out of the methodologies this process has. */
function proverOf({ suite, store, methodologies }: ApiDependencies): RideProver {
  return {
    leafProof: (fileHash, head, index) => readLeafProof({ suite, store }, fileHash, head, index),
    evidence: (ride) => {
      const any = methodologies.get(ride.rule);
      const { at, behaviour, quantities } = ride;
      // Who and salt are no part of what the evidence says.
      const nobody = { participant: new Uint8Array(), salt: new Uint8Array() };
      return any && evidenceIn(any, { at, behaviour, quantities, ...nobody });
    },
  };
}

export const proofRoutes = [
  defineOwn({
    method: "get",
    path: "/v1/me/proof",
    summary: "Proof of one's line and rides 我的减排量证明",
    description:
      "The line of the last anchored epoch with the siblings that lead to the root on chain (`PoolReserve.verifyLine` says the same), and credited rides of the last 31 days, or of the days named, each with its leaf, the siblings to its request's root, and the salts that open its commitments. Line salt = H(0x05 ‖ account's salt ‖ through ‖ 0x02), key = H(0x06 ‖ line salt ‖ participant), beneficiary = H(0x04 ‖ line salt ‖ participant), evidence = H(0x07 ‖ line salt ‖ canonical JSON of the two amounts). Whoever is shown the salts can check everything without this server.",
    query: proofQuery,
    answer: "Everything that is needed to check it",
    schema: proofSchema,
    refusals: ["DATE_MALFORMED", "PERIOD_EMPTY", "PERIOD_TOO_LONG"],
    find: async (person, { query }, dependencies) => {
      const { pool, suite, lines, now } = dependencies;
      const span = spanOf(query, now());
      if (!span.ok) return span;
      const place = { pool, suite, lines };
      const limit = Number(query.limit);
      const [line, rides] = await Promise.all([
        proveLine(place, person),
        proveRides(place, person, { ...span.value, limit }, proverOf(dependencies)),
      ]);
      return succeed({ epoch: line?.epoch ?? null, line: line?.line ?? null, rides });
    },
  }),
];
