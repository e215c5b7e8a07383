import {
  addressField,
  dateField,
  gramsField,
  hashField,
  pageFields,
  textField,
  uuidField,
} from "../validation.ts";
import { z } from "../zod.ts";

const milligrams = z.string().openapi({ description: "Milligrams of CO2e, decimal" });
const hex = z.string().openapi({ description: "Bytes, `0x…`" });
const idOrNull = z.string().nullable();

const lot = z
  .object({
    lotId: z.string(),
    grams: z.string(),
    points: z.string(),
    end: z.string(),
    createdAt: z.string(),
    state: z.enum(["running", "cancelled", "used", "expired"]),
  })
  .openapi("PointsLot");

export const accountSchema = z
  .object({
    participant: z.string(),
    programme: z.number().int(),
    platform: z.string(),
    balances: z.object({
      pending: milligrams.openapi({ description: "Credited by closed periods, not issued" }),
      issued: milligrams.openapi({ description: "In the programme's pool, at one's disposal" }),
      points: milligrams.openapi({ description: "In the pool, locked behind points" }),
      recorded: milligrams.openapi({ description: "Issued to an institution's account" }),
      spent: milligrams.openapi({ description: "Gone with points that were used" }),
      owed: milligrams.openapi({
        description: "Below zero: what a late correction could not take any more",
      }),
    }),
    provisional: z.object({ milligrams, activities: z.number().int() }).openapi({
      description: "Of sealed days whose period is not closed; it may still change",
    }),
    points: z.array(lot),
  })
  .openapi("PersonalAccount");

/** Days of a list about a person. */
export const spanFields = { first: dateField, end: dateField };

export const statementQuery = z.strictObject({ ...spanFields, ...pageFields });
export const statementLine = z
  .object({
    posting: z.string(),
    at: z.string(),
    kind: z.string(),
    compartment: z.string(),
    milligrams: milligrams.openapi({ description: "Gained, or given below zero" }),
    activities: z.number().int(),
    batchId: idOrNull,
    requestId: idOrNull,
    tokenId: idOrNull,
    mandateId: idOrNull,
  })
  .openapi("StatementLine");

export const reduction = z
  .object({
    day: z.string(),
    behaviour: z.string(),
    milligrams,
    credited: z.boolean(),
    batchId: z.string(),
    leafIndex: z.string().nullable(),
    sourceId: z.string(),
    methodology: z.string(),
  })
  .openapi("Reduction");

const head = z.object({
  root: hex,
  totalMilligrams: milligrams,
  count: z.string(),
  depth: z.number().int(),
});
const leaf = z.object({ fingerprint: hex, milligrams, beneficiary: hex, evidence: hex });
const siblings = z.array(z.object({ hash: hex, sum: milligrams }));

export const proofQuery = z.strictObject({
  first: dateField.optional(),
  end: dateField.optional(),
  limit: z
    .string()
    .regex(/^([1-9]|1\d|20)$/)
    .default("20")
    .openapi({ description: "Rides, 1 to 20" }),
});
export const proofSchema = z
  .object({
    epoch: z
      .object({
        epoch: z.string(),
        programme: z.number().int(),
        through: z.string().nullable(),
        fileHash: hex,
        transactionHash: hex,
        blockNumber: z.string(),
        anchoredAt: z.number().int(),
      })
      .nullable(),
    line: z
      .object({
        head,
        index: z.string(),
        leaf,
        siblings,
        opening: z.object({
          participant: hex,
          lineSalt: hex,
          issuedMilligrams: milligrams,
          pointsMilligrams: milligrams,
        }),
      })
      .nullable(),
    rides: z.array(
      z.object({
        batchId: z.string(),
        requestId: z.string().nullable(),
        methodology: hex,
        milligrams,
        index: z.string().nullable(),
        head: head.nullable(),
        leafFileHash: hex.nullable(),
        leaf: leaf.nullable(),
        siblings: siblings.nullable(),
        opening: z
          .object({
            participant: hex,
            beneficiarySalt: hex,
            evidenceSalt: hex,
            evidence: z.object({
              behaviour: z.string(),
              parameterIndex: z.number().int().optional(),
              day: z.string().optional(),
              quantities: z.record(z.string(), z.string()),
            }),
          })
          .nullable(),
      }),
    ),
  })
  .openapi("PersonalProof");

export const consentBody = z
  .strictObject({
    consentId: uuidField,
    purpose: z
      .string()
      .regex(/^[a-z][a-z0-9.-]{0,59}$/)
      .openapi({ description: '"counting" is the one without which nothing is counted' }),
    textHash: hashField,
  })
  .openapi("ConsentBody");
export const consentParams = z.strictObject({ consent: uuidField });
export const consentSchema = z
  .object({
    consentId: z.string(),
    purpose: z.string(),
    textHash: z.string(),
    givenAt: z.string(),
    withdrawnAt: z.string().nullable(),
  })
  .openapi("Consent");

export const choiceBody = z.strictObject({ pool: z.boolean() }).openapi("PoolingChoice");

export const pointsBody = z
  .strictObject({
    lotId: uuidField,
    grams: gramsField.refine((text) => text.length <= 15),
    end: dateField,
  })
  .openapi("PointsBody");
export const lotParams = z.strictObject({ lot: uuidField });

export const mandateBody = z
  .strictObject({
    mandateId: uuidField,
    agent: addressField,
    mostGrams: gramsField.refine((text) => text.length <= 15).optional(),
    ...spanFields,
    textHash: hashField,
  })
  .openapi("MandateBody");
export const mandateParams = z.strictObject({ mandate: uuidField });
export const mandateSchema = z
  .object({
    mandateId: z.string(),
    agent: z.string(),
    mostGrams: z.string().nullable(),
    first: z.string(),
    end: z.string(),
    textHash: z.string(),
    revokedAt: z.string().nullable(),
    movedGrams: z.string(),
  })
  .openapi("Mandate");

export const giveUpBody = z
  .strictObject({ way: z.literal("give-up"), reason: textField(500).optional() })
  .openapi("SettlementBody");
export const deletedSchema = z
  .object({ deleted: z.literal(true), retainedUntil: z.string() })
  .openapi("DeletedPerson");

export const donationSchema = z
  .object({
    donationId: z.string(),
    cause: z.string(),
    grams: z.string(),
    pledgeFen: z.string().openapi({
      description: "What the sponsor owes the cause for it, in fen",
    }),
    at: z.string(),
  })
  .openapi("Donation");

export const exportSchema = z
  .object({
    format: z.literal("tanpu-person/1"),
    exportedAt: z.string(),
    account: accountSchema,
    consents: z.array(consentSchema),
    mandates: z.array(mandateSchema),
    donations: z.array(donationSchema),
    choices: z.array(z.object({ pool: z.boolean(), at: z.string() })),
    benefits: z.array(
      z.object({
        what: z.string(),
        fen: z.string().nullable(),
        documentHash: z.string(),
        at: z.string(),
      }),
    ),
    statement: z.array(statementLine),
    reports: z.array(
      z.object({
        day: z.string(),
        at: z.number().int(),
        behaviour: z.string(),
        milligrams,
        quantities: z.record(z.string(), z.string()),
        batchId: z.string().nullable(),
        credited: z.boolean().nullable(),
        salt: z.string().nullable(),
      }),
    ),
  })
  .openapi("PersonalExport", {
    description: "Everything the registry holds of the person, as one file",
  });
