import { contribute, type SaltedPayload } from '../../../client/src/contribute.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import type { Contributor } from './cast.ts'
import { DATASET, LICENCE, SOURCES } from './names.ts'

const ITEMS_PER_BATCH = 250
const SALT_BYTES = 16

/** A batch on its way, and what its items are. */
export interface SentBatch {
  readonly id: string
  readonly contributor: Contributor
  readonly record: OutgoingRecord
  readonly payloads: readonly SaltedPayload[]
}

/**
 * All batches of one contributor, signed; salts and ids follow from the seed.
 *
 * @param series distinguishes several calls for one contributor
 */
export async function batchesOf(
  contributor: Contributor,
  seed: string,
  ledgerId: Uint8Array,
  now: Date,
  { dataset = DATASET, series = '' } = {},
): Promise<SentBatch[]> {
  const random = Xoshiro128.fromSeed(seed).fork(`contributions/${contributor.name}${series}`)
  const batches: SentBatch[] = []
  for (let at = 0; at < contributor.digits.contributions.length; at += ITEMS_PER_BATCH) {
    const samples = contributor.digits.contributions.slice(at, at + ITEMS_PER_BATCH)
    const { id, record, payloads } = await contribute({
      ledgerId,
      signer: contributor.signer,
      source: SOURCES.portal,
      dataset,
      licence: LICENCE,
      items: samples.map(({ image, label }) => ({ payload: image, label: String(label) })),
      id: uuidFrom(random.bytes(16)),
      now,
      randomSalt: () => random.bytes(SALT_BYTES),
    })
    batches.push({ id, contributor, record, payloads })
  }
  return batches
}

/** A version 4 UUID (RFC 9562) of 16 bytes. */
export function uuidFrom(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes)
  hex[6] = (hex[6]! & 0x0f) | 0x40
  hex[8] = (hex[8]! & 0x3f) | 0x80
  return hex.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
