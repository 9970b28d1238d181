// Text, bytes and canonical JSON
export { bytesToHex, type Hex, HexFormatError, hexToBytes, TextEncodingError } from './bytes.ts'
export {
  type CanonicalJson,
  canonicalJson,
  JSON_DEPTH_MAX,
  JsonNotCanonicalError,
  JsonValueError,
  parseCanonicalJson,
} from './canonical-json.ts'
// Attestations
export {
  ATTESTATION_FORMAT,
  type AttestationDocument,
  InvalidAttestationError,
  verifyAttestation,
} from './chain/attestation-document.ts'
export { HASH_BYTES, sha256 } from './hash.ts'
// Lines of one settlement
export { TooManyLinesError } from './lines/errors.ts'
export { buildLineTree, LINES_MAX, type LineTree } from './lines/line-tree.ts'
export { type LineClaim, verifyLine } from './lines/verify-line.ts'
export { appendedProof } from './log/appended-proof.ts'
// Ledger
export {
  type Checkpoint,
  CheckpointFormatError,
  type CheckpointPolicy,
  CheckpointPolicyError,
  decodeCheckpoint,
  encodeCheckpoint,
  type OpenedCheckpoint,
  openCheckpoint,
  signCheckpoint,
} from './log/checkpoint.ts'
export { consistencyProof } from './log/consistency-proof.ts'
export { contentHash, type RecordContent } from './log/content-hash.ts'
export {
  decodeEntry,
  ENTRY_OUTCOMES,
  ENTRY_VERSION,
  type EntryOutcome,
  encodeEntry,
  type LedgerEntry,
} from './log/entry.ts'
export {
  EntryFormatError,
  HashLengthError,
  ProofLengthError,
  RootMismatchError,
  TreeRangeError,
} from './log/errors.ts'
export { appendLeaves, emptyFrontier, type Frontier, frontierRoot } from './log/frontier.ts'
export { inclusionProof } from './log/inclusion-proof.ts'
export { leafHash } from './log/leaf-hash.ts'
export { nodeHash } from './log/node-hash.ts'
export { NoteFormatError, NoteKeyError, NoteSignatureError, NoteUnsignedError } from './log/note/errors.ts'
export {
  formatVerifierKey,
  generateSigningKey,
  type NoteSigner,
  parseVerifierKey,
  signerOf,
  type VerifierKey,
} from './log/note/keys.ts'
export { openNote, parseNote, type SignedNote, signNote, type VerifiedSignature } from './log/note/note.ts'
export { originOf } from './log/origin.ts'
export { emptyRootHash, rootHash } from './log/root-hash.ts'
export { TileFormatError, TileMismatchError, TileMissingError } from './log/tiles/errors.ts'
export { LogUnreachableError, readTilesAt } from './log/tiles/read-over-http.ts'
export { entriesPath, tilePath } from './log/tiles/tile.ts'
export { type ReadTile, TiledTree } from './log/tiles/tiled-tree.ts'
export { TREE_SIZE_MAX } from './log/tree-range.ts'
export { type ConsistencyClaim, verifyConsistency } from './log/verify-consistency.ts'
export { type InclusionClaim, verifyInclusion } from './log/verify-inclusion.ts'
// The operator's word on the log's key
export {
  contradicts,
  InvalidLogKeyError,
  type LogKey,
  type VerifiedLogKey,
  verifyLogKey,
} from './log-key/log-key.ts'
export { signLogKey } from './log-key/sign.ts'
// Payouts
export { dumpPayoutTree } from './payout/dump-payout-tree.ts'
export {
  DuplicatePayoutError,
  PayoutNotFoundError,
  PayoutProofError,
  PayoutProofLengthError,
  PayoutRangeError,
  PayoutRowsError,
  StoredPayoutTreeError,
} from './payout/errors.ts'
export { keccak256 } from './payout/keccak256.ts'
export { PAYOUT_LEAF_TYPES, type PayoutLeaf, payoutLeafHash } from './payout/payout-leaf-hash.ts'
export { allocatePayoutRows, PAYOUT_ROW_BYTES, type Payout, packPayouts } from './payout/payout-rows.ts'
export {
  buildPayoutTree,
  EMPTY_PAYOUT_ROOT,
  type PayoutTree,
  type PayoutTreeDump,
  type PayoutTreeInput,
} from './payout/payout-tree.ts'
export {
  type ReadAt,
  readStoredPayout,
  type StoredPayout,
  type StoredPayoutQuery,
  storedPayoutTree,
} from './payout/stored-payout-tree.ts'
export { verifyPayout } from './payout/verify-payout.ts'
// Checks for anybody
export {
  type EventReceipt,
  readEventReceipt,
  type VerifiedEventReceipt,
  verifyEventReceiptOffline,
} from './verify/event-receipt.ts'
export {
  formatLogProof,
  type LogProof,
  LogProofFormatError,
  parseLogProof,
  verifyLogProof,
} from './verify/log-proof.ts'
export {
  InvalidOmissionError,
  type Omission,
  readOmission,
  type VerifiedOmission,
  verifyOmissionOffline,
} from './verify/omission.ts'
export {
  InvalidReceiptError,
  type Receipt,
  readReceipt,
  type VerifiedReceipt,
  verifyReceiptOffline,
} from './verify/receipt.ts'
export type { Trust, Vouched } from './verify/signed-checkpoint.ts'
export {
  type ComparedCheckpoints,
  compareCheckpoints,
  InvalidSplitViewError,
  type ProvenSplitView,
  type SplitView,
  verifySplitView,
} from './verify/split-view.ts'
export { ReceiptMismatchError, type ReceiptStep } from './verify/steps.ts'
