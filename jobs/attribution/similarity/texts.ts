import { folded, signatureOf } from '../../../schemas/text/shingles.ts'
import { ContentShapeError } from './errors.ts'
import type { Match, Similarity } from './similarity.ts'
import { TextSignatures } from './text-signatures.ts'

/** Characters; longer works are contributed in parts. */
const TEXT_MAX = 1 << 24

/**
 * `text/shingles@1`: texts that share .8 of their runs of 16 letters and digits, as their signatures of 128 entries tell it: at least
 * 103 equal. Texts without any character to see are all the same.
 */
export class Texts implements Similarity<string> {
  readonly #signatures: TextSignatures

  constructor(options: { readonly representativesMax?: number } = {}) {
    this.#signatures = new TextSignatures(options)
  }

  get measure(): string {
    return this.#signatures.measure
  }

  get representativeBytes(): number {
    return this.#signatures.representativeBytes
  }

  find(text: string): Match | undefined {
    if (text.length > TEXT_MAX)
      throw new ContentShapeError({
        measure: this.measure,
        expected: `texts of up to ${TEXT_MAX} characters`,
        found: `${text.length}`,
      })
    return this.#signatures.find(signatureOf(folded(text)))
  }

  keep(item: number): void {
    this.#signatures.keep(item)
  }
}
