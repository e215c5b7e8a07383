import {
  create,
  DOCUMENT,
  ethers,
  id,
  institution,
  key,
  networkHelpers,
  OTHER_PROGRAMME,
  PROGRAMME,
  ROLE,
  ZeroHash,
} from "./support.ts";

export const ACT_SECONDS = 864_000n;
export const COMPANY = institution("company");

/** An id as libraries/TokenIds.sol packs it; the tag tells ids of one programme apart. */
const tokenIdOf = (programme: number, tag: bigint): bigint =>
  (1n << 248n) |
  (BigInt(programme) << 216n) |
  (1n << 184n) |
  (17_775n << 160n) |
  (17_776n << 136n) |
  tag;

export const UNITS = tokenIdOf(PROGRAMME, 1n);
export const OTHER_UNITS = tokenIdOf(PROGRAMME, 2n);
export const FOREIGN_UNITS = tokenIdOf(OTHER_PROGRAMME, 3n);
export const UNKNOWN_UNITS = tokenIdOf(PROGRAMME, 4n);
/** What the holder has of each issued id. */
export const HELD = 10_000n;

const PEOPLE = [
  "registrar",
  "authority",
  "supervisor",
  "operator",
  "otherOperator",
  "foreignAuthority",
  "foreignOperator",
  "holder",
  "second",
  "third",
  "buyer",
  "partner",
  "thief",
  "outsider",
  // Plain accounts stand for the contracts that issue and keep units.
  "issuance",
  "certificate",
  "doubleCount",
  "settlement",
  "pledge",
  "poolReserve",
] as const;

type Person = (typeof PEOPLE)[number];
type Signer = Awaited<ReturnType<typeof ethers.getSigners>>[number];

async function deploy(people: Record<Person, Signer>) {
  const from = people.registrar.address;
  const nonce = await people.registrar.getNonce();
  const at = (k: number) => ethers.getCreateAddress({ from, nonce: nonce + k });
  const manager = await create<"grantRole">("AccessManager", [from]);
  const programmes = await create<
    | "createProgramme"
    | "openAccount"
    | "closeAccount"
    | "freezeAccount"
    | "unfreezeAccount"
    | "grantRole"
    | "revokeRole"
    | "setParameter"
    | "pauseProgramme"
    | "resumeProgramme"
  >("Programmes", [at(0), at(2)]);
  const wiring = {
    programmes: at(1),
    issuance: people.issuance.address,
    certificate: people.certificate.address,
    accountGuard: at(3),
    freezes: at(4),
    corrections: at(5),
    doubleCount: people.doubleCount.address,
    settlement: people.settlement.address,
    pledge: people.pledge.address,
    poolReserve: people.poolReserve.address,
  };
  const token = await create<
    | "mint"
    | "safeTransferFrom"
    | "safeBatchTransferFrom"
    | "setApprovalForAll"
    | "retire"
    | "pull"
    | "voidGrams"
    | "reissue"
    | "setIdState"
    | "standingOf"
    | "supplyOf"
    | "balanceOf"
  >("ReductionToken", [at(0), wiring]);
  const guard = await create<
    | "turnOn"
    | "untrust"
    | "lowerLimits"
    | "order"
    | "orderTrust"
    | "orderLimits"
    | "orderSecond"
    | "orderCooling"
    | "orderOff"
    | "confirm"
    | "cancel"
    | "execute"
    | "replaceSecond"
    | "spend"
    | "guardOf"
    | "isTrusted"
    | "allowanceOf"
    | "orderOf"
    | "liveOrderOf"
  >("AccountGuard", [at(1), at(2)]);
  const freezes = await create<
    | "freezeGrams"
    | "lift"
    | "clearExpired"
    | "freezeForDebt"
    | "liftForDebt"
    | "frozenOf"
    | "freezeOf"
    | "freezesOf"
    | "debtOf"
    | "countOf"
  >("Freezes", [at(1), at(2), people.doubleCount.address]);
  const corrections = await create<
    "propose" | "approve" | "reject" | "withdraw" | "actOf" | "isExpired" | "actCount"
  >("Corrections", [at(1), at(2)]);
  return { manager, programmes, token, guard, freezes, corrections };
}

/**
 * Programmes, the token and the contracts that guard, freeze and correct holdings. Two programmes; in the first the
 * holder has 10,000 g of two ids, of the second programme's units as much. "second" and "third" are accounts of the
 * holder's institution.
 */
export async function holdings() {
  const signers = await ethers.getSigners();
  const people = Object.fromEntries(PEOPLE.map((name, i) => [name, signers[i]!])) as Record<
    Person,
    Signer
  >;
  const h = { ...(await deploy(people)), ...people };
  for (const [programme, authority] of [
    [PROGRAMME, "authority"],
    [OTHER_PROGRAMME, "foreignAuthority"],
  ] as const) {
    await h.programmes.createProgramme(
      programme,
      0,
      2,
      h[authority].address,
      institution(authority),
      DOCUMENT,
    );
  }
  const asAuthority = h.programmes.connect(h.authority);
  for (const name of ["holder", "second", "third"] as const) {
    await asAuthority.openAccount(PROGRAMME, h[name].address, COMPANY, DOCUMENT);
  }
  for (const name of [
    "supervisor",
    "operator",
    "otherOperator",
    "buyer",
    "partner",
    "thief",
  ] as const) {
    await asAuthority.openAccount(PROGRAMME, h[name].address, institution(name), DOCUMENT);
  }
  await asAuthority.grantRole(PROGRAMME, ROLE.authority, h.supervisor.address, 0, DOCUMENT);
  await asAuthority.grantRole(PROGRAMME, ROLE.operator, h.operator.address, 0, DOCUMENT);
  await asAuthority.grantRole(PROGRAMME, ROLE.operator, h.otherOperator.address, 0, DOCUMENT);
  await asAuthority.setParameter(PROGRAMME, key("act.seconds"), ACT_SECONDS, 0, DOCUMENT);
  const asForeign = h.programmes.connect(h.foreignAuthority);
  await asForeign.openAccount(
    OTHER_PROGRAMME,
    h.foreignOperator.address,
    institution("foreignOperator"),
    DOCUMENT,
  );
  await asForeign.grantRole(OTHER_PROGRAMME, ROLE.operator, h.foreignOperator.address, 0, DOCUMENT);
  for (const units of [UNITS, OTHER_UNITS, FOREIGN_UNITS]) {
    await h.token.connect(h.issuance).mint(h.holder.address, units, HELD);
  }
  return h;
}

export type Holdings = Awaited<ReturnType<typeof holdings>>;

/** Moves units by their holder's own transaction. */
export const send = (h: Holdings, from: Signer, to: string, grams: bigint, units = UNITS) =>
  h.token.connect(from).safeTransferFrom(from.address, to, units, grams, "0x");

export const now = async (): Promise<bigint> => BigInt(await networkHelpers.time.latest());

/** Sets the time of the next block, in which the next transaction stands. */
export const nextAt = (time: bigint): Promise<void> =>
  networkHelpers.time.setNextBlockTimestamp(time);

/** Joins an account to the first programme's authorities under an institution of choice. */
export async function addAuthority(h: Holdings, account: string, name: string): Promise<void> {
  const programmes = h.programmes.connect(h.authority);
  await programmes.openAccount(PROGRAMME, account, name, DOCUMENT);
  await programmes.grantRole(PROGRAMME, ROLE.authority, account, 0, DOCUMENT);
}

export type { Signer };
export {
  DOCUMENT,
  ethers,
  id,
  institution,
  key,
  networkHelpers,
  OTHER_PROGRAMME,
  PROGRAMME,
  ROLE,
  ZeroHash,
};
