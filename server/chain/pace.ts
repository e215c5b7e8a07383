/** How many blocks to ask for at once, from what came of it before. */
export interface RangePace {
  /** Blocks to ask for next, at least 1. */
  readonly blocks: number;
  /** The node refused so many blocks: less, and not as much again for a while. */
  refused(blocks: number): void;
  /** So many blocks came, with so many logs and transactions. */
  came(blocks: number, items: number): void;
}

const FIRST_BLOCKS = 20;
/** Logs and transactions of one range, about; what decides how much memory a range takes. */
const WANTED_ITEMS = 6_000;
const MOST_GROWTH = 3;

/**
 * A pace that finds the provider's limit by halving, comes back to it slowly, and keeps a range's content near
 * `wantedItems` however full the blocks are.
 */
export function createPace(wantedItems: number = WANTED_ITEMS): RangePace {
  let blocks = FIRST_BLOCKS;
  let ceiling = Number.POSITIVE_INFINITY;
  return {
    get blocks() {
      return blocks;
    },
    refused: (asked) => {
      ceiling = Math.max(1, Math.floor(asked / 2));
      blocks = ceiling;
    },
    came: (got, items) => {
      if (Number.isFinite(ceiling) && got >= ceiling) ceiling += Math.max(1, ceiling / 20);
      const fitting = items === 0 ? Number.POSITIVE_INFINITY : (got * wantedItems) / items;
      const grown = Math.min(fitting, got * MOST_GROWTH, ceiling);
      // A range that was cut short by its caller says nothing against a longer one.
      if (got >= blocks || fitting < blocks) blocks = Math.max(1, Math.floor(grown));
    },
  };
}
