import { ContentShapeError } from './errors.ts'
import { type Match, MILLION, type Similarity } from './similarity.ts'

const FINGERPRINT_BYTES = 32

/**
 * `fingerprint/equal@1`: contents that are equal byte for byte, by their fingerprint (SHA-256 with the feature map's salt). All 32
 * bytes are compared; the map is exact.
 */
export class Fingerprints implements Similarity<Uint8Array> {
  readonly measure = 'fingerprint/equal@1'
  /** A string of 32 Latin-1 characters and an entry of a Map. */
  readonly representativeBytes = 112
  readonly #items = new Map<string, number>()
  #last = ''

  find(fingerprint: Uint8Array): Match | undefined {
    if (fingerprint.length !== FINGERPRINT_BYTES)
      throw new ContentShapeError({
        measure: this.measure,
        expected: `${FINGERPRINT_BYTES} bytes`,
        found: `${fingerprint.length} bytes`,
      })
    this.#last = Buffer.from(fingerprint.buffer, fingerprint.byteOffset, fingerprint.length).toString('latin1')
    const representative = this.#items.get(this.#last)
    return representative === undefined ? undefined : { representative, similarity: MILLION }
  }

  keep(item: number): void {
    this.#items.set(this.#last, item)
  }
}
