import { sha256 } from '../../anchor/hash.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { ContributionItem, EventBodies } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import type { FoundPayload } from './payload-folder.ts'
import {
  DIFFERENCES_SHOWN_MAX,
  type ExtractedRow,
  type Extractor,
  type FieldDifference,
  type ItemOutcome,
  TOLERANCE,
} from './re-extraction.ts'

/** What the log has of one contribution. */
export interface PublishedItem {
  /** Hashes that its contributor signed. */
  readonly item: ContributionItem
  readonly features: EventBodies['ContributionFeatures']
}

export interface Compared {
  readonly outcome: ItemOutcome
  readonly differences: readonly FieldDifference[]
}

/** Holds what was published of a contribution to its payload and to what is extracted from it now. */
export function compareItem(
  { item, features }: PublishedItem,
  found: FoundPayload,
  { extractor, fingerprintSalt }: { extractor: Extractor; fingerprintSalt: Uint8Array },
): Compared {
  if (found.state !== 'found') return { outcome: found.state, differences: [] }
  const { salt, payload } = found
  const comparison = new Comparison()
  const labels = Array.from({ length: extractor.shape.classes }, (_, label) => String(label))
  const label = labels.find((text) => toHex(saltedHash(salt, text)) === toHex(item.labelHash))
  comparison.same('label', String(features.label), label ?? 'none of the classes has the signed label hash')
  comparison.same('fingerprint', toHex(features.fingerprint), toHex(saltedHash(fingerprintSalt, payload)))
  const row = extractOrRefuse(extractor, payload)
  if (row instanceof TallyError) comparison.same('payload', 'features', row.message)
  else compareRows(comparison, features, row)
  return comparison.result()
}

/** SHA-256(salt ‖ bytes). */
function saltedHash(salt: Uint8Array, bytes: Uint8Array | string): Uint8Array {
  return sha256(Buffer.concat([salt, Buffer.from(bytes)]))
}

/** A payload that the extractor refuses has no features, whatever was published. */
function extractOrRefuse(extractor: Extractor, payload: Uint8Array): ExtractedRow | TallyError {
  try {
    return extractor.extract(payload)
  } catch (error) {
    if (error instanceof TallyError) return error
    throw error
  }
}

function compareRows(comparison: Comparison, features: EventBodies['ContributionFeatures'], row: ExtractedRow): void {
  const { a, uaLeast, uaPerThousand, p, checkpoints } = TOLERANCE
  const uaTolerance = Math.max(uaLeast, Math.floor((row.ua * uaPerThousand) / 1000))
  comparison.near('ua', [features.ua], [row.ua], uaTolerance)
  comparison.near('a', Int8Array.from(features.a), row.a, a)
  comparison.near('p', features.p, row.p, p)
  comparison.near('checkpoints', features.checkpoints, row.checkpoints, checkpoints)
}

/** Gathers what differs of one item. */
class Comparison {
  readonly #differences: FieldDifference[] = []
  #isExact = true

  same(field: string, published: string, extracted: string): void {
    if (published !== extracted) this.#add({ field, published, extracted })
  }

  /** @param field a single number has this name, each of several the name and its index */
  near(field: string, published: ArrayLike<number>, extracted: ArrayLike<number>, tolerance: number): void {
    this.same(`length of ${field}`, String(published.length), String(extracted.length))
    for (let i = 0; i < Math.min(published.length, extracted.length); i++) {
      const apart = Math.abs(published[i]! - extracted[i]!)
      if (apart > 0) this.#isExact = false
      if (apart <= tolerance) continue
      const name = field === 'ua' ? field : `${field}[${i}]`
      this.#add({ field: name, published: String(published[i]), extracted: String(extracted[i]) })
    }
  }

  result(): Compared {
    if (this.#differences.length > 0)
      return { outcome: 'differs', differences: this.#differences.slice(0, DIFFERENCES_SHOWN_MAX) }
    return { outcome: this.#isExact ? 'same' : 'within tolerance', differences: [] }
  }

  #add(difference: FieldDifference): void {
    this.#differences.push(difference)
  }
}
