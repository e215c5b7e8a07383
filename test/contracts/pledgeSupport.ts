import { expect } from "chai";
import { type Market, market, now, TOKEN_ID } from "./marketSupport.ts";
import { DOCUMENT, ethers, networkHelpers, type Signer, setParameters } from "./support.ts";

const { time } = networkHelpers;
export const GRACE_SECONDS = 86_400n;
export const GRAMS = 1_000n;
export const STATE = { none: 0n, offered: 1n, running: 2n, claimed: 3n, stayed: 4n, ended: 5n };

const TYPES = {
  Pledge: [
    { name: "owner", type: "address" },
    { name: "creditor", type: "address" },
    { name: "tokenId", type: "uint256" },
    { name: "grams", type: "uint64" },
    { name: "acceptBy", type: "uint64" },
    { name: "dueAt", type: "uint64" },
    { name: "document", type: "bytes32" },
    { name: "salt", type: "uint256" },
  ],
};

export async function bank() {
  const m = await market();
  await setParameters(m, { "pledge.graceSeconds": GRACE_SECONDS });
  return { ...m, creditor: m.buyer };
}

export type Bank = Market & { creditor: Signer };

export async function termsOf(m: Bank, changes: Partial<Record<string, unknown>> = {}) {
  const time = await now();
  return {
    owner: m.seller.address,
    creditor: m.creditor.address,
    tokenId: TOKEN_ID,
    grams: GRAMS,
    acceptBy: time + 1_000n,
    dueAt: time + 10_000n,
    document: DOCUMENT,
    salt: 1n,
    ...changes,
  };
}

export type Terms = Awaited<ReturnType<typeof termsOf>>;

export async function signed(m: Bank, signer: Signer, terms: Terms, changes = {}) {
  const domain = {
    name: "Tanpu Pledge",
    version: "1",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: await m.pledge.getAddress(),
    ...changes,
  };
  return signer.signTypedData(domain, TYPES, terms);
}

export async function offered() {
  const m = await bank();
  const terms = await termsOf(m);
  await m.pledge.connect(m.seller).offer(terms);
  return { ...m, terms, pledgeId: (await m.pledge.pledgeIdOf(terms)) as string };
}

export async function running() {
  const m = await offered();
  await m.pledge.connect(m.creditor).accept(m.terms);
  return m;
}

export async function claimed() {
  const m = await running();
  await time.increaseTo(m.terms.dueAt);
  await m.pledge.connect(m.creditor).claim(m.terms, DOCUMENT);
  return { ...m, ripeAt: (await now()) + GRACE_SECONDS };
}

export type Offered = Awaited<ReturnType<typeof offered>>;

const stateOf = async (m: Offered) =>
  ((await m.pledge.pledgeOf(m.pledgeId)) as [bigint, bigint])[0];

/** What lies in the contract is what is pledged, and the state is as said. */
export async function expectState(m: Offered, state: bigint) {
  const grams = state === STATE.ended || state === STATE.none ? 0n : GRAMS;
  expect(await stateOf(m)).to.equal(state);
  expect(await m.pledge.pledgedGrams(TOKEN_ID)).to.equal(grams);
  expect(await m.token.balanceOf(await m.pledge.getAddress(), TOKEN_ID)).to.equal(grams);
}

export const parties = (m: Market) => [m.seller, m.authority, m.operator, m.exchange, m.outsider];
