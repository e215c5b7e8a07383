import { refuse, succeed } from "../../domain/result.ts";
import { findEpoch } from "../../ledger/closeEpoch.ts";
import { accountOf, requireProgramme } from "../auth.ts";
import { defineCommand } from "../command.ts";
import { transactionOf } from "../idempotency.ts";
import { defineRead } from "../read.ts";
import { uuidField } from "../validation.ts";
import { z } from "../zod.ts";

const programmeField = z.int().min(1).max(4_294_967_295);
const closeBody = z.strictObject({ programme: programmeField }).openapi("CloseEpochBody");
const epochParams = z.strictObject({ id: uuidField });

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
