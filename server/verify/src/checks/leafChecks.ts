import { compareBytes, toHex, toUint } from "../../../domain/bytes.ts";
import type { HashSuite } from "../../../domain/hashSuite.ts";
import { type LeafFile, parseLeafFile } from "../../../domain/leafFile.ts";
import { buildTree, depthOf, LEAF_BYTES, type SumTree } from "../../../domain/sumTree.ts";
import type { Proposal } from "../facts.ts";
import type { Blob } from "../files.ts";
import { type Check, fail, notProvable, pass } from "../report.ts";

/** The checks of a leaf file, with its tree when one could be built. */
export type LeafChecks = { checks: Check[]; file?: LeafFile; tree?: SumTree };

type LeafRecord = { day: number; milligrams: bigint };

function recordOf(records: Uint8Array, index: number): LeafRecord {
  const at = index * LEAF_BYTES;
  return {
    day: Number(toUint(records.subarray(at, at + 4))),
    milligrams: toUint(records.subarray(at + 32, at + 40)),
  };
}

function checkOrder(records: Uint8Array, count: number): Check {
  for (let index = 1; index < count; index++) {
    const at = index * LEAF_BYTES;
    const before = records.subarray(at - LEAF_BYTES, at - LEAF_BYTES + 32);
    if (compareBytes(before, records.subarray(at, at + 32)) >= 0) {
      return fail("leaves.order", [
        `Leaf ${index} does not follow leaf ${index - 1}: a fingerprint stands twice or out of order.`,
        `第 ${index} 个叶子未按顺序排在第 ${index - 1} 个之后：指纹重复或乱序。`,
      ]);
    }
  }
  return pass("leaves.order", [
    `All ${count} fingerprints ascend, so none stands twice.`,
    `全部 ${count} 个指纹严格递增，没有重复。`,
  ]);
}

function checkFigures({ header, records }: LeafFile, proposal: Proposal): Check[] {
  const { count } = header;
  let totalMilligrams = 0n;
  for (let index = 0; index < count; index++) {
    totalMilligrams += recordOf(records, index).milligrams;
  }
  const isCounted =
    count === proposal.count && header.depth === proposal.depth && depthOf(count) === header.depth;
  const isSame =
    header.root === proposal.root &&
    header.totalMilligrams === proposal.totalMilligrams.toString() &&
    header.sourceId === proposal.sourceId &&
    header.first === proposal.firstDay &&
    header.end === proposal.endDay;
  return [
    isCounted
      ? pass("leaves.count", [
          `The file has ${count} leaves at depth ${header.depth}, as the chain says.`,
          `文件含 ${count} 个叶子，树深 ${header.depth}，与链上一致。`,
        ])
      : fail("leaves.count", [
          `The file has ${count} leaves at depth ${header.depth}; the chain says ${proposal.count} at ${proposal.depth}.`,
          `文件含 ${count} 个叶子、树深 ${header.depth}；链上为 ${proposal.count} 个、树深 ${proposal.depth}。`,
        ]),
    totalMilligrams === proposal.totalMilligrams
      ? pass("leaves.sum", [
          `The leaves add up to ${totalMilligrams} mg, the total on chain.`,
          `各叶子合计 ${totalMilligrams} 毫克，与链上总量一致。`,
        ])
      : fail("leaves.sum", [
          `The leaves add up to ${totalMilligrams} mg; the chain says ${proposal.totalMilligrams} mg.`,
          `各叶子合计 ${totalMilligrams} 毫克；链上为 ${proposal.totalMilligrams} 毫克。`,
        ]),
    isSame
      ? pass("leaves.header", [
          "The file's first line states the request's source, period, root and total.",
          "文件首行所载来源、监测期、根和总量与申请一致。",
        ])
      : fail("leaves.header", [
          "The file's first line states another source, period, root or total than the request.",
          "文件首行所载来源、监测期、根或总量与申请不一致。",
        ]),
  ];
}

function checkLeaves(
  { header, records }: LeafFile,
  proposal: Proposal,
  capMilligrams: bigint,
): Check[] {
  let outside = -1;
  let above = -1;
  for (let index = 0; index < header.count; index++) {
    const { day, milligrams } = recordOf(records, index);
    // Entries without grams may carry the day beside the period: their bucket begins there.
    const isOutside = day < proposal.firstDay || day >= proposal.endDay;
    if (outside === -1 && milligrams > 0n && isOutside) outside = index;
    if (above === -1 && capMilligrams > 0n && milligrams > capMilligrams) above = index;
  }
  const cap: Check =
    capMilligrams === 0n
      ? notProvable("leaves.cap", [
          "The methodology sets no cap for one activity.",
          "该方法学未规定单次行为的上限。",
        ])
      : above === -1
        ? pass("leaves.cap", [
            `No leaf carries more than the methodology's ${capMilligrams} mg.`,
            `没有叶子超过方法学规定的 ${capMilligrams} 毫克上限。`,
          ])
        : fail("leaves.cap", [
            `Leaf ${above} carries more than the methodology's ${capMilligrams} mg.`,
            `第 ${above} 个叶子超过方法学规定的 ${capMilligrams} 毫克上限。`,
          ]);
  const period =
    outside === -1
      ? pass("leaves.period", [
          "Every leaf with milligrams lies in the monitoring period.",
          "所有含减排量的叶子均在监测期内。",
        ])
      : fail("leaves.period", [
          `Leaf ${outside} carries milligrams of a day outside the monitoring period.`,
          `第 ${outside} 个叶子的减排量不在监测期内。`,
        ]);
  return [period, cap];
}

function checkRoot(tree: SumTree | undefined, proposal: Proposal): Check {
  if (tree && toHex(tree.root) === proposal.root) {
    return pass("leaves.root", [
      "The tree built from the leaves has the root on chain.",
      "由叶子重建的树，其根与链上一致。",
    ]);
  }
  return fail("leaves.root", [
    tree
      ? `The tree built from the leaves has the root ${toHex(tree.root)}, not the one on chain.`
      : "No tree can be built from the leaves as they stand.",
    tree ? `由叶子重建的树，其根为 ${toHex(tree.root)}，与链上不一致。` : "无法由这些叶子重建树。",
  ]);
}

/** Everything a leaf file can be asked: hash, order, counts, sums, root, days and cap. */
export function checkLeafFile(
  suite: HashSuite,
  blob: Blob | undefined,
  proposal: Proposal,
  capMilligrams: bigint,
): LeafChecks {
  if (!blob) {
    return {
      checks: [
        fail("leaves.hash", [
          `The leaf file ${proposal.leafFileHash} was not published.`,
          `叶子文件 ${proposal.leafFileHash} 未公布。`,
        ]),
      ],
    };
  }
  const hash = blob.isNamed
    ? pass("leaves.hash", ["The leaf file has the hash on chain.", "叶子文件的哈希与链上一致。"])
    : fail("leaves.hash", [
        "The leaf file was altered: it no longer has the hash on chain.",
        "叶子文件已被改动：其哈希与链上不一致。",
      ]);
  const file = parseLeafFile(blob.bytes);
  if (!file.ok) {
    const form = fail("leaves.header", ["The leaf file has another form.", "叶子文件的格式不符。"]);
    return { checks: [hash, form] };
  }
  const built = buildTree(suite, file.value.records);
  const tree = built.ok ? built.value : undefined;
  const checks = [
    hash,
    checkOrder(file.value.records, file.value.header.count),
    ...checkFigures(file.value, proposal),
    ...checkLeaves(file.value, proposal, capMilligrams),
    checkRoot(tree, proposal),
  ];
  return tree ? { checks, file: file.value, tree } : { checks, file: file.value };
}
