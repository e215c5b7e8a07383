import type { ChainIdentity } from "../chain.ts";
import type { ContractName, Manifest } from "../formats.ts";
import { type Check, fail, pass } from "../report.ts";

/** Whether the node shows the chain and the code that the manifest names. */
export function checkIdentity(manifest: Manifest, chain: ChainIdentity): Check[] {
  const altered = (Object.keys(manifest.contracts) as ContractName[]).filter(
    (name) => manifest.contracts[name].codeHash !== chain.codeHashes[name],
  );
  return [
    manifest.chainId === chain.chainId
      ? pass("chain.id", [
          `The node serves chain ${chain.chainId}, as published.`,
          `节点提供的链编号为 ${chain.chainId}，与公布的一致。`,
        ])
      : fail("chain.id", [
          `The node serves chain ${chain.chainId}, but chain ${manifest.chainId} was published.`,
          `节点提供的链编号为 ${chain.chainId}，公布的却是 ${manifest.chainId}。`,
        ]),
    manifest.genesisHash === chain.genesisHash
      ? pass("chain.genesis", [
          "The chain begins with the published first block.",
          "链的创世区块与公布的一致。",
        ])
      : fail("chain.genesis", [
          `The chain begins with block ${chain.genesisHash}, not with the published one.`,
          `链的创世区块为 ${chain.genesisHash}，与公布的不一致。`,
        ]),
    altered.length === 0
      ? pass("chain.code", [
          "Every contract has the published code.",
          "各合约的代码均与公布的一致。",
        ])
      : fail("chain.code", [
          `These contracts have other code than published: ${altered.join(", ")}.`,
          `下列合约的代码与公布的不一致：${altered.join("、")}。`,
        ]),
  ];
}
