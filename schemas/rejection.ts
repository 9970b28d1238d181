/**
 * The closed list of reasons for which a record is not accepted. Codes are part of the ledger leaf (docs/formats.md#leaf):
 * never reuse or renumber one.
 * 1–99: decided by the record's own bytes, at ingest or, when its schema is a registered one, at close. 100 and above: at close.
 */
export const REJECTION_REASONS = {
  // Ingest: the envelope.
  RECORD_TOO_LARGE: 1,
  VALUE_MISSING: 2,
  HEADER_MISSING: 3,
  HEADER_INVALID: 4,
  // Ingest: the wire format and Avro.
  WIRE_FORMAT_INVALID: 10,
  SCHEMA_UNKNOWN: 11,
  AVRO_INVALID: 12,
  TYPE_MISMATCH: 13,
  TOPIC_MISMATCH: 14,
  // Ingest: ranges.
  AMOUNT_NEGATIVE: 20,
  AMOUNT_TOO_LARGE: 21,
  FIELD_INVALID: 22,
  FEATURE_OUT_OF_RANGE: 23,
  SHARES_INVALID: 24,
  ROYALTY_EXCEEDED: 25,
  // Close: identity and authority.
  ID_REUSED: 100,
  SOURCE_UNKNOWN: 101,
  TYPE_NOT_PERMITTED: 102,
  SIGNATURE_INVALID: 103,
  // Close: references.
  ASSET_EXISTS: 110,
  ASSET_UNKNOWN: 111,
  LICENCE_MISMATCH: 112,
  FEATURE_MAP_UNKNOWN: 113,
  EXTRACTOR_NOT_NAMED: 114,
  FEATURE_SHAPE_MISMATCH: 115,
  CONTRIBUTION_UNKNOWN: 116,
  INFERENCE_UNKNOWN: 117,
  FEATURES_EXIST: 118,
  DEPOSIT_EXISTS: 119,
  REGISTRANT_NOT_OWNER: 120,
  POLICY_EXISTS: 121,
  FEATURE_MAP_EXISTS: 122,
  DEPOSIT_FOREIGN: 123,
  SCHEMA_EXISTS: 124,
  SCHEMA_INCOMPATIBLE: 125,
  NEAR_NOT_MEASURED: 126,
  NEAR_UNKNOWN: 127,
  ACCOUNT_MISMATCH: 128,
  // Close: payments.
  VOUCHER_EXISTS: 140,
  PRICE_LIST_EXISTS: 141,
  PRICE_LIST_UNKNOWN: 142,
  PRICE_MISSING: 143,
  PRICE_MISMATCH: 144,
  QUOTE_EXPIRED: 145,
  QUOTE_USED: 146,
  QUOTE_INVALID: 147,
  // Close: ownership.
  SHARES_NOT_OWNED: 150,
  OWNERS_TOO_MANY: 151,
  PARENT_UNKNOWN: 152,
  ROYALTY_TOO_DEEP: 153,
  SIGNATURE_CHECK_FOREIGN: 154,
  // Close: the market.
  OFFER_EXISTS: 160,
  OFFER_UNKNOWN: 161,
  OFFER_EXPIRED: 162,
  OFFER_WITHDRAWN: 163,
  OFFER_MISMATCH: 164,
  NOT_THE_BUYER: 165,
  BUYER_IS_SELLER: 166,
  // Close: licences.
  LICENCE_EXISTS: 170,
  LICENCE_UNKNOWN: 171,
  LICENCE_REVOKED: 172,
  LICENCE_USES_INVALID: 173,
  LICENCE_WINDOW_INVALID: 174,
  // Close: what agents did.
  AGENT_UNKNOWN: 180,
  NOT_THE_PAYER: 181,
  INFERENCE_UNPAID: 182,
  OUTCOME_TOO_LATE: 183,
  OUTCOME_EXISTS: 184,
  STEP_EXISTS: 185,
  STEP_MISMATCH: 186,
  // Close: adjustments.
  ADJUSTMENT_EXISTS: 190,
  ADJUSTMENT_EPOCHS_INVALID: 191,
  // Close: disputes.
  DISPUTE_EXISTS: 200,
  DISPUTE_EPOCH_INVALID: 201,
  DISPUTE_TOO_LATE: 202,
  DISPUTE_OPEN: 203,
  BOND_MISMATCH: 204,
  DISPUTE_UNKNOWN: 205,
  DISPUTE_CLOSED: 206,
  // Close: what was recorded wrongly, and models that are used no more.
  CORRECTION_FOREIGN: 210,
  CORRECTION_ABOVE: 211,
  INFERENCE_VOID: 212,
  MODEL_RETIRED: 213,
  NOT_MAJORITY_OWNER: 214,
  // Close: erasure.
  CONTRIBUTION_ERASED: 220,
  // Close: texts.
  TEXT_MAP_UNKNOWN: 240,
  TEXT_MAP_EXISTS: 241,
  TEXT_EXISTS: 242,
} as const

export type RejectionReason = keyof typeof REJECTION_REASONS

/** Outcome codes of a ledger leaf. */
export const OUTCOMES = { accepted: 0, duplicate: 1, rejected: 2, gap: 3 } as const
export type Outcome = keyof typeof OUTCOMES

const REASON_OF_CODE = new Map<number, RejectionReason>(
  Object.entries(REJECTION_REASONS).map(([reason, code]) => [code, reason as RejectionReason]),
)

/** The reason behind a code in a leaf, or undefined when this version does not know it. 0 stands for "no reason". */
export function reasonOfCode(code: number): RejectionReason | undefined {
  return REASON_OF_CODE.get(code)
}
