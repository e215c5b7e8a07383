import { type EventBatch, inChainOrder, lastOfEach } from "./batch.ts";
import { applyRecords, type Records } from "./records.ts";
import { bytes, insertRows, updateRows } from "./rows.ts";

/** The single bits of what one programme recognises of another. */
const bitsOf = (what: number): number[] => [1, 2].filter((bit) => (what & bit) !== 0);

const records: Records = {
  DecidingTierSet: ({ programme, tier }) => [
    { update: "programme", key: { programme }, row: { deciding_tier: tier } },
  ],
  ProgrammePaused: ({ programme, document }, { place, at }) => [
    { insert: "pause", row: { ...place, programme, paused_at: at, document } },
  ],
  ProgrammeResumed: ({ programme }, { at }) => [
    { update: "pause", key: { programme, resumed_at: null }, row: { resumed_at: at } },
  ],
  RecognitionGiven: (told, { place }) =>
    bitsOf(told.what).map((what) => ({
      insert: "recognition",
      row: {
        ...{ ...place, programme: told.programme, other: told.other, what },
        ...{ effective_at: told.effectiveAt, document: told.document },
      },
    })),
  RecognitionEnded: ({ programme, other, what, document }, { at }) =>
    bitsOf(what).map((bit) => ({
      update: "recognition",
      key: { programme, other, what: bit, ended_at: null },
      row: { ended_at: at, end_document: document },
    })),
};

/** Programmes, institution accounts, roles, dated parameters and recognition. */
export async function applyProgrammes(batch: EventBatch): Promise<void> {
  await applyCreated(batch);
  await applyRecords(batch, records);
  await applyAccounts(batch);
  await applyRoles(batch);
  await insertRows(
    batch.client,
    "parameter",
    {
      block_number: "bigint",
      log_index: "integer",
      programme: "bigint",
      key: "bytea",
      value: "numeric",
      effective_at: "numeric",
      document: "bytea",
    },
    batch
      .named("ParameterSet")
      .map(({ blockNumber, logIndex, arguments: set }) => [
        blockNumber,
        logIndex,
        set.programme,
        bytes(set.key),
        set.value,
        set.effectiveAt,
        bytes(set.document),
      ]),
  );
}

async function applyCreated(batch: EventBatch): Promise<void> {
  await insertRows(
    batch.client,
    "programme",
    {
      programme: "bigint",
      parent: "bigint",
      tier: "smallint",
      authority: "bytea",
      institution: "bytea",
      document: "bytea",
      block_number: "bigint",
      created_at: "bigint",
    },
    batch
      .named("ProgrammeCreated")
      .map((event) => [
        event.arguments.programme,
        event.arguments.parent === 0 ? null : event.arguments.parent,
        event.arguments.tier,
        bytes(event.arguments.authority),
        bytes(event.arguments.institution),
        bytes(event.arguments.document),
        event.blockNumber,
        batch.timeOf(event),
      ]),
  );
  const pauses = inChainOrder(batch, "ProgrammePaused", "ProgrammeResumed");
  await updateRows(
    batch.client,
    "programme AS p",
    { set: "paused = fresh.paused", where: "p.programme = fresh.programme" },
    { programme: "bigint", paused: "boolean" },
    lastOfEach(pauses, (event) => String(event.arguments.programme)).map((event) => [
      event.arguments.programme,
      event.name === "ProgrammePaused",
    ]),
  );
}

async function applyAccounts(batch: EventBatch): Promise<void> {
  await insertRows(
    batch.client,
    "account",
    {
      account: "bytea",
      programme: "bigint",
      institution: "bytea",
      standing: "smallint",
      document: "bytea",
      block_number: "bigint",
      opened_at: "bigint",
    },
    batch
      .named("AccountOpened")
      .map((event) => [
        bytes(event.arguments.account),
        event.arguments.programme,
        bytes(event.arguments.institution),
        1,
        bytes(event.arguments.document),
        event.blockNumber,
        batch.timeOf(event),
      ]),
  );
  const changes = lastOfEach(
    batch.named("AccountStandingChanged"),
    (event) => event.arguments.account,
  );
  await updateRows(
    batch.client,
    "account AS a",
    { set: "standing_document = fresh.document", where: "a.account = fresh.account" },
    { account: "bytea", document: "bytea" },
    changes.map(({ arguments: change }) => [bytes(change.account), bytes(change.document)]),
  );
  await applyStandings(batch);
}

/**
 * The bits themselves come from the token, which alone knows all of them: whether an account is guarded
 * or partly frozen is not told by Programmes. The registry's own contracts have bits and no account.
 */
async function applyStandings(batch: EventBatch): Promise<void> {
  const standings = lastOfEach(batch.named("StandingSet"), (event) => event.arguments.account);
  if (standings.length === 0) return;
  await batch.client.query(
    `UPDATE account AS a SET standing = fresh.standing
     FROM unnest($1::bytea[], $2::smallint[]) AS fresh (account, standing)
     WHERE a.account = fresh.account`,
    [
      standings.map((event) => bytes(event.arguments.account)),
      standings.map((event) => event.arguments.standing),
    ],
  );
}

/** A role can be granted, revoked and granted again, so these go in one by one, in order. */
async function applyRoles(batch: EventBatch): Promise<void> {
  for (const event of inChainOrder(batch, "RoleGranted", "RoleRevoked")) {
    const { programme, role, account, document } = event.arguments;
    if (event.name === "RoleGranted") {
      await batch.client.query(
        `INSERT INTO role_grant (block_number, log_index, programme, role, account, effective_at, document)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [
          event.blockNumber,
          event.logIndex,
          programme,
          role,
          bytes(account),
          event.arguments.effectiveAt,
          bytes(document),
        ],
      );
    } else {
      await batch.client.query(
        `UPDATE role_grant SET revoked_at = $4, revocation_document = $5
         WHERE programme = $1 AND role = $2 AND account = $3 AND revoked_at IS NULL`,
        [programme, role, bytes(account), batch.timeOf(event), bytes(document)],
      );
    }
  }
}
