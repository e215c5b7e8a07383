import { z } from "zod";
import { hash, small, whole } from "./fields.ts";
import { type ChainHandler, callOf, type EncodeContext } from "./handler.ts";

const filing = z.object({
  requestId: whole,
  filingDocument: hash,
  /** Unix seconds; the contract keeps at least the programme's notice. */
  noticeEnd: whole.default(0n),
});

const documented = z.object({ requestId: whole, document: hash });
const named = z.object({ requestId: whole });
const decided = documented.extend({ index: small, upheld: z.boolean() });

/** The call of a function of Issuance that takes the request, what it proposed, and more. */
async function callAbout(
  { contracts, proposalOf }: EncodeContext,
  name: string,
  requestId: bigint,
  ...more: readonly unknown[]
) {
  return callOf(contracts, "issuance", name, [requestId, await proposalOf(requestId), ...more]);
}

/** Gives a reviewed request its filing number and starts the notice. By the operator. */
export const file: ChainHandler = async (stored, context) => {
  const { requestId, filingDocument, noticeEnd } = filing.parse(stored);
  return callAbout(context, "file", requestId, filingDocument, noticeEnd);
};

/** Issues the units after the notice. By the authority. */
export const issue: ChainHandler = async (stored, context) => {
  const { requestId, document } = documented.parse(stored);
  return callAbout(context, "issue", requestId, document);
};

/** Refuses a request. By the authority. */
export const reject: ChainHandler = async (stored, context) => {
  const { requestId, document } = documented.parse(stored);
  return callAbout(context, "reject", requestId, document);
};

/** Takes a request back. By its applicant. */
export const withdraw: ChainHandler = async (stored, context) => {
  const { requestId } = named.parse(stored);
  return callAbout(context, "withdraw", requestId);
};

/** Objects to a filed request during its notice. By any open account. */
export const object: ChainHandler = async (stored, { contracts }) => {
  const { requestId, document } = documented.parse(stored);
  return callOf(contracts, "issuance", "object_", [requestId, document]);
};

/** Decides an objection; one that is upheld rejects the request. By the authority. */
export const decideObjection: ChainHandler = async (stored, context) => {
  const { requestId, index, upheld, document } = decided.parse(stored);
  return callAbout(context, "decideObjection", requestId, index, upheld, document);
};
