export { type SignedEvent, signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
export { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
export type { RetrievedItem } from '../../schemas/events.ts'
export { type CommitOptions, type Committed, commit } from './commit.ts'
export { type ContributeOptions, type Contribution, contribute, type SaltedPayload, saltedHash } from './contribute.ts'
export { type CorrectionOptions, correctInference } from './correct.ts'
export { type DeriveOptions, derive } from './derive.ts'
export {
  type DecisionOptions,
  type DisputeOptions,
  decideDispute,
  type OpenedDispute,
  openDispute,
  type SettlementLineName,
} from './dispute.ts'
export {
  type GrantLicenceOptions,
  grantLicence,
  type LicenceUse,
  revokeLicence,
} from './license.ts'
export {
  type AcceptOfferOptions,
  acceptOffer,
  type OfferLicenceOptions,
  type OfferOptions,
  offerLicence,
  offerShare,
  type SignedRecord,
  type WithdrawOfferOptions,
  withdrawOffer,
} from './market.ts'
export { type Price, type PublishPricesOptions, publishPrices } from './publish-prices.ts'
export { type RatingOptions, rateOutcome } from './rate-outcome.ts'
export { type CitedQuote, type InferenceOptions, recordInference } from './record-inference.ts'
export { recordStep, type StepOptions, type TakenStep } from './record-step.ts'
export { type RetireOptions, retireModel } from './retire.ts'
export {
  ReceiptMismatchError,
  type SendOptions,
  sendRecords,
  UploadRefusedError,
  UploadUnansweredError,
} from './send-records.ts'
export {
  type ContributionTextOptions,
  contributionText,
  type InferenceTextOptions,
  inferenceText,
  type PublishTextMapOptions,
  publishTextMap,
  type TextMap,
} from './texts.ts'
export { type TransferOptions, transfer } from './transfer.ts'
export * from './verify.ts'
export { type Promised, type VoucherOptions, voucher } from './voucher.ts'
export { type WithdrawOptions, withdraw } from './withdraw.ts'
