/** Most final blocks fetched and applied at once; fewer where they are full or the node does not give so many. */
export const RANGE_BLOCKS = 2_000;

const YOUNG_CHAIN_BLOCKS = 10_000;

/**
 * Where the mirror begins. A chain of our own is mirrored from its genesis, so that a tail it lost can
 * be replayed at the same heights, empty blocks too; on a chain that was old when the contracts came,
 * the blocks before say nothing about the registry.
 */
export function firstBlockOf(deployedBlock: number): number {
  return deployedBlock <= YOUNG_CHAIN_BLOCKS ? 0 : deployedBlock;
}
