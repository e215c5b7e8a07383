import { fromHex, toHex, uintBytes } from "../../../domain/bytes.ts";
import type { HashSuite } from "../../../domain/hashSuite.ts";
import type { RetiredOnChain } from "../facts.ts";
import type { Blob } from "../files.ts";
import { type Retirement, retirementDocumentSchema } from "../formats.ts";
import { jsonOf } from "../json.ts";
import { type Check, everyOf, type Sentence } from "../report.ts";

/**
 * keccak256(abi.encode(holder, purpose, content, tokenId, firstSerial, endSerial)), and of a batch
 * keccak256(abi.encode(holder, purpose, content, keccak256(abi.encode(lines)))); `0x…`.
 */
export function retirementIdOf(suite: HashSuite, retirement: Omit<Retirement, "retirementId">) {
  const { holder, purpose, content, lines } = retirement;
  const about = [uintBytes(BigInt(holder), 32), uintBytes(purpose, 32), fromHex(content)];
  const serialsOf = (line: Pick<Retirement, "tokenId" | "firstSerial" | "endSerial">) => [
    uintBytes(line.tokenId, 32),
    uintBytes(line.firstSerial, 32),
    uintBytes(line.endSerial, 32),
  ];
  if (lines === undefined) return toHex(suite.hash(...about, ...serialsOf(retirement)));
  const words = lines.flatMap((line) => [...serialsOf(line), fromHex(line.beneficiary)]);
  // The array lies behind the one word of the head.
  const linesHash = suite.hash(uintBytes(32, 32), uintBytes(lines.length, 32), ...words);
  return toHex(suite.hash(...about, linesHash));
}

type Line = Pick<Retirement, "tokenId" | "firstSerial" | "endSerial">;

const isSameLine = (a: Line, b: Line): boolean =>
  a.tokenId === b.tokenId && a.firstSerial === b.firstSerial && a.endSerial === b.endSerial;

const none: Sentence = ["No retirement was published.", "未公布注销记录。"];

/** A published retirement with the document it commits to, when that was published. */
export type RetirementCase = { retirement: Retirement; document: Blob | undefined };

/**
 * Holders may keep their documents to themselves; those that were published have to be true. What the
 * document of a batch says is not compared, because one document stands for lines of several ids.
 */
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
        (retirement.lines !== undefined ||
          (parsed.success &&
            parsed.data.tokenId === retirement.tokenId &&
            parsed.data.amount.grams === retirement.endSerial - retirement.firstSerial));
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
  const names = ["holder", "purpose", "content"] as const;
  const different: string[] = names.filter((name) => here[name] !== there[name]);
  const lines = here.lines ?? [here];
  const areSame =
    lines.length === there.lines.length &&
    there.lines.every((line, place) => isSameLine(line, lines[place] as Line)) &&
    lines.some((line) => isSameLine(line, here));
  if (!areSame) different.push("serials");
  if (different.length === 0) return undefined;
  return [
    `Retirement ${here.retirementId} differs from the chain in ${different.join(", ")}.`,
    `注销 ${here.retirementId} 的 ${different.join("、")} 与链上不一致。`,
  ];
}
