export type { OutgoingRecord } from '../../schemas/encode-record.ts'
export { type ContributeOptions, type Contribution, contribute, type SaltedPayload, saltedHash } from './contribute.ts'
export { type InferenceOptions, recordInference } from './record-inference.ts'
