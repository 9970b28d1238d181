/** Limits of docs/formats.md. Each is decided by a record's own bytes, so a change of one is a change of the format. */
export const RECORD_BYTES_MAX = 1_048_576
export const IDENTIFIER_CHARACTERS_MAX = 256
export const BATCH_ITEMS_MAX = 1_000
export const AMOUNT_LIMIT = 1n << 96n
/** Quantities of a unit: counted exactly by whoever has doubles only. */
export const QUANTITY_LIMIT = 1n << 53n
/** Units of one use, each a lookup of what the payer used before. */
export const UNITS_MAX = 32
/** Of the words that say why a use was corrected. */
export const CORRECTION_REASON_CHARACTERS_MAX = 256
export const PRICE_RULES_MAX = 200
export const QUOTE_ID_BYTES = 16
export const MILLIONTHS = 1_000_000
export const DATA_PARTS_MAX = 600_000
/** Owners that an asset may have at once, open offers of shares of it counted as owners to be: what one use of it is divided over is bounded. */
export const OWNERS_MAX = 1_000
/** Parents that an asset may name, what they may take together, and how far its ancestors may reach. */
export const PARENTS_MAX = 8
export const ROYALTY_PARTS_MAX = 500_000
export const DERIVATION_DEPTH_MAX = 6
/** What an offer may sell. */
export const OFFER_KINDS = ['share', 'licence'] as const
/** How long a licence may count that begins with its purchase, milliseconds: the sum is a time that doubles hold. */
export const LICENCE_DURATION_MS_LIMIT = 1n << 52n
/** A recorded check of a contract's signature counts in its own epoch and in so many after it. */
export const SIGNATURE_CHECK_EPOCHS_MAX = 10
/** Of a signature that a contract checks. */
export const CONTRACT_SIGNATURE_BYTES_MAX = 8_192
export const FEATURE_VALUE_MAX = 63
export const UINT16_MAX = 0xffff
export const PROBABILITY_UNIT = 1_000
export const RANK_MAX = 1_000
export const CLASSES_MAX = 100
export const DIMENSION_MAX = 4_096
export const CHECKPOINTS_MAX = 16
/** A commitment gives priority to a batch of its own epoch and of so many after it. */
export const COMMIT_EPOCHS_MAX = 10
/** Measures of nearness that a feature map may name (docs/similarity.md); `none`: its extractor names no near pairs. */
export const SIMILARITIES = [
  'none',
  'fingerprint/equal@1',
  'image/pooled-cosine@1',
  'dense/cosine@1',
  'text/shingles@1',
] as const
/** Near pairs that the features of one contribution may name: what one record adds to the clusters is bounded. */
export const NEAR_MAX = 16
/** Schema ids from here on are built in or belong to nobody; below, from 1, they are a schema registry's. */
export const BUILT_IN_SCHEMA_IDS_FROM = 0x5441_0000
/** Text of a registered schema, UTF-8. */
export const SCHEMA_BYTES_MAX = 65_536
/** Types in a schema and symbols of its enums, a named type counted in full wherever it is used: names cannot multiply work. */
export const SCHEMA_NODES_MAX = 1_000
export const SCHEMA_DEPTH_MAX = 32
export const FEATURE_WAIT_EPOCHS_MAX = 100
/**
 * Millionths of what a period pays that may be held back. A period pays at most a ninth more than its own fees brought, which is
 * a tenth of what it pays then: so what comes back can be paid, and does not pile up.
 */
export const HOLD_BACK_PARTS_MAX = 100_000
export const HOLD_BACK_EPOCHS_MAX = 100
/** Tokens of which a policy may name a minimum payout. */
export const MINIMUM_PAYOUTS_MAX = 32
export const OUTCOME_WAIT_EPOCHS_MAX = 100
/** Of a payer's rating of what an agent did. */
export const SCORE_MAX = 1_000
/** Of a run of an agent. */
export const RUN_BYTES = 16
/** What a licence may allow, in the order in which a grant names it. */
export const LICENCE_USES = ['commercial', 'infer', 'retrieve', 'train'] as const
/** So many epochs the fee of a use outside its licences may be held. */
export const OUTSIDE_WAIT_EPOCHS_MAX = 100
/** A line may be disputed for so many epochs, and a dispute decided. */
export const DISPUTE_WINDOW_EPOCHS_MAX = 100
export const DISPUTE_WAIT_EPOCHS_MAX = 100
/** Tokens of which a policy may name a bond. */
export const DISPUTE_BONDS_MAX = 32
/** Contributions that one dispute may be about, each a lookup. */
export const DISPUTE_ITEMS_MAX = 64
export const DISPUTE_REASON_CHARACTERS_MAX = 256
/** Epochs that one adjustment may settle again: what an audit keeps beside the ledger's own books is bounded. */
export const ADJUSTED_EPOCHS_MAX = 64
/** Of what an operator says to an adjustment. */
export const NOTE_CHARACTERS_MAX = 256
/** By what a data part may be divided. What none of them takes is nobody's. */
export const DATA_CHANNELS = ['features', 'retrieval', 'text'] as const
/** Models for which a policy may name channels of their own. */
export const MODEL_CHANNELS_MAX = 200
/** How retrieved contributions share what their use brings. */
export const RETRIEVAL_RULES = ['score', 'rank'] as const
/** Contributions that one use may have retrieved, each a lookup and an account that is paid. */
export const RETRIEVED_MAX = 64
/** Salt of the tokens under a text map, and bytes of each. */
export const TEXT_SALT_BYTES = 16
export const TEXT_TOKEN_BYTES = 8
/** Of one text; longer documents are contributed, and longer outputs recorded, in parts. */
export const TEXT_TOKENS_MAX = 65_536
/** Signature of text/shingles@1: 128 entries. */
export const TEXT_SHINGLES_BYTES = 512
/** Tokens of all documents of a map that count; those that come later do not. */
export const TEXT_CORPUS_TOKENS_MAX = 1 << 27
/** Texts of a map that are unlike all before them; what comes behind so many does not count. */
export const TEXT_REPRESENTATIVES_MAX = 1 << 22
/** What may cut the texts of a map into tokens (docs/text.md). */
export const TOKENIZERS = ['text/words@1'] as const
/**
 * Attribution methods that a policy may name: those with a record of passed gates in docs/gates/, to which
 * test/bench/gates-record.test.ts holds this list. One that is unknown could stop every epoch in which it is in force.
 */
export const METHODS = ['influence/factored@2'] as const
