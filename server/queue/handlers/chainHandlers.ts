import { attest } from "./attest.ts";
import { decideObjection, file, issue, object, reject, withdraw } from "./decide.ts";
import { anchorEpoch, poolRetire, poolWithdraw } from "./epochs.ts";
import type { ChainHandler } from "./handler.ts";
import { propose } from "./propose.ts";
import { certify, retire, revokeCertificate, transfer } from "./units.ts";

/** Every kind of command that becomes a transaction. */
export const chainHandlers: Readonly<Record<string, ChainHandler>> = {
  propose,
  attest,
  file,
  issue,
  reject,
  withdraw,
  object,
  "decide-objection": decideObjection,
  transfer,
  retire,
  certify,
  "revoke-certificate": revokeCertificate,
  "anchor-epoch": anchorEpoch,
  "pool-withdraw": poolWithdraw,
  "pool-retire": poolRetire,
};
