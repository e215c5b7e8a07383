import { documentSchema } from "../documents.ts";
import { periodSchema } from "../periods/schema.ts";
import {
  addressField,
  hashField,
  pageFields,
  requestIdField,
  textField,
  tokenIdField,
  uuidField,
} from "../validation.ts";
import { z } from "../zod.ts";

export const requestParams = z.strictObject({ id: requestIdField });

export const objectionParams = z.strictObject({
  id: requestIdField,
  index: z
    .string()
    .regex(/^(0|[1-9]\d{0,8})$/)
    .openapi({ description: "Running number of the objection, from 0" }),
});

export const requestStates = [
  "proposed",
  "filed",
  "issued",
  "rejected",
  "withdrawn",
  "expired",
  "fallen",
] as const;

export const requestQuery = z.strictObject({
  tokenId: tokenIdField.optional(),
  sourceId: hashField.optional(),
  state: z.enum(requestStates).optional(),
  ...pageFields,
});

export const proposalBody = z
  .strictObject({
    batchId: uuidField.openapi({
      description: "Id of the batch, which is that of the close-period operation",
    }),
    report: z
      .object({ title: textField(300), summary: textField(20_000) })
      .catchall(z.string().max(20_000))
      .openapi({
        description:
          "Monitoring report in free text members. It is published with the batch's figures; write no personal data.",
      }),
  })
  .openapi("ProposalBody");

/** Kinds of review statements; the numbers are the contract's. */
export const statementKinds = { validation: 1, verification: 2, technical: 3 } as const;

const kindField = z
  .union([z.enum(["validation", "verification", "technical"]), z.int().min(1).max(3)])
  .transform((kind) => (typeof kind === "number" ? kind : statementKinds[kind]))
  .openapi({
    description: "1 validation 审定, 2 verification 核查, 3 technical 技术论证",
    enum: ["validation", "verification", "technical", 1, 2, 3],
  });

const wholeText = z
  .union([z.int().nonnegative(), z.string().regex(/^\d{1,19}$/)])
  .transform(String)
  .openapi({ description: "Unix seconds", type: "string", pattern: "^\\d{1,19}$" });

export const statementBody = z
  .strictObject({
    statement: z.strictObject({
      kind: kindField,
      favourable: z.boolean(),
      validUntil: wholeText,
      reviewer: addressField,
    }),
    signature: z
      .string()
      .regex(/^0x([0-9a-fA-F]{2}){65,2048}$/)
      .openapi({ description: "EIP-712 signature of the reviewer, or of its contract (ERC-1271)" }),
  })
  .openapi("StatementBody");

export const templateQuery = z.strictObject({
  reviewer: addressField,
  kind: z.enum(["validation", "verification", "technical", "1", "2", "3"]),
  validUntil: z.string().regex(/^\d{1,19}$/),
  favourable: z.enum(["true", "false"]).default("true"),
});

export const typedDataSchema = z
  .object({
    domain: z.object({
      name: z.string(),
      version: z.string(),
      chainId: z.number().int(),
      verifyingContract: z.string(),
    }),
    types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
    primaryType: z.string(),
    message: z.record(z.string(), z.unknown()),
  })
  .openapi("TypedData", { description: "EIP-712 typed data, ready to sign" });

export const filingBody = z
  .strictObject({
    document: documentSchema,
    noticeEnd: wholeText.optional(),
  })
  .openapi("FilingBody", {
    description:
      "noticeEnd: unix seconds; the contract keeps at least the programme's notice, counted from the block.",
  });
export const objectionDecisionBody = z
  .strictObject({
    upheld: z
      .boolean()
      .openapi({ description: "true 成立: the request is rejected; false 不成立" }),
    document: documentSchema,
  })
  .openapi("ObjectionDecisionBody");
export const emptyBody = z.strictObject({});

const seconds = z.number().int().nullable();
const textOrNull = z.string().nullable();

export const requestSchema = z
  .object({
    requestId: z.string(),
    tokenId: z.string(),
    sourceId: z.string(),
    programme: z.number().int(),
    methodology: z.number().int(),
    applicant: z.string(),
    firstDay: z.number().int(),
    endDay: z.number().int(),
    period: periodSchema,
    root: z.string(),
    totalMilligrams: z.string(),
    count: z.string(),
    depth: z.number().int(),
    hashSuite: z.number().int(),
    leafFileHash: z.string(),
    reportHash: z.string(),
    state: z.enum(requestStates),
    proposedAt: z.number().int(),
    filedAt: seconds,
    filingDocument: textOrNull,
    noticeEnd: seconds,
    forwardedAt: seconds,
    forwardingDocument: textOrNull,
    decidedAt: seconds,
    decisionDocument: textOrNull,
    owner: textOrNull,
    issuedGrams: textOrNull,
    carryBeforeMilligrams: textOrNull,
    carryAfterMilligrams: textOrNull,
    deductedMilligrams: z
      .string()
      .openapi({ description: "What challenges took off so far 已扣减量" }),
    holds: z.number().int().openapi({
      description: "Open demands to show leaves; nothing is issued while there is one",
    }),
    transactionHash: z.string(),
    decisionTransactionHash: textOrNull,
    blockNumber: z.number().int(),
  })
  .openapi("IssuanceRequest");

export const statementSchema = z
  .object({
    reviewer: z.string(),
    institution: z.string(),
    kind: z.number().int(),
    favourable: z.boolean(),
    validUntil: z.string(),
    digest: z.string(),
    transactionHash: z.string(),
    attestedAt: z.number().int(),
  })
  .openapi("Statement");

export const objectionSchema = z
  .object({
    index: z.number().int(),
    objector: z.string(),
    document: z.string(),
    upheld: z.boolean().nullable(),
    decisionDocument: textOrNull,
    objectedAt: z.number().int(),
  })
  .openapi("Objection");

export const requestDetailSchema = requestSchema
  .extend({ statements: z.array(statementSchema), objections: z.array(objectionSchema) })
  .openapi("IssuanceRequestDetail");
