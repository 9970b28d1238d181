// Checks for anybody, in Node and in a browser: nothing here needs more than the document.

export { ledgerIdOf } from '../../anchor/ledger-id.ts'
export { type Checkpoint, type CheckpointPolicy, openCheckpoint } from '../../anchor/log/checkpoint.ts'
export { parseVerifierKey, type VerifierKey } from '../../anchor/log/note/keys.ts'
export { InvalidLogKeyError, type LogKey, type VerifiedLogKey, verifyLogKey } from '../../anchor/log-key/log-key.ts'
export {
  InvalidUploadReceiptError,
  readUploadReceipt,
  signerOfUploadReceipt,
  type UploadReceipt,
} from '../../anchor/uploads/receipt.ts'
export {
  type EventReceipt,
  readEventReceipt,
  type VerifiedEventReceipt,
  verifyEventReceiptOffline,
} from '../../anchor/verify/event-receipt.ts'
export { type LogProof, LogProofFormatError, verifyLogProof } from '../../anchor/verify/log-proof.ts'
export {
  InvalidOmissionError,
  type Omission,
  readOmission,
  type VerifiedOmission,
  verifyOmissionOffline,
} from '../../anchor/verify/omission.ts'
export {
  InvalidReceiptError,
  type Receipt,
  readReceipt,
  type VerifiedReceipt,
  verifyReceiptOffline,
} from '../../anchor/verify/receipt.ts'
export type { Trust } from '../../anchor/verify/signed-checkpoint.ts'
export { InvalidSplitViewError, type ProvenSplitView, verifySplitView } from '../../anchor/verify/split-view.ts'
export type { ReceiptStep } from '../../anchor/verify/steps.ts'
