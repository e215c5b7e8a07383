import {
  create,
  DOCUMENT,
  FIRST_DAY,
  networkHelpers,
  proposalOf,
  type Registry,
  setParameters,
} from "../../test/contracts/support.ts";
import { alone, gasOf, type Row } from "./gasRows.ts";
import { type Leaf, leafContent, leafNode, leafOf, type Node, sparseTree } from "./sparseTree.ts";

/** Trees as deep as those of a million rides. */
const DEPTH = 20;
const COUNT = 1_000_000n;
const RIDE = 200_000n;
/** More than the methodology of the tests allows one activity. */
const ABOVE_CAP = 1_000_000_001n;
const DEMAND_SECONDS = 7_200n;
const DEPOSIT_WEI = 1_000n;
const [LEFT, RIGHT] = [524_287n, 524_288n];
const BEHIND = 1_048_575n;
const NO_OPENING = {
  index: 0n,
  leaf: leafOf(0, 0, 0n),
  siblings: [] as Node[],
};

interface Requested {
  readonly requestId: bigint;
  readonly proposal: ReturnType<typeof proposalOf>;
  readonly siblings: (index: bigint) => Node[];
}

/** What each proof of section 6 of the design costs in trees of depth 20, where not said otherwise before issue. */
export async function measureChallenges(r: Registry): Promise<Row[]> {
  await setParameters(r, {
    "review.count": 0n,
    "notice.seconds": 0n,
    "demand.depositWei": DEPOSIT_WEI,
    "demand.seconds": DEMAND_SECONDS,
    "remedy.seconds": 864_000n,
  });
  return [
    ...(await measureProof()),
    ...(await measureDuplicates(r)),
    ...(await measureLeafFaults(r)),
    ...(await measureTreeFaults(r)),
    ...(await measureDemands(r)),
  ];
}

let offset = 0;

/** Proposes a day of its own with some places of the tree known. */
async function request(r: Registry, known: (day: number) => Map<bigint, Node>): Promise<Requested> {
  offset += 1;
  const firstDay = FIRST_DAY + offset;
  const tree = sparseTree(DEPTH, known(firstDay));
  const proposal = proposalOf({ firstDay, endDay: firstDay + 1, count: COUNT, ...tree.head });
  await r.issuance.connect(r.applicant).propose(proposal);
  return { requestId: await r.issuance.requestCount(), proposal, siblings: tree.siblings };
}

const opening = ({ siblings }: Requested, index: bigint, leaf: Leaf) => ({
  index,
  leaf,
  siblings: siblings(index),
});

const claim = (requested: Requested, index: bigint, leaf: Leaf) => ({
  requestId: requested.requestId,
  proposal: requested.proposal,
  entry: opening(requested, index, leaf),
  carrier: NO_OPENING,
});

/** One leaf at one place. */
const one = (index: bigint, leaf: Leaf) => () => new Map([[index, leafNode(leaf)]]);

async function issue(r: Registry, { requestId, proposal }: Requested): Promise<void> {
  await r.issuance.connect(r.operator).file(requestId, proposal, DOCUMENT, 0);
  await r.issuance.connect(r.authority).issue(requestId, proposal, DOCUMENT);
}

async function measureProof(): Promise<Row[]> {
  const harness = await create<"gasOfVerify">("SumTreeHarness");
  const leaf = leafOf(FIRST_DAY, 1, RIDE);
  const tree = sparseTree(DEPTH, one(LEFT, leaf)());
  const { root, totalMilligrams } = tree.head;
  const head = { root, totalMilligrams, count: COUNT, depth: DEPTH };
  const [valid, gas] = await harness.gasOfVerify(head, LEFT, leaf, tree.siblings(LEFT));
  if (!valid) throw new Error("The proof is not valid.");
  return [alone(`sum proof of depth ${DEPTH}, inside a call`, Number(gas))];
}

async function measureDuplicates(r: Registry): Promise<Row[]> {
  const challenge = (a: ReturnType<typeof claim>, b: ReturnType<typeof claim>) =>
    gasOf(r.doubleCount.connect(r.outsider).challengeDuplicate(a, b));
  const shared = leafOf(FIRST_DAY, 1, RIDE);
  const requests: Requested[] = [];
  for (let k = 0; k < 4; k += 1) requests.push(await request(r, one(LEFT, shared)));
  const claims = requests.map((requested) => claim(requested, LEFT, shared));
  const [earlier, later, issued, revived] = claims as [Claim, Claim, Claim, Claim];
  const before = await challenge(earlier, later);
  await issue(r, requests[2] as Requested);
  const after = await challenge(earlier, issued);
  const both = leafOf(FIRST_DAY, 2, RIDE);
  const inside = await request(
    r,
    () =>
      new Map([
        [LEFT, leafNode(both)],
        [RIGHT, leafNode(both)],
      ]),
  );
  const within = await challenge(claim(inside, LEFT, both), claim(inside, RIGHT, both));
  await challenge(earlier, revived);
  const first = requests[0] as Requested;
  await r.issuance.connect(r.applicant).withdraw(first.requestId, first.proposal);
  const restored = await gasOf(r.doubleCount.connect(r.outsider).restore(revived.requestId, LEFT));
  return [
    alone("challengeDuplicate, two requests", before),
    alone("challengeDuplicate, one tree", within),
    alone("challengeDuplicate, after issue, opens a debt", after),
    alone("restore a duplicate", restored),
  ];
}

type Claim = ReturnType<typeof claim>;

async function measureLeafFaults(r: Registry): Promise<Row[]> {
  const contract = r.doubleCount.connect(r.outsider);
  const stray = leafOf(FIRST_DAY - 100, 1, RIDE);
  const outside = await request(r, one(LEFT, stray));
  const period = await gasOf(
    contract.challengePeriod(outside.requestId, outside.proposal, opening(outside, LEFT, stray)),
  );
  const large = leafOf(FIRST_DAY, 1, ABOVE_CAP);
  const above = await request(r, one(LEFT, large));
  const cap = await gasOf(
    contract.challengeLeaf(above.requestId, above.proposal, opening(above, LEFT, large)),
  );
  return [alone("challengePeriod", period), alone("challengeLeaf", cap)];
}

async function measureTreeFaults(r: Registry): Promise<Row[]> {
  const contract = r.doubleCount.connect(r.outsider);
  const [high, low] = [leafOf(FIRST_DAY, 9, RIDE), leafOf(FIRST_DAY, 3, RIDE)];
  const disordered = await request(
    r,
    () =>
      new Map([
        [LEFT, leafNode(high)],
        [RIGHT, leafNode(low)],
      ]),
  );
  const order = await gasOf(
    contract.challengeOrder(
      disordered.requestId,
      disordered.proposal,
      opening(disordered, LEFT, high),
      opening(disordered, RIGHT, low),
    ),
  );
  const forged = { hash: leafNode(low).hash, sum: RIDE * 2n };
  const padded = await request(r, () => new Map([[LEFT, forged]]));
  const place = (requested: Requested, index: bigint, node: Node) => ({
    level: 0,
    index,
    node,
    siblings: requested.siblings(index),
  });
  const sum = await gasOf(
    contract.challengeSum(
      padded.requestId,
      padded.proposal,
      place(padded, LEFT, forged),
      leafContent(low),
    ),
  );
  const behind = leafNode(high);
  const overfull = await request(r, () => new Map([[BEHIND, behind]]));
  const shape = await gasOf(
    contract.challengeShape(
      overfull.requestId,
      overfull.proposal,
      place(overfull, BEHIND, behind),
      "0x",
    ),
  );
  return [
    alone("challengeOrder, two neighbours", order),
    alone("challengeSum, a leaf", sum),
    alone("challengeShape, a place behind the count", shape),
  ];
}

async function measureDemands(r: Registry): Promise<Row[]> {
  const contract = r.doubleCount.connect(r.outsider);
  const leaf = leafOf(FIRST_DAY, 1, RIDE);
  const requested = await request(r, one(LEFT, leaf));
  const { requestId, proposal } = requested;
  const demand = (index: bigint) =>
    gasOf(contract.demand(requestId, proposal, 0, index, { value: DEPOSIT_WEI }));
  const first = await demand(LEFT);
  const demandId: bigint = await r.doubleCount.demandCount();
  const answered = await gasOf(
    r.doubleCount.connect(r.applicant).answer(demandId, proposal, [leaf], requested.siblings(LEFT)),
  );
  const next = await demand(RIGHT);
  await networkHelpers.time.increase(DEMAND_SECONDS + 1n);
  const unanswered = await gasOf(contract.fellUnanswered(demandId + 1n, proposal));
  return [
    alone("demand a leaf, first of a request", first),
    alone("demand a leaf", next),
    alone("answer with a leaf", answered),
    alone("fellUnanswered", unanswered),
  ];
}
