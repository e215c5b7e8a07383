import type { ContractTransactionResponse } from "ethers";
import {
  create,
  createWallet,
  DOCUMENT,
  ethers,
  id,
  instrumented,
  networkHelpers,
  ZeroHash,
} from "./support.ts";

export const PROGRAMME = 1;
export const OTHER_PROGRAMME = 2;
export const HELD = 10_000n;
export const STANDING = { open: 1, frozen: 2, guarded: 4, partlyFrozen: 8, closed: 16 } as const;
/** Far behind the time of every test chain. */
export const NEVER = 10_000_000_000n;
export const EVENT_NEUTRALITY = 3;
export const CONTENT = id("content");
export const NO_CERTIFICATE = { content: ZeroHash, retirements: [] as string[] };
const coder = ethers.AbiCoder.defaultAbiCoder();

type TokenNames =
  | "mint"
  | "setIdState"
  | "addIssuer"
  | "isIssuer"
  | "setStanding"
  | "setPaused"
  | "setGuarded"
  | "setPartlyFrozen"
  | "retire"
  | "retireBatch"
  | "retireConsumed"
  | "consume"
  | "transferByIntent"
  | "retireByIntent"
  | "pull"
  | "forceTransfer"
  | "voidGrams"
  | "reissue"
  | "supplyOf"
  | "retirementOf"
  | "isConsumed"
  | "standingOf"
  | "isPaused"
  | "balanceOf"
  | "safeTransferFrom"
  | "safeBatchTransferFrom"
  | "setApprovalForAll"
  | "supportsInterface"
  | "cancelNonces"
  | "isNonceUsed"
  | "eip712Domain"
  | "uri";

type CertificateNames =
  | "certify"
  | "certifyByIntent"
  | "retireAndCertify"
  | "revoke"
  | "flagImpaired"
  | "mend"
  | "certificateOf"
  | "certificateIdOf"
  | "isImpairedBy"
  | "isNonceUsed"
  | "cancelNonces"
  | "locked"
  | "ownerOf"
  | "balanceOf"
  | "approve"
  | "setApprovalForAll"
  | "transferFrom"
  | "supportsInterface";

type SurroundingsNames =
  | "setRefusesSpending"
  | "spendings"
  | "lastTo"
  | "voidedGrams"
  | "setFrozen"
  | "setDisputed"
  | "setRole"
  | "setPurposes"
  | "setPaused"
  | "setRecognised";

const surroundings = () => create<SurroundingsNames>("Surroundings");

/** An id of a programme's units; the rest of it means nothing to token and certificates. */
export const idOf = (programme: number, tag: bigint): bigint =>
  (1n << 248n) | (BigInt(programme) << 216n) | tag;

/** A signer for a contract's own address. */
export async function acting(contract: { getAddress(): Promise<string> }) {
  const address = await contract.getAddress();
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, 10n ** 20n);
  return ethers.getSigner(address);
}

/**
 * Token and certificates alone, in surroundings that answer what a test sets. Owner and enterprise
 * have open accounts; the owner holds 10,000 g of two ids of one programme and of one of another.
 */
export async function tokenRegistry() {
  const signers = await ethers.getSigners();
  const [registrar, issuance, corrections, settlement, pledge] = signers;
  const [, , , , , owner, enterprise, outsider, authority] = signers;
  const from = registrar!.address;
  const manager = await create<"grantRole">("AccessManager", [from]);
  const programmes = await surroundings();
  const accountGuard = await surroundings();
  const freezes = await surroundings();
  const doubleCount = await surroundings();
  const poolReserve = await surroundings();
  const nonce = await registrar!.getNonce();
  const wiring = {
    programmes: await programmes.getAddress(),
    issuance: issuance!.address,
    certificate: ethers.getCreateAddress({ from, nonce: nonce + 1 }),
    accountGuard: await accountGuard.getAddress(),
    freezes: await freezes.getAddress(),
    corrections: corrections!.address,
    doubleCount: await doubleCount.getAddress(),
    settlement: settlement!.address,
    pledge: pledge!.address,
    poolReserve: await poolReserve.getAddress(),
  };
  const access = await manager.getAddress();
  const token = await create<TokenNames>("ReductionToken", [access, wiring]);
  const certificate = await create<CertificateNames>("Certificate", [
    await token.getAddress(),
    wiring.programmes,
    wiring.doubleCount,
  ]);
  const asProgrammes = token.connect(await acting(programmes));
  const ids = { first: idOf(PROGRAMME, 1n), second: idOf(PROGRAMME, 2n) };
  const foreign = idOf(OTHER_PROGRAMME, 3n);
  for (const account of [owner!, enterprise!]) await asProgrammes.setStanding(account.address, 1);
  for (const tokenId of [ids.first, ids.second, foreign]) {
    await token.connect(issuance!).mint(owner!.address, tokenId, HELD);
  }
  for (const programme of [PROGRAMME, OTHER_PROGRAMME]) {
    await programmes.setPurposes(programme, 0b1100n);
  }
  await programmes.setRole(PROGRAMME, 1, authority!.address, true);
  return {
    ...{ manager, access, wiring, programmes, accountGuard, freezes, doubleCount, poolReserve },
    ...{ token, certificate, asProgrammes, ...ids, foreign },
    registrar: registrar!,
    issuance: issuance!,
    corrections: corrections!,
    settlement: settlement!,
    pledge: pledge!,
    owner: owner!,
    enterprise: enterprise!,
    outsider: outsider!,
    authority: authority!,
  };
}

export type TokenRegistry = Awaited<ReturnType<typeof tokenRegistry>>;
export type Signer = TokenRegistry["owner"];

/** An open contract account of the owner that holds 1,000 g of the first id. */
export async function walletOf(r: TokenRegistry) {
  const wallet = await createWallet(r.owner.address);
  const address = await wallet.getAddress();
  await r.asProgrammes.setStanding(address, STANDING.open);
  await r.token.connect(r.owner).safeTransferFrom(r.owner.address, address, r.first, 1_000, "0x");
  return { wallet: wallet.connect(r.owner), address };
}

export type Wallet = Awaited<ReturnType<typeof walletOf>>["wallet"];

export const retirementIdOf = (
  holder: string,
  tokenId: bigint,
  firstSerial: bigint,
  endSerial: bigint,
  purpose = EVENT_NEUTRALITY,
  content = CONTENT,
): string =>
  ethers.keccak256(
    coder.encode(
      ["address", "uint8", "bytes32", "uint256", "uint64", "uint64"],
      [holder, purpose, content, tokenId, firstSerial, endSerial],
    ),
  );

export type RetiredLine = {
  tokenId: bigint;
  firstSerial: bigint;
  endSerial: bigint;
  beneficiary: string;
};

export function batchIdOf(
  holder: string,
  lines: readonly RetiredLine[],
  purpose = EVENT_NEUTRALITY,
  content = CONTENT,
): string {
  const type = "tuple(uint256 tokenId,uint64 firstSerial,uint64 endSerial,bytes32 beneficiary)[]";
  const linesHash = ethers.keccak256(coder.encode([type], [lines]));
  return ethers.keccak256(
    coder.encode(["address", "uint8", "bytes32", "bytes32"], [holder, purpose, content, linesHash]),
  );
}

export const certificateIdOf = (
  holder: string,
  retirements: readonly string[],
  content: string = CONTENT,
): bigint =>
  BigInt(
    ethers.keccak256(
      coder.encode(["address", "bytes32[]", "bytes32"], [holder, retirements, content]),
    ),
  );

/** Retires grams of the owner's and answers the retirement's id. */
export async function retire(
  r: TokenRegistry,
  grams: bigint,
  changes: { tokenId?: bigint; purpose?: number; content?: string; holder?: Signer } = {},
): Promise<string> {
  const token = r.token.connect(changes.holder ?? r.owner);
  const args = [
    changes.tokenId ?? r.first,
    grams,
    changes.purpose ?? EVENT_NEUTRALITY,
    changes.content ?? CONTENT,
  ] as const;
  const retirementId: string = await token.retire.staticCall(...args);
  await token.retire(...args);
  return retirementId;
}

const field = (name: string, type: string) => ({ name, type });

export const TRANSFER_TYPES = {
  TransferIntent: [
    field("from", "address"),
    field("to", "address"),
    field("tokenId", "uint256"),
    field("grams", "uint64"),
    field("nonce", "uint256"),
    field("deadline", "uint64"),
  ],
};

export const RETIRE_TYPES = {
  RetireIntent: [
    field("holder", "address"),
    field("tokenId", "uint256"),
    field("grams", "uint64"),
    field("purpose", "uint8"),
    field("content", "bytes32"),
    field("nonce", "uint256"),
    field("deadline", "uint64"),
  ],
};

export const CERTIFY_TYPES = {
  CertifyIntent: [
    field("holder", "address"),
    field("delegate", "address"),
    field("retirements", "bytes32[]"),
    field("emittedGrams", "uint64"),
    field("kind", "uint8"),
    field("content", "bytes32"),
    field("replaces", "uint256"),
    field("nonce", "uint256"),
    field("deadline", "uint64"),
  ],
};

export const transferIntent = (
  r: TokenRegistry,
  changes: Partial<Record<string, unknown>> = {},
) => ({
  from: r.owner.address,
  to: r.enterprise.address,
  tokenId: r.first,
  grams: 100n,
  nonce: 7n,
  deadline: NEVER,
  ...changes,
});

export const retireIntent = (r: TokenRegistry, changes: Partial<Record<string, unknown>> = {}) => ({
  holder: r.owner.address,
  tokenId: r.first,
  grams: 100n,
  purpose: EVENT_NEUTRALITY,
  content: CONTENT,
  nonce: 7n,
  deadline: NEVER,
  ...changes,
});

export const certifyIntent = (
  r: TokenRegistry,
  retirements: readonly string[],
  changes: Partial<Record<string, unknown>> = {},
) => ({
  holder: r.owner.address,
  delegate: ethers.ZeroAddress,
  retirements,
  emittedGrams: 1n,
  kind: 1,
  content: CONTENT,
  replaces: 0n,
  nonce: 7n,
  deadline: NEVER,
  ...changes,
});

type Types = Record<string, { name: string; type: string }[]>;

/** Signs typed data for a contract of this chain, or with another domain where a test says so. */
export async function signFor(
  contract: { getAddress(): Promise<string> },
  name: "Tanpu ReductionToken" | "Tanpu Certificate",
  signer: Signer,
  types: Types,
  value: Record<string, unknown>,
  domain: Partial<Record<string, unknown>> = {},
): Promise<string> {
  const { chainId } = await ethers.provider.getNetwork();
  const verifyingContract = await contract.getAddress();
  return signer.signTypedData(
    { name, version: "1", chainId, verifyingContract, ...domain },
    types,
    value,
  );
}

export async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
  const receipt = await (await sent).wait();
  return Number(receipt?.gasUsed);
}

export { create, createWallet, DOCUMENT, ethers, id, instrumented, networkHelpers, ZeroHash };
