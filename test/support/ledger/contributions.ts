import type { NewRecord } from '../../../pipelines/record-source.ts'
import type { NearContribution } from '../../../schemas/events.ts'
import type { Name } from './cast.ts'
import { type Features, featuresOf, type Random, SHAPE, type Shape } from './random-features.ts'
import type { Records } from './records.ts'

export interface Contributed {
  readonly batch: NewRecord
  readonly features: readonly NewRecord[]
}

/** A batch of contents of alternating class with its features; `wrong` turns the label of an item. */
export async function contribution(
  records: Records,
  random: Random,
  account: Name,
  items: number,
  options: { readonly id?: string; readonly shape?: Shape; readonly wrong?: (index: number) => boolean } = {},
): Promise<Contributed> {
  const { id = `batch-${account}`, shape = SHAPE, wrong = () => false } = options
  const features = Array.from({ length: items }, (_, index) => {
    const kind = index % shape.classes
    return featuresOf(random, shape, kind, wrong(index) ? (kind + 1) % shape.classes : kind)
  })
  return contributionOf(records, account, id, features)
}

interface Contents {
  /** Items with equal ones are copies of each other. */
  readonly fingerprints?: (index: number) => string
  /** What the extractor says they are near to. */
  readonly near?: (index: number) => NearContribution[]
  /** Of the commitment that the batch reveals. */
  readonly commitmentSalt?: Uint8Array
}

/** A batch with exactly these features. */
export async function contributionOf(
  records: Records,
  account: Name,
  id: string,
  features: readonly Features[],
  { fingerprints = (index) => `${id}/${index}`, near = () => [], commitmentSalt }: Contents = {},
): Promise<Contributed> {
  return {
    batch: await records.batch(
      account,
      id,
      features.length,
      commitmentSalt === undefined ? {} : { body: { commitmentSalt } },
    ),
    features: features.map((each, index) =>
      records.itemFeatures(id, index, each, fingerprints(index), { body: { near: near(index) } }),
    ),
  }
}

/** Paid uses with their features, `fee` each. */
export function uses(
  records: Records,
  random: Random,
  ids: readonly string[],
  fee: bigint,
  options: { readonly payer?: Name; readonly shape?: Shape } = {},
): NewRecord[] {
  const { payer = 'payer', shape = SHAPE } = options
  return ids.flatMap((id, index) => [
    records.inference(id, fee, { payer }),
    records.inferenceFeatures(id, featuresOf(random, shape, index % shape.classes)),
  ])
}
