import { z } from "zod";

/*
 * The forms of the published files. Everything is read without being believed; what a hash or an id
 * may look like is decided here, because hashes become names of files.
 */

const bytes32 = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .toLowerCase();
const bytes16 = z
  .string()
  .regex(/^0x[0-9a-fA-F]{32}$/)
  .toLowerCase();
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .toLowerCase();
const wholeNumber = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/)
  .transform((digits) => BigInt(digits));
const uint256 = z
  .string()
  .regex(/^(0x[0-9a-fA-F]{1,64}|0|[1-9]\d{0,77})$/)
  .transform((digits) => BigInt(digits));

const contract = z.object({ address, codeHash: bytes32 });

/** DIR/manifest.json: which chain, and which code stands where. */
export const manifestSchema = z.object({
  chainId: z.int().min(1),
  genesisHash: bytes32,
  deployedBlock: z.int().min(0),
  contracts: z.object({
    accessManager: contract,
    programmes: contract,
    sources: contract,
    issuance: contract,
    reductionToken: contract,
    certificate: contract,
    accountGuard: contract,
    freezes: contract,
    corrections: contract,
    doubleCount: contract,
    settlement: contract,
    pledge: contract,
    poolReserve: contract,
  }),
});
export type Manifest = z.output<typeof manifestSchema>;
export type ContractName = keyof Manifest["contracts"];

const retirementLineSchema = z.object({
  tokenId: uint256,
  firstSerial: wholeNumber,
  endSerial: wholeNumber,
  beneficiary: bytes32,
});

/** One line of a retirement; of a batch (one record of several lines) with the lines of all of it. */
const retirementSchema = z.object({
  retirementId: bytes32,
  holder: address,
  purpose: z.int().min(0).max(255),
  content: bytes32,
  tokenId: uint256,
  firstSerial: wholeNumber,
  endSerial: wholeNumber,
  lines: z.array(retirementLineSchema).min(1).optional(),
});
export type Retirement = z.output<typeof retirementSchema>;

const certificateSchema = z.object({
  certificateId: uint256,
  holder: address,
  retirements: z.array(bytes32),
  retiredGrams: wholeNumber,
  emittedGrams: wholeNumber,
  kind: z.int().min(0).max(255),
  content: bytes32,
});
export type Certificate = z.output<typeof certificateSchema>;

/** DIR/tokens/*.json: what a token id rests on and what became of its grams. */
export const bundleSchema = z.object({
  format: z.literal("tanpu-bundle/1"),
  suite: z.literal("keccak"),
  tokenId: uint256,
  requestId: z.union([wholeNumber, z.int().min(1).transform(BigInt)]),
  sourceId: bytes32,
  assetKey: bytes32,
  methodologyHash: bytes32,
  leafFileHash: bytes32,
  reportHash: bytes32,
  retirements: z.array(retirementSchema),
  certificates: z.array(certificateSchema),
});
export type Bundle = z.output<typeof bundleSchema>;

const rideReportSchema = z.object({
  platform: z.string().min(1),
  carrier: z.string(),
  card: z.string(),
  at: z.int().min(0),
});
export type RideReport = z.output<typeof rideReportSchema>;

const quantities = z.record(z.string(), z.string());

/** DIR/rides/*.json: one ride of the demonstration with its openings and the published key. */
export const rideSchema = z.object({
  format: z.literal("tanpu-ride/1"),
  demonstration: z.literal(true),
  tokenId: uint256,
  commonKey: bytes32,
  windowSeconds: z.int().min(2).max(86_400).multipleOf(2),
  reports: z.array(rideReportSchema).min(1),
  leafIndex: z.int().min(0),
  salts: z.object({ beneficiary: bytes32, evidence: bytes32 }),
  participant: bytes16,
  /** Of a methodology of the first form with its parameter, of one with formulas with the day. */
  evidence: z.union([
    z.strictObject({
      behaviour: z.string(),
      parameterIndex: z.int().min(0),
      day: z.undefined().optional(),
      quantities,
    }),
    z.strictObject({
      behaviour: z.string(),
      parameterIndex: z.undefined().optional(),
      day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
      quantities,
    }),
  ]),
  milligrams: wholeNumber,
});
export type Ride = z.output<typeof rideSchema>;

const amount = z.object({ grams: wholeNumber });

/** The members of a certificate's document that repeat the chain; the others are for people. */
export const certificateDocumentSchema = z.object({
  format: z.literal("tanpu-neutrality-certificate/1"),
  inventory: z.object({
    counted: z.array(z.object({ emitted: amount })),
    emitted: amount,
  }),
  retirements: z.array(
    z.object({
      retirementId: bytes32,
      tokenId: uint256,
      amount,
      serials: z.object({ first: wholeNumber, end: wholeNumber }),
      content: bytes32,
    }),
  ),
  retired: amount,
});
export type CertificateDocument = z.output<typeof certificateDocumentSchema>;

/** The members of a retirement's document that repeat the chain. */
export const retirementDocumentSchema = z.object({
  format: z.literal("tanpu-retirement/1"),
  tokenId: uint256,
  amount,
});
