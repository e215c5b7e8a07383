import type { Pool } from "pg";
import type { PrismaClient } from "../database/prisma.ts";
import type { Cause } from "../domain/accountDonation.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import type { Factor } from "../domain/inventory.ts";
import type { AnyMethodology } from "../domain/methodology/catalogue.ts";
import type { ReviewRules } from "../domain/reviewRules.ts";
import type { Regulation } from "../domain/rules/load.ts";
import type { IntakeKeys } from "../intake/keys.ts";
import type { Logger } from "../platform/logger.ts";
import type { BlobStore } from "../platform/store.ts";
import type { WebhookRules } from "../platform/webhookTarget.ts";
import type { Live } from "./live/live.ts";

/** Which chain and contracts this registry stands on; needed for what reviewers sign. */
export type ApiDeployment = {
  readonly chainId: number;
  /** Address of the Issuance contract, `0x…` lowercase. */
  readonly issuance: string;
};

/** Everything the API stands on; put together once by server/main/api.ts. */
export type ApiDependencies = {
  readonly pool: Pool;
  /** Waiting for changes of the mirror and of operations. */
  readonly live: Live;
  /** Reads of single rows; connected as the same role as the pool. */
  readonly prisma: PrismaClient;
  readonly suite: HashSuite;
  readonly store: BlobStore;
  /** Where files of lines are; they are not published. */
  readonly lines: BlobStore;
  /** Days that issued evidence of a deleted person stays, by programme. */
  readonly retention: ReadonlyMap<number, number>;
  /** What persons may give grams to. */
  readonly causes: readonly Cause[];
  readonly logger: Logger;
  /** Methodologies this process has the text of, by content hash `0x…`. */
  readonly methodologies: ReadonlyMap<string, AnyMethodology>;
  /** Whether demonstration methodologies count here: only where nothing is real. */
  readonly demonstration: boolean;
  readonly factors: ReadonlyMap<string, Factor>;
  /** What programmes look at before they believe a period. */
  readonly reviewRules: readonly ReviewRules[];
  /** Programmes' published rules, checked together. */
  readonly programmeRules: readonly Regulation[];
  /** Undefined: no activities can be taken in here. */
  readonly intake: IntakeKeys | undefined;
  /** Undefined until the contracts are deployed. */
  readonly deployment: () => Promise<ApiDeployment | undefined>;
  /** Account that brings reviewers' signed statements to the chain, `0x…` lowercase. */
  readonly relayAccount: string | undefined;
  readonly webhookRules: WebhookRules;
  /** Unix seconds. */
  readonly now: () => number;
};
