import { JsonRpcProvider, type TypedDataDomain, type TypedDataField } from "ethers";
import { toHex } from "../../server/domain/bytes.ts";
import type { OperationView } from "./client.ts";
import { platformReports } from "./platforms.ts";
import { PERIOD, type Platform, type Stage } from "./stage.ts";
import type { Rides } from "./taps.ts";

const ROWS_PER_BATCH = 1_000;
/** A statement of the demo's reviewer does not run out while somebody plays with it. */
const STATEMENT_VALID_UNTIL = 4_102_444_800;
const VERIFICATION = 2;

export type IntakeTally = {
  activities: number;
  refused: number;
  refusedBy: Record<string, number>;
  /** What the API said of the first row that was refused with a code, in both languages. */
  reasons: Record<string, string>;
};

type RowAnswer = {
  result: "accepted" | "duplicate" | "refused";
  code?: string;
  detail?: string;
  detailZh?: string;
};

/** Act 1: every platform reports what it knows, in batches, over the public API. */
export async function reportRides(
  stage: Stage,
  rides: Rides,
  say: (text: string) => void,
): Promise<IntakeTally> {
  const tally: IntakeTally = { activities: 0, refused: 0, refusedBy: {}, reasons: {} };
  for (const { platform, reports } of platformReports(rides)) {
    const client = stage.clients[platform as Platform];
    const counts = { accepted: 0, duplicate: 0, refused: 0 };
    for (let first = 0; first < reports.length; first += ROWS_PER_BATCH) {
      const rows = reports.slice(first, first + ROWS_PER_BATCH);
      const { results } = await client.post<{ results: RowAnswer[] }>("/v1/activities", { rows });
      for (const { result, code, detail, detailZh } of results) {
        counts[result] += 1;
        if (result !== "refused") continue;
        const name = code ?? "";
        tally.refusedBy[name] = (tally.refusedBy[name] ?? 0) + 1;
        tally.reasons[name] ??= `${detail} ${detailZh}`;
      }
    }
    tally.activities += reports.length;
    tally.refused += counts.refused;
    say(
      `${platform}: ${reports.length} reports, ${counts.accepted} accepted for now, ` +
        `${counts.duplicate} known already, ${counts.refused} refused`,
    );
  }
  return tally;
}

export type Batch = {
  batchId: string;
  root: string;
  totalMilligrams: string;
  count: string;
  depth: number;
  leafFileHash: string;
  accepted: string;
  duplicates: string;
};

/** Act 2: the period closes; reports that share a fingerprint become one leaf. */
export async function closePeriod(stage: Stage): Promise<Batch> {
  const { applicant } = stage.clients;
  const operation = await applicant.order("close-period", "/v1/periods", {
    sourceId: toHex(stage.script.sourceId),
    ...PERIOD,
  });
  requireDone(operation, "close the period");
  return applicant.get<Batch>(`/v1/batches/${operation.id}`);
}

export type RequestView = {
  requestId: string;
  tokenId: string;
  state: string;
  noticeEnd: number | null;
  issuedGrams: string | null;
  carryAfterMilligrams: string | null;
};

/** Act 3: request, review, filing, notice, issue; each party with its own key. */
export async function issueUnits(stage: Stage, batch: Batch): Promise<IssuedUnits> {
  const { applicant, reviewer, operator, authority } = stage.clients;
  const proposed = await applicant.order("propose", "/v1/issuance-requests", {
    batchId: batch.batchId,
    report: {
      title: "Demonstration monitoring report, Shenzhen taps of 2018-09-01",
      summary: "Made by the demo from published smart-card taps; it stands for no real claim.",
    },
  });
  requireDone(proposed, "propose the request");
  const id = resultOf(proposed, "requestId");
  const route = `/v1/issuance-requests/${id}`;

  const { statement, signature } = await signStatement(stage, id);
  const attested = await reviewer.order("attest", `${route}/statements`, { statement, signature });
  requireDone(attested, "bring the review statement");
  const filed = await operator.order("file", `${route}/filing`, {
    document: { number: "DEMO-FILING-1", date: "2018-10-08" },
  });
  requireDone(filed, "file the request");
  const request = await applicant.get<RequestView>(route);
  await noticeOver(stage, request.noticeEnd ?? 0);
  const issued = await authority.order("issue", `${route}/issue`, {
    document: { number: "DEMO-ISSUE-1", date: "2018-10-22" },
  });
  requireDone(issued, "issue the units");
  const after = await applicant.get<RequestView>(route);
  return { requestId: id, request: after, transactions: { proposed, attested, filed, issued } };
}

export type IssuedUnits = {
  requestId: string;
  request: RequestView;
  transactions: Record<"proposed" | "attested" | "filed" | "issued", OperationView>;
};

type Template = {
  domain: TypedDataDomain;
  types: Record<string, TypedDataField[]>;
  message: Record<string, unknown>;
};

/** The reviewer reads the request as the registry shows it and signs it with its own key. */
async function signStatement(stage: Stage, requestId: string) {
  const reviewer = stage.accounts.reviewer;
  const statement = {
    kind: VERIFICATION,
    favourable: true,
    validUntil: STATEMENT_VALID_UNTIL,
    reviewer,
  };
  const query = new URLSearchParams({
    reviewer,
    kind: String(VERIFICATION),
    favourable: "true",
    validUntil: String(STATEMENT_VALID_UNTIL),
  });
  const { domain, types, message } = await stage.clients.reviewer.get<Template>(
    `/v1/issuance-requests/${requestId}/statement-template?${query}`,
  );
  const { EIP712Domain: _domain, ...own } = types;
  const signature = await stage.reviewerKeys.signTypedData(reviewer, {
    domain,
    types: own,
    value: message,
  });
  return { statement, signature };
}

/** Waits until the chain's own clock is past the notice; ours does not count. */
async function noticeOver(stage: Stage, noticeEnd: number): Promise<void> {
  const provider = new JsonRpcProvider(stage.stack.rpcUrl, undefined, { cacheTimeout: -1 });
  try {
    for (;;) {
      const block = await provider.getBlock("latest");
      if (block && block.timestamp >= noticeEnd) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  } finally {
    provider.destroy();
  }
}

/** What the conference used. Lines whose factor has no source are shown as missing, not invented. */
export const INVENTORY = [
  // Hall and equipment, two days.
  {
    activity: "electricity",
    quantity: "1850",
    unit: "kWh",
    factorId: "electricity-guangdong-2022",
  },
  // 120 participants, 16 km each within the city.
  {
    activity: "localTravel",
    quantity: "1920",
    unit: "person-km",
    factorId: "local-travel-qingdao-2021",
  },
  { activity: "meals", quantity: "240", unit: "meal" },
  { activity: "accommodation", quantity: "60", unit: "night" },
  { activity: "longDistanceTravel", quantity: "18", unit: "flight" },
] as const;

export const DEAL = {
  grams: 2_000_000n,
  priceFenPerTonne: 4_000n,
  retiredGrams: 1_250_000n,
} as const;

const EVENT = {
  name: "Demonstration conference",
  organiser: "Demonstration enterprise",
  place: "Shenzhen",
  first: "2026-11-02",
  end: "2026-11-04",
  boundary: "Venue electricity and local travel of participants",
};

export type Neutrality = {
  transferId: string;
  amountFen: string;
  retirementId: string;
  retiredGrams: bigint;
  certificateId: string;
  inventoryGrams: bigint;
  missingFactors: string[];
  content: string;
  transactions: Record<"transferred" | "retired" | "certified", OperationView>;
};

type CertificateView = { emittedGrams: string; retiredGrams: string; content: string };
type CertificateDocument = { inventory: { factorMissing: { activity: { id: string } }[] } };

/** Act 4: an enterprise buys, retires what its conference emitted, and gets its certificate. */
export async function neutralise(stage: Stage): Promise<Neutrality> {
  const { applicant, enterprise } = stage.clients;
  const { tokenId } = stage.script;
  const transferred = await applicant.order("transfer", "/v1/transfers", {
    tokenId,
    to: stage.accounts.enterprise,
    grams: DEAL.grams.toString(),
    priceFenPerTonne: DEAL.priceFenPerTonne.toString(),
  });
  requireDone(transferred, "transfer the units");
  const retired = await enterprise.order("retire", "/v1/retirements", {
    tokenId,
    grams: DEAL.retiredGrams.toString(),
    purpose: "eventNeutrality",
    beneficiary: { name: EVENT.organiser },
    period: { first: EVENT.first, end: EVENT.end },
  });
  requireDone(retired, "retire the units");
  const retirementId = resultOf(retired, "retirementId");
  const certified = await enterprise.order("certify", "/v1/certificates", {
    retirementIds: [retirementId],
    kind: "neutralitySelfDeclared",
    event: EVENT,
    inventory: INVENTORY,
  });
  requireDone(certified, "issue the certificate");
  const certificateId = resultOf(certified, "certificateId");
  const certificate = await enterprise.get<CertificateView>(`/v1/certificates/${certificateId}`);
  const document = await enterprise.get<CertificateDocument>(`/v1/blobs/${certificate.content}`);
  return {
    transferId: transferred.id,
    amountFen: ((DEAL.grams * DEAL.priceFenPerTonne) / 1_000_000n).toString(),
    retirementId,
    retiredGrams: BigInt(certificate.retiredGrams),
    certificateId,
    inventoryGrams: BigInt(certificate.emittedGrams),
    missingFactors: document.inventory.factorMissing.map(({ activity }) => activity.id),
    content: certificate.content,
    transactions: { transferred, retired, certified },
  };
}

/** Waits until the certificate can no longer be undone; only then its document is rendered. */
export async function documentsFinal(stage: Stage, neutrality: Neutrality): Promise<void> {
  const { enterprise } = stage.clients;
  const { certified, retired } = neutrality.transactions;
  for (const { id } of [retired, certified]) await enterprise.settled(id, "final");
}

function requireDone(operation: OperationView, what: string): void {
  if (["included", "final", "completed"].includes(operation.state)) return;
  const why = operation.refusal
    ? `${operation.refusal.code} ${operation.refusal.detail ?? ""}`
    : "";
  throw new Error(`Could not ${what}: the operation is ${operation.state}. ${why}`.trim());
}

function resultOf(operation: OperationView, name: string): string {
  const value = operation.result?.[name];
  if (value === undefined || value === null) {
    throw new Error(`The operation ${operation.id} (${operation.kind}) tells no ${name}.`);
  }
  return String(value);
}
