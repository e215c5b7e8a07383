import {
  asContract,
  create,
  FIRST_DAY,
  type IssuedRegistry,
  id,
  proposalOf,
  type Registry,
  type Signer,
  signTyped,
  type TestContract,
  ZeroHash,
} from "../../test/contracts/support.ts";
import { alone, beside, gasOf, type Row } from "./gasRows.ts";
import { deploySolady } from "./solady.ts";

type Peer = TestContract<"mint" | "safeTransferFrom" | "burn">;

/** Far behind the time of the chain, and the same in every run. */
const DEADLINE = 4_000_000_000n;
const EVENT_NEUTRALITY = 3;
const LINES = 100;

const TRANSFER_TYPES = {
  TransferIntent: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "tokenId", type: "uint256" },
    { name: "grams", type: "uint64" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint64" },
  ],
};
const RETIRE_TYPES = {
  RetireIntent: [
    { name: "holder", type: "address" },
    { name: "tokenId", type: "uint256" },
    { name: "grams", type: "uint64" },
    { name: "purpose", type: "uint8" },
    { name: "content", type: "bytes32" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint64" },
  ],
};

interface Moved {
  readonly fresh: number;
  readonly existing: number;
}

/** What units cost, beside the same acts of plain tokens with the same id and amounts, so that call data costs the same. */
export async function measureUnits(r: IssuedRegistry): Promise<Row[]> {
  const openZeppelin = await create<"mint" | "safeTransferFrom" | "burn">("PlainToken");
  const plain = await measurePeer(r, openZeppelin);
  const lean = await measurePeer(r, await deploySolady());
  const ours = await measureTransfers(r, r.token);
  const retire = (k: number) =>
    gasOf(r.token.connect(r.owner).retire(r.tokenId, 500, EVENT_NEUTRALITY, id(`content ${k}`)));
  const firstRetired = await retire(0);
  const retired = await retire(1);
  return [
    ...transferRows("an existing", ours.existing, plain.existing, lean.existing),
    ...transferRows("a fresh", ours.fresh, plain.fresh, lean.fresh),
    alone("retire, first of an id", firstRetired),
    beside("retire", retired, "OpenZeppelin ERC1155 burn", plain.burnt, "<=2.2"),
    beside("retire", retired, "Solady ERC1155 burn", lean.burnt),
    alone("OpenZeppelin ERC1155 mint to a fresh holder", plain.minted),
    alone("Solady ERC1155 mint to a fresh holder", lean.minted),
    ...(await measureIntents(r, ours, retired)),
    ...(await measureCertificates(r)),
    ...(await measureBatches(r)),
  ];
}

async function measurePeer(r: IssuedRegistry, peer: Peer) {
  const from = r.owner.address;
  const minted = await gasOf(peer.mint(from, r.tokenId, 10_000));
  const moved = await measureTransfers(r, peer);
  await peer.connect(r.owner).burn(from, r.tokenId, 500);
  const burnt = await gasOf(peer.connect(r.owner).burn(from, r.tokenId, 500));
  return { minted, ...moved, burnt };
}

async function measureTransfers(
  r: IssuedRegistry,
  token: TestContract<"safeTransferFrom">,
): Promise<Moved> {
  const [from, to] = [r.owner.address, r.enterprise.address];
  const send = () => gasOf(token.connect(r.owner).safeTransferFrom(from, to, r.tokenId, 500, "0x"));
  const fresh = await send();
  return { fresh, existing: await send() };
}

function transferRows(holder: string, ours: number, plain: number, lean: number): Row[] {
  const what = `transfer to ${holder} holder`;
  return [
    beside(what, ours, "OpenZeppelin ERC1155 safeTransferFrom", plain, "<=1.25"),
    beside(what, ours, "Solady ERC1155 safeTransferFrom", lean),
  ];
}

/** What a signed order costs more than the same act by its holder. */
async function measureIntents(r: IssuedRegistry, moved: Moved, retired: number): Promise<Row[]> {
  const sign = (types: Parameters<typeof signTyped>[2], intent: Record<string, unknown>) =>
    signTyped(r.token, "Tanpu ReductionToken", types, intent, r.owner);
  const transfer = async (nonce: bigint) => {
    const intent = {
      from: r.owner.address,
      to: r.enterprise.address,
      tokenId: r.tokenId,
      grams: 500n,
      nonce,
      deadline: DEADLINE,
    };
    return r.token.connect(r.outsider).transferByIntent(intent, await sign(TRANSFER_TYPES, intent));
  };
  const retire = async (nonce: bigint) => {
    const intent = {
      holder: r.owner.address,
      tokenId: r.tokenId,
      grams: 500n,
      purpose: EVENT_NEUTRALITY,
      content: id("by intent"),
      nonce,
      deadline: DEADLINE,
    };
    return r.token.connect(r.outsider).retireByIntent(intent, await sign(RETIRE_TYPES, intent));
  };
  // The first nonce of a word pays for its slot; the 255 that follow do not.
  const firstTransfer = await gasOf(transfer(1n));
  const nextTransfer = await gasOf(transfer(2n));
  const nextRetire = await gasOf(retire(3n));
  return [
    alone("transferByIntent, first nonce of a word", firstTransfer),
    alone("transferByIntent", nextTransfer),
    alone("surcharge of transferByIntent over transfer", nextTransfer - moved.existing),
    alone("retireByIntent", nextRetire),
    alone("surcharge of retireByIntent over retire", nextRetire - retired),
  ];
}

async function measureCertificates(r: IssuedRegistry): Promise<Row[]> {
  const certificate = r.certificate.connect(r.owner);
  const none = { content: ZeroHash, retirements: [] };
  const certify = async (k: number) => {
    const args = [r.tokenId, 100, EVENT_NEUTRALITY, id(`to certify ${k}`)] as const;
    const retirement: string = await r.token.connect(r.owner).retire.staticCall(...args);
    await r.token.connect(r.owner).retire(...args);
    return gasOf(certificate.certify([retirement], 100, 1, id(`certificate ${k}`), none));
  };
  const atOnce = (k: number) => {
    const [retirement, content] = [id(`at once ${k}`), id(`certificate at once ${k}`)];
    return gasOf(
      certificate.retireAndCertify(r.tokenId, 100, EVENT_NEUTRALITY, retirement, 100, 1, content),
    );
  };
  const first = await certify(0);
  const next = await certify(1);
  await atOnce(0);
  return [
    alone("certify one retirement, first of a holder", first),
    alone("certify one retirement", next),
    alone("retire and certify in one call", await atOnce(1), "<150000"),
  ];
}

/** Retirements of many ids in one record. */
async function measureBatches(r: IssuedRegistry): Promise<Row[]> {
  const ids = await mintMany(r, r.owner, LINES);
  const retire = (count: number) => {
    const lines = ids
      .slice(0, count)
      .map((tokenId) => ({ tokenId, grams: 100, beneficiary: ZeroHash }));
    const content = id(`batch of ${count}`);
    return gasOf(r.token.connect(r.owner).retireBatch(lines, EVENT_NEUTRALITY, content));
  };
  await retire(LINES);
  const half = await retire(LINES / 2);
  const all = await retire(LINES);
  return [
    alone(`retireBatch of ${LINES} ids`, all),
    alone("one more id in a retireBatch", (all - half) / (LINES / 2), "<=20000"),
  ];
}

/** Units of many ids of the programme, made as Issuance makes them. */
async function mintMany(r: Registry, to: Signer, count: number): Promise<bigint[]> {
  const token = r.token.connect(await asContract(r, "issuance"));
  const ids: bigint[] = [];
  for (let k = 0; k < count; k += 1) {
    const firstDay = FIRST_DAY + 1_000 + k;
    const tokenId: bigint = await r.issuance.tokenIdOf(
      proposalOf({ firstDay, endDay: firstDay + 1 }),
    );
    await token.mint(to.address, tokenId, 10_000);
    ids.push(tokenId);
  }
  return ids;
}
