export { type AuditOptions, auditBundle, type EpochAsRead } from './audit.ts'
export {
  type CheckedDispute,
  checkDispute,
  type DisputeVerdict,
} from './check-dispute.ts'
export {
  type CheckedUpload,
  type CheckedUploadItem,
  type CheckUploadOptions,
  checkUpload,
  type UploadVerdict,
} from './check-upload.ts'
export type { CheckedItem } from './checked-items.ts'
export { ANSWERS_CHECK, compareContractAnswers } from './contract-answers.ts'
export { type ComparedDeposits, compareDeposits, depositsText } from './deposits.ts'
export type { Difference } from './difference.ts'
export type { ErasureCounts } from './erasures.ts'
export { BundleNotFoundError, BundleUnreadableError, EpochNotGivenError } from './errors.ts'
export {
  DRAWS_MAX,
  type ExtractedRow,
  type Extractor,
  type ReExtractedItem,
  type ReExtraction,
  type ReExtractionReport,
} from './re-extract/re-extraction.ts'
export type {
  AuditClass,
  AuditCounts,
  AuditedEpoch,
  AuditReport,
  AuditStep,
  AuditVerdict,
  FeatureCounts,
} from './report.ts'
export {
  type VerifiedEventReceipt,
  type VerifiedOmission,
  type VerifiedReceipt,
  type VerifyOptions,
  verifyEventReceipt,
  verifyOmission,
  verifyReceipt,
} from './verify-receipt.ts'
