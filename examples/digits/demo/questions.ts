import { recordInference } from '../../../client/src/record-inference.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { encodeEvent, type OutgoingRecord } from '../../../schemas/encode-record.ts'
import type { DigitSample } from '../accounts.ts'
import { extractInferenceFeatures, type InferenceFeatures } from '../features.ts'
import { uuidFrom } from './contributions.ts'
import { asBytes, type Lab } from './model-lab.ts'
import { FEATURE_MAP, INFRASTRUCTURE, MODEL, SOURCES } from './names.ts'

const FEE_ATOMS_MIN = 10_000
const FEE_ATOMS_SPREAD = 20_000

/** A digit that somebody paid to have read. */
export interface Question {
  readonly id: string
  readonly image: Uint8Array
  /** The true label; absent for a digit that a person brought. */
  readonly label?: number
  readonly answer: number
  readonly fee: bigint
  readonly salt: Uint8Array
  readonly records: readonly OutgoingRecord[]
}

export interface AskOptions {
  readonly lab: Lab
  readonly seed: string
  readonly epoch: number
  readonly payer: string
  readonly token: string
  /** Sequence of a voucher that the payer signed. */
  readonly voucher: bigint
  readonly now: Date
  /** Default: the demo's only ones. */
  readonly model?: string
  readonly featureMap?: string
  /** Distinguishes several calls of one epoch. */
  readonly series?: string
}

/** The paid uses of an epoch: what the gateway and the extractor report of each. */
export function askAll(
  samples: readonly (Pick<DigitSample, 'image'> & { readonly label?: number })[],
  options: AskOptions,
): Question[] {
  const random = Xoshiro128.fromSeed(options.seed).fork(`questions/${options.epoch}${options.series ?? ''}`)
  return samples.map((sample) => ask(sample, options, random))
}

function ask(
  sample: Pick<DigitSample, 'image'> & { readonly label?: number },
  options: AskOptions,
  random: Xoshiro128,
): Question {
  const { lab, now, payer, token, voucher } = options
  const features = extractInferenceFeatures(lab.map, lab.model, sample.image, sample.label)
  const fee = BigInt(FEE_ATOMS_MIN + random.nextInt(FEE_ATOMS_SPREAD))
  const output = Buffer.from(String(features.served))
  const { id, record, salt } = recordInference({
    source: SOURCES.gateway,
    model: options.model ?? MODEL,
    infrastructure: INFRASTRUCTURE,
    payer,
    token,
    fee,
    voucher,
    units: { digits: 1n },
    input: sample.image,
    output,
    id: uuidFrom(random.bytes(16)),
    salt: random.bytes(16),
    now,
  })
  const featureRecord = featuresRecord(id, features, { now, featureMap: options.featureMap ?? FEATURE_MAP })
  return {
    id,
    image: sample.image,
    answer: features.served,
    fee,
    salt,
    records: [record, featureRecord],
    ...(sample.label === undefined ? {} : { label: sample.label }),
  }
}

/** What the extractor says of a use that the gateway reported. */
export function featuresRecord(
  inferenceId: string,
  features: InferenceFeatures,
  { featureMap, now }: { readonly featureMap: string; readonly now: Date },
): OutgoingRecord {
  const body = {
    ...{ featureMap, inferenceSource: SOURCES.gateway, inferenceId, b: asBytes(features.b), ub: features.ub },
    ...{ p: Array.from(features.p), checkpoints: features.checkpoints.flatMap((row) => Array.from(row)) },
    ...{ label: features.label, labelKind: features.labelKind, p16: features.p16 },
  }
  const event = { source: SOURCES.extractor, id: `${inferenceId}/features`, body }
  return encodeEvent({ type: 'InferenceFeatures', ...event }, now.toISOString())
}
