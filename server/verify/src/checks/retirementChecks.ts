import { fromHex, toHex, uintBytes } from "../../../domain/bytes.ts";
import type { HashSuite } from "../../../domain/hashSuite.ts";
import type { RetiredOnChain } from "../facts.ts";
import type { Blob } from "../files.ts";
import { type Retirement, retirementDocumentSchema } from "../formats.ts";
import { jsonOf } from "../json.ts";
import { type Check, everyOf, type Sentence } from "../report.ts";

/** keccak256(abi.encode(holder, purpose, content, tokenId, firstSerial, endSerial)), `0x…`. */
export function retirementIdOf(suite: HashSuite, retirement: Omit<Retirement, "retirementId">) {
  return toHex(
    suite.hash(
      uintBytes(BigInt(retirement.holder), 32),
      uintBytes(retirement.purpose, 32),
      fromHex(retirement.content),
      uintBytes(retirement.tokenId, 32),
      uintBytes(retirement.firstSerial, 32),
      uintBytes(retirement.endSerial, 32),
    ),
  );
}

const none: Sentence = ["No retirement was published.", "未公布注销记录。"];

/** A published retirement with the document it commits to, when that was published. */
export type RetirementCase = { retirement: Retirement; document: Blob | undefined };

/** Holders may keep their documents to themselves; those that were published have to be true. */
export function checkRetirementDocuments(cases: readonly RetirementCase[]): Check {
  const published = cases.filter(({ document }) => document !== undefined);
  return everyOf(
    "retirement.document",
    published,
    {
      none: ["No retirement's document was published.", "未公布注销文件。"],
      good: [
        `The documents of ${published.length} of ${cases.length} retirements have the hash and grams on chain.`,
        `${cases.length} 次注销中有 ${published.length} 份文件，其哈希和克数与链上一致。`,
      ],
    },
    ({ retirement, document }) => {
      const parsed = retirementDocumentSchema.safeParse(document && jsonOf(document.bytes));
      const isTrue =
        document?.isNamed === true &&
        parsed.success &&
        parsed.data.tokenId === retirement.tokenId &&
        parsed.data.amount.grams === retirement.endSerial - retirement.firstSerial;
      return isTrue
        ? undefined
        : [
            `The document of retirement ${retirement.retirementId} was altered or states other grams.`,
            `注销 ${retirement.retirementId} 的文件已被改动，或所载克数不符。`,
          ];
    },
  );
}

/** Whether each published retirement has the id its values give, and is on chain with them. */
export function checkRetirements(
  suite: HashSuite,
  retirements: readonly Retirement[],
  onChain: ReadonlyMap<string, RetiredOnChain>,
): Check[] {
  return [
    everyOf(
      "retirement.id",
      retirements,
      {
        none,
        good: [
          `The ids of all ${retirements.length} published retirements follow from their values.`,
          `所公布的 ${retirements.length} 次注销，其编号均可由内容算得。`,
        ],
      },
      (retirement) =>
        retirementIdOf(suite, retirement) === retirement.retirementId
          ? undefined
          : [
              `The values of retirement ${retirement.retirementId} give another id.`,
              `注销 ${retirement.retirementId} 的内容算得的编号不同。`,
            ],
    ),
    everyOf(
      "retirement.chain",
      retirements,
      {
        none,
        good: [
          "Every published retirement is on chain with the same values.",
          "所公布的注销均在链上，内容一致。",
        ],
      },
      (retirement) => differenceOf(retirement, onChain.get(retirement.retirementId)),
    ),
  ];
}

function differenceOf(here: Retirement, there: RetiredOnChain | undefined): Sentence | undefined {
  if (!there) {
    return [
      `Retirement ${here.retirementId} is not on chain.`,
      `链上没有注销 ${here.retirementId}。`,
    ];
  }
  const names = ["holder", "purpose", "content", "tokenId", "firstSerial", "endSerial"] as const;
  const different = names.filter((name) => here[name] !== there[name]);
  if (different.length === 0) return undefined;
  return [
    `Retirement ${here.retirementId} differs from the chain in ${different.join(", ")}.`,
    `注销 ${here.retirementId} 的 ${different.join("、")} 与链上不一致。`,
  ];
}
