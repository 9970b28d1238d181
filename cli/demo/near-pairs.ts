import type { SentBatch } from '../../examples/digits/demo/contributions.ts'
import { fingerprintOf, type Lab } from '../../examples/digits/demo/model-lab.ts'
import { SIMILARITY, SOURCES } from '../../examples/digits/demo/names.ts'
import { Images } from '../../jobs/attribution/similarity/images.ts'
import { StarClusters } from '../../jobs/attribution/similarity/star-clusters.ts'
import type { NearContribution } from '../../schemas/events.ts'

const SIDE = 28

/** What the extractor of the demo finds near: digits that are an earlier one moved, or nearly the same for another reason. */
export class NearPairs {
  readonly #clusters: StarClusters<{ width: number; height: number; grey: Uint8Array }>
  readonly #places: { batchId: string; index: number }[] = []
  readonly #lab: Lab

  constructor(lab: Lab) {
    this.#clusters = new StarClusters(new Images())
    this.#lab = lab
  }

  /** Of each item of the batch, in accept order of the batches. Equal ones are found by their fingerprints without a word. */
  add(batch: SentBatch): NearContribution[][] {
    const record = BigInt(this.#places.length)
    return batch.payloads.map(({ payload }, index) => {
      const item = this.#places.push({ batchId: batch.id, index }) - 1
      const found = this.#clusters.add({
        item,
        priority: { record, index },
        fingerprint: fingerprintOf(this.#lab, payload),
        content: { width: SIDE, height: SIDE, grey: payload },
      })
      if (found === undefined || found.measure !== SIMILARITY) return []
      return [{ batchSource: SOURCES.portal, ...this.#places[found.representative]!, similarity: found.similarity }]
    })
  }
}
