import {
  attestationOf,
  DOCUMENT,
  FIRST_DAY,
  noticeOver,
  proposalOf,
  type Registry,
  sign,
  statementOf,
} from "../../test/contracts/support.ts";
import { alone, gasOf, type Row } from "./gasRows.ts";

/** Far behind the time of the chain, and the same in every run. */
const VALID_UNTIL = 4_000_000_000n;
const MONTH = 30;
const YEAR = 365;
/** Grams of one ride in round figures; the methodology of the tests caps a leaf at 1,000,000 g. */
const RIDE_MILLIGRAMS = 200_000n;

interface Issue {
  readonly propose: number;
  readonly attest: number;
  readonly file: number;
  readonly issue: number;
}

/** All transactions of one issue. */
async function issueOf(r: Registry, changes: Record<string, unknown>): Promise<Issue> {
  const proposal = proposalOf(changes);
  const propose = await gasOf(r.issuance.connect(r.applicant).propose(proposal));
  const requestId: bigint = await r.issuance.requestCount();
  const attestation = await attestationOf(requestId, r.reviewer.address, {
    validUntil: VALID_UNTIL,
  });
  const signature = await sign(r, r.reviewer, statementOf(attestation, proposal));
  const attest = await gasOf(
    r.issuance.connect(r.reviewer).attest(attestation, proposal, signature),
  );
  const file = await gasOf(r.issuance.connect(r.operator).file(requestId, proposal, DOCUMENT, 0));
  await noticeOver();
  const issue = await gasOf(r.issuance.connect(r.authority).issue(requestId, proposal, DOCUMENT));
  return { propose, attest, file, issue };
}

const period = (offset: number, days: number) => ({
  firstDay: FIRST_DAY + offset,
  endDay: FIRST_DAY + offset + days,
});

/** What an issue costs, by transaction, by length of the period and by ride. */
export async function measureIssue(r: Registry): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [which, offset] of [
    ["first of a source", 0],
    ["next of a source", 1],
  ] as const) {
    const { propose, attest, file, issue } = await issueOf(r, period(offset, 1));
    rows.push(
      alone(`propose, ${which}`, propose),
      alone(`attest, ${which}`, attest),
      alone(`file, ${which}`, file),
      alone(`issue, ${which}`, issue),
      alone(`propose + attest + issue, ${which}`, propose + attest + issue),
      alone(`propose + attest + file + issue, ${which}`, propose + attest + file + issue),
    );
  }
  return [...rows, ...(await measurePeriods(r)), ...(await measureRides(r))];
}

async function measurePeriods(r: Registry): Promise<Row[]> {
  const propose = (offset: number, days: number) =>
    gasOf(r.issuance.connect(r.applicant).propose(proposalOf(period(offset, days))));
  const day = await propose(100, 1);
  const month = await propose(200, MONTH);
  const year = await propose(400, YEAR);
  return [
    alone("propose, a calendar day", day),
    alone(`propose, a calendar month (${MONTH} days)`, month),
    alone(`propose, a calendar year (${YEAR} days)`, year),
  ];
}

async function measureRides(r: Registry): Promise<Row[]> {
  const rows: Row[] = [];
  let offset = 800;
  for (const [rides, depth, named] of [
    [1_000, 10, "a thousand"],
    [100_000, 17, "a hundred thousand"],
    [1_000_000, 20, "a million"],
  ] as const) {
    const count = BigInt(rides);
    const { propose, attest, file, issue } = await issueOf(r, {
      ...period(offset, MONTH),
      count,
      depth,
      totalMilligrams: count * RIDE_MILLIGRAMS,
    });
    offset += MONTH;
    const three = (propose + attest + issue) / rides;
    const goal = rides === 1_000_000 ? "<=0.35" : null;
    rows.push(
      alone(`propose + attest + issue, a ride of ${named}`, three, goal, "gas a ride"),
      alone(`with file, a ride of ${named}`, three + file / rides, null, "gas a ride"),
    );
  }
  return rows;
}
