import { refuse, succeed } from "../../domain/result.ts";
import { findEpoch } from "../../ledger/closeEpoch.ts";
import { leavingKinds } from "../../ledger/leavePool.ts";
import { accountOf, requireProgramme } from "../auth.ts";
import { defineCommand } from "../command.ts";
import { exampleOf } from "../examples.ts";
import { transactionOf } from "../idempotency.ts";
import { defineRead } from "../read.ts";
import {
  addressField,
  gramsField,
  hashField,
  textField,
  tokenIdField,
  uuidField,
} from "../validation.ts";
import { z } from "../zod.ts";

const programmeField = z.int().min(1).max(4_294_967_295);
const closeBody = z.strictObject({ programme: programmeField }).openapi("CloseEpochBody");
const epochParams = z.strictObject({ id: uuidField });

const departureBody = z
  .strictObject({
    programme: programmeField,
    holder: z.strictObject({ kind: z.enum(leavingKinds), name: textField(200) }),
    grams: gramsField.refine((text) => text.length <= 15),
  })
  .openapi("PoolDepartureBody");
const withdrawalBody = z
  .strictObject({
    programme: programmeField,
    to: addressField,
    tokenId: tokenIdField,
    grams: gramsField,
    documentHash: hashField,
  })
  .openapi("PoolWithdrawalBody");
const retirementBody = z
  .strictObject({
    programme: programmeField,
    tokenId: tokenIdField,
    grams: gramsField,
    purpose: z.int().min(1).max(255),
    contentHash: hashField,
  })
  .openapi("PoolRetirementBody");

const epochSchema = z
  .object({
    epochId: z.string(),
    programme: z.number().int(),
    through: z.string().openapi({ description: "The last posting it holds" }),
    root: z.string(),
    totalMilligrams: z.string(),
    count: z.string(),
    depth: z.number().int(),
    fileHash: z.string(),
    anchored: z
      .object({ epoch: z.string(), transactionHash: z.string(), blockNumber: z.string() })
      .nullable(),
  })
  .openapi("Epoch");

const notFound = (id: string) => refuse("NOT_FOUND", { values: { what: "epoch", id } });

export const epochRoutes = [
  defineCommand({
    path: "/v1/epochs",
    action: "epoch.close",
    tag: "Personal accounts",
    summary: "Close an epoch: all personal lines become a tree 个人账户期末关账",
    description:
      "The operation's id names the epoch, which is then anchored. Closing does not stop postings; what comes later is in the next epoch.",
    body: closeBody,
    example: { programme: 1 },
    prepare: async ({ caller, body }) => {
      const own = requireProgramme(caller, body.programme);
      if (!own.ok) return own;
      const { programme } = body;
      const lane = `epoch:${programme}`;
      return succeed({ kind: "close-epoch", lane, signer: null, body: { programme } });
    },
  }),
  defineCommand({
    path: "/v1/epochs/{id}/anchor",
    action: "epoch.anchor",
    tag: "Personal accounts",
    summary: "Anchor a closed epoch to the pool 将个人账户期末状态锚定上链",
    description:
      "The contract refuses what the pool does not hold, part grams and a wrong shape; the operation then says so.",
    params: epochParams,
    refusals: ["NOT_FOUND", "ACCOUNT_MISMATCH", "PROGRAMME_MISMATCH"],
    prepare: async ({ caller, params }, { pool }) => {
      const epoch = await findEpoch(pool, params.id);
      if (!epoch) return notFound(params.id);
      const own = requireProgramme(caller, epoch.programme);
      if (!own.ok) return own;
      const account = accountOf(caller);
      if (!account.ok) return account;
      const { programme, root, totalMilligrams, count, depth, fileHash } = epoch;
      return succeed(
        transactionOf("anchor-epoch", account.value, {
          ...{ programme, root, depth, fileHash, count: String(count) },
          totalMilligrams: totalMilligrams.toString(),
          record: { epochId: params.id },
        }),
      );
    },
  }),
  defineCommand({
    path: "/v1/pool/departures",
    action: "pool.move",
    tag: "Personal accounts",
    summary: "Take an institution's grams off the pool's lines 将机构减排量移出个人碳池账目",
    description:
      "Of a platform that pooled, an owner, an agent, or what was given up to the programme; never a person's. The next epoch is lower by so much; when it is anchored, the units can be withdrawn or retired.",
    body: departureBody,
    example: { programme: 1, holder: { kind: "platform", name: "bike-app" }, grams: "1000" },
    prepare: async ({ caller, body }) => {
      const own = requireProgramme(caller, body.programme);
      if (!own.ok) return own;
      return succeed({ kind: "leave-pool", lane: `epoch:${body.programme}`, signer: null, body });
    },
  }),
  defineCommand({
    path: "/v1/pool/withdrawals",
    action: "pool.move",
    tag: "Personal accounts",
    summary: "Transfer units out of the pool 从个人碳池划出减排量",
    description: "Never below what the last epoch owes, and not to the operator's own institution.",
    body: withdrawalBody,
    example: {
      programme: 1,
      to: exampleOf.account,
      tokenId: exampleOf.tokenId,
      grams: "1000",
      documentHash: exampleOf.hash,
    },
    refusals: ["ACCOUNT_MISMATCH", "PROGRAMME_MISMATCH"],
    prepare: async ({ caller, body }) => {
      const own = requireProgramme(caller, body.programme);
      if (!own.ok) return own;
      const account = accountOf(caller);
      if (!account.ok) return account;
      const { documentHash: document, ...rest } = body;
      return succeed(transactionOf("pool-withdraw", account.value, { ...rest, document }));
    },
  }),
  defineCommand({
    path: "/v1/pool/retirements",
    action: "pool.move",
    tag: "Personal accounts",
    summary: "Retire units of the pool 注销个人碳池中的减排量",
    description:
      "Such as those behind points that were used; never below what the last epoch owes.",
    body: retirementBody,
    example: {
      programme: 1,
      tokenId: exampleOf.tokenId,
      grams: "1000",
      purpose: 6,
      contentHash: exampleOf.hash,
    },
    refusals: ["ACCOUNT_MISMATCH", "PROGRAMME_MISMATCH"],
    prepare: async ({ caller, body }) => {
      const own = requireProgramme(caller, body.programme);
      if (!own.ok) return own;
      const account = accountOf(caller);
      if (!account.ok) return account;
      const { contentHash: content, ...rest } = body;
      return succeed(transactionOf("pool-retire", account.value, { ...rest, content }));
    },
  }),
  defineRead({
    path: "/v1/epochs/{id}",
    tag: "Personal accounts",
    summary: "A closed epoch: root, total and count 个人账户期末状态",
    params: epochParams,
    answer: "The epoch; `anchored` is null until the chain has it",
    schema: epochSchema,
    refusals: ["NOT_FOUND"],
    find: async ({ params }, { pool }) => {
      const epoch = await findEpoch(pool, params.id);
      if (!epoch) return notFound(params.id);
      const { rows } = await pool.query<{
        epoch: bigint;
        transaction_hash: Buffer;
        block_number: bigint;
      }>(
        "SELECT epoch, transaction_hash, block_number FROM mirror.pool_epoch WHERE programme = $1 AND file_hash = $2",
        [epoch.programme, Buffer.from(epoch.fileHash.slice(2), "hex")],
      );
      const anchored = rows[0];
      return succeed({
        ...epoch,
        through: epoch.through.toString(),
        totalMilligrams: epoch.totalMilligrams.toString(),
        count: String(epoch.count),
        anchored: anchored
          ? {
              epoch: anchored.epoch.toString(),
              transactionHash: `0x${anchored.transaction_hash.toString("hex")}`,
              blockNumber: anchored.block_number.toString(),
            }
          : null,
      });
    },
  }),
];
