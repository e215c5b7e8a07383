/** Most final blocks fetched and applied at once; more costs memory and gains nothing. */
export const RANGE_BLOCKS = 200;

const YOUNG_CHAIN_BLOCKS = 10_000;

/**
 * Where the mirror begins. A chain of our own is mirrored from its genesis, so that a tail it lost can
 * be replayed at the same heights, empty blocks too; on a chain that was old when the contracts came,
 * the blocks before say nothing about the registry.
 */
export function firstBlockOf(deployedBlock: number): number {
  return deployedBlock <= YOUNG_CHAIN_BLOCKS ? 0 : deployedBlock;
}
