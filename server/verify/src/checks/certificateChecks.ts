import { fromHex, toUint, uintBytes } from "../../../domain/bytes.ts";
import type { HashSuite } from "../../../domain/hashSuite.ts";
import type { CertifiedOnChain, ChainFacts } from "../facts.ts";
import type { Blob } from "../files.ts";
import {
  type Certificate,
  type CertificateDocument,
  certificateDocumentSchema,
} from "../formats.ts";
import { jsonOf } from "../json.ts";
import { type Check, everyOf, type Sentence } from "../report.ts";

/** A published certificate with its document, and which of its retirements the token marks as used. */
export type CertificateCase = {
  certificate: Certificate;
  document: Blob | undefined;
  consumed: ReadonlySet<string>;
};

type CertificateFacts = Pick<ChainFacts, "certificates" | "revoked" | "impaired" | "retired">;

/** uint256(keccak256(abi.encode(holder, retirements, content))). */
export function certificateIdOf(
  suite: HashSuite,
  of: Pick<Certificate, "holder" | "retirements" | "content">,
): bigint {
  return toUint(
    suite.hash(
      uintBytes(BigInt(of.holder), 32),
      // The array lies behind the three words of the head.
      uintBytes(96, 32),
      fromHex(of.content),
      uintBytes(of.retirements.length, 32),
      ...of.retirements.map(fromHex),
    ),
  );
}

const nameOf = ({ certificateId }: Certificate): string => `0x${certificateId.toString(16)}`;

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, place) => item === b[place]);
}

function chainProblem(
  suite: HashSuite,
  here: Certificate,
  facts: CertificateFacts,
): Sentence | undefined {
  const there = facts.certificates.get(here.certificateId);
  const name = nameOf(here);
  if (!there) return [`Certificate ${name} is not on chain.`, `链上没有证书 ${name}。`];
  const names = ["holder", "kind", "retiredGrams", "emittedGrams", "content"] as const;
  const different: string[] = names.filter((member) => here[member] !== there[member]);
  if (!isSameList(here.retirements, there.retirements)) different.push("retirements");
  if (certificateIdOf(suite, here) !== here.certificateId) different.push("certificateId");
  if (different.length > 0) {
    return [
      `Certificate ${name} differs from the chain in ${different.join(", ")}.`,
      `证书 ${name} 的 ${different.join("、")} 与链上不一致。`,
    ];
  }
  if (facts.revoked.has(here.certificateId)) {
    return [`Certificate ${name} was revoked.`, `证书 ${name} 已被撤销。`];
  }
  if ((facts.impaired.get(here.certificateId)?.size ?? 0) > 0) {
    return [
      `Certificate ${name} is impaired: units behind it carry an open debt for double counting.`,
      `证书 ${name} 存在瑕疵：其所依据的减排量有未了结的重复计算责任。`,
    ];
  }
  return undefined;
}

// A certificate's id is the hash of its list, so that it stands on exactly these retirements; the
// token's mark says that they cannot stand in another one.
function consumptionProblem(
  { certificate, consumed }: CertificateCase,
  facts: CertificateFacts,
): Sentence | undefined {
  const name = nameOf(certificate);
  for (const retirement of certificate.retirements) {
    const others = [...facts.certificates.values()].filter(
      (other) =>
        other.certificateId !== certificate.certificateId &&
        !facts.revoked.has(other.certificateId) &&
        other.retirements.includes(retirement),
    );
    if (others.length > 0 || !consumed.has(retirement)) {
      return [
        `Retirement ${retirement} is not used by certificate ${name} alone.`,
        `注销 ${retirement} 并非仅由证书 ${name} 使用。`,
      ];
    }
  }
  return undefined;
}

function coverProblem(here: Certificate, facts: CertificateFacts): Sentence | undefined {
  let grams = 0n;
  for (const retirement of here.retirements) {
    const retired = facts.retired.get(retirement);
    if (retired?.holder !== here.holder) continue;
    for (const { firstSerial, endSerial } of retired.lines) grams += endSerial - firstSerial;
  }
  return grams === here.retiredGrams && grams >= here.emittedGrams
    ? undefined
    : [
        `Certificate ${nameOf(here)} states ${here.retiredGrams} g retired for ${here.emittedGrams} g emitted; its retirements hold ${grams} g.`,
        `证书 ${nameOf(here)} 称注销 ${here.retiredGrams} 克、排放 ${here.emittedGrams} 克；其注销合计 ${grams} 克。`,
      ];
}

function documentProblem({ certificate, document }: CertificateCase): Sentence | undefined {
  const name = nameOf(certificate);
  if (!document) {
    return [
      `The document of certificate ${name} was not published.`,
      `证书 ${name} 的文件未公布。`,
    ];
  }
  return document.isNamed
    ? undefined
    : [
        `The document of certificate ${name} was altered: it no longer has the hash on chain.`,
        `证书 ${name} 的文件已被改动：其哈希与链上不一致。`,
      ];
}

/** Whether the document's figures add up and are those of the certificate and retirements on chain. */
function areSameFigures(
  document: CertificateDocument,
  there: CertifiedOnChain,
  facts: CertificateFacts,
): boolean {
  const { counted, emitted } = document.inventory;
  const countedGrams = counted.reduce((sum, line) => sum + line.emitted.grams, 0n);
  const ids = [...new Set(document.retirements.map(({ retirementId }) => retirementId))];
  const lines = there.retirements.flatMap((id) => facts.retired.get(id)?.lines ?? []);
  return (
    emitted.grams === there.emittedGrams &&
    countedGrams === there.emittedGrams &&
    document.retired.grams === there.retiredGrams &&
    isSameList(ids, there.retirements) &&
    lines.length === document.retirements.length &&
    document.retirements.every((here, place) => {
      const line = lines[place];
      return (
        line !== undefined &&
        here.content === facts.retired.get(here.retirementId)?.content &&
        here.tokenId === line.tokenId &&
        here.serials.first === line.firstSerial &&
        here.serials.end === line.endSerial &&
        here.amount.grams === line.endSerial - line.firstSerial
      );
    })
  );
}

function figuresProblem(
  { certificate, document }: CertificateCase,
  facts: CertificateFacts,
): Sentence | undefined {
  const name = nameOf(certificate);
  const there = facts.certificates.get(certificate.certificateId);
  const parsed = certificateDocumentSchema.safeParse(document && jsonOf(document.bytes));
  if (!parsed.success || !there) {
    return [
      `The document of certificate ${name} cannot be compared with the chain.`,
      `证书 ${name} 的文件无法与链上比对。`,
    ];
  }
  return areSameFigures(parsed.data, there, facts)
    ? undefined
    : [
        `The document of certificate ${name} states other grams or retirements than the chain.`,
        `证书 ${name} 的文件所载克数或注销记录与链上不一致。`,
      ];
}

/** Every published certificate: on chain, its retirements its own, enough of them, its document true. */
export function checkCertificates(
  suite: HashSuite,
  cases: readonly CertificateCase[],
  facts: CertificateFacts,
): Check[] {
  const none: Sentence = ["No certificate was published.", "未公布证书。"];
  return [
    everyOf(
      "certificate.chain",
      cases,
      {
        none,
        good: ["Every certificate is on chain with the same values.", "各证书均在链上，内容一致。"],
      },
      ({ certificate }) => chainProblem(suite, certificate, facts),
    ),
    everyOf(
      "certificate.consumed",
      cases,
      {
        none,
        good: ["No retirement is used by a second certificate.", "没有注销被第二张证书使用。"],
      },
      (item) => consumptionProblem(item, facts),
    ),
    everyOf(
      "certificate.cover",
      cases,
      {
        none,
        good: [
          "Every certificate's retirements cover the emissions it states.",
          "各证书的注销量均不少于其所载排放量。",
        ],
      },
      ({ certificate }) => coverProblem(certificate, facts),
    ),
    everyOf(
      "certificate.document",
      cases,
      {
        none,
        good: [
          "Every certificate's document has the hash on chain.",
          "各证书文件的哈希均与链上一致。",
        ],
      },
      documentProblem,
    ),
    everyOf(
      "certificate.figures",
      cases,
      {
        none,
        good: ["The figures in the documents are those on chain.", "文件所载数字与链上一致。"],
      },
      (item) => figuresProblem(item, facts),
    ),
  ];
}
