import { createHash } from 'node:crypto'
import { type SimilarItem, StarClusters } from '../similarity/star-clusters.ts'
import { Texts } from '../similarity/texts.ts'

/** Which of the documents count, the earlier of two that are near. */
export interface KeptDocuments {
  readonly isKept: readonly boolean[]
  /** Why the others do not: docs/similarity.md. */
  readonly duplicates: readonly SimilarItem[]
}

/**
 * Leaves out what is equal to an earlier document, or near one (text/shingles@1). A copy would take half of the credit of its original,
 * and many copies nearly all.
 *
 * @param documents in the order of priority
 */
export function keptDocuments(documents: Iterable<string>): KeptDocuments {
  const clusters = new StarClusters(new Texts())
  const isKept: boolean[] = []
  const duplicates: SimilarItem[] = []
  let item = 0
  for (const content of documents) {
    const fingerprint = createHash('sha256').update(content, 'utf8').digest()
    const duplicate = clusters.add({ item, priority: { record: 0n, index: item }, fingerprint, content })
    isKept.push(duplicate === undefined)
    if (duplicate !== undefined) duplicates.push(duplicate)
    item++
  }
  return { isKept, duplicates }
}
