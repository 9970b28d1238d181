import { splitSize } from './root-hash.ts'

/** Leaves `start` to `end` − 1, whose root is one node of a proof. */
export type LeafRange = readonly [start: number, end: number]

/**
 * What the audit path of a leaf consists of, from the leaf up: PATH(m, D[n]) of RFC 6962 §2.1.1.
 *
 * @param index below `size`
 */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = []
  for (let start = 0, end = size; end - start > 1; ) {
    const middle = start + splitSize(end - start)
    ranges.push(index < middle ? [middle, end] : [start, middle])
    if (index < middle) end = middle
    else start = middle
  }
  return ranges.reverse()
}

/**
 * What a consistency proof consists of: PROOF(m, D[n]) of RFC 6962 §2.1.2.
 *
 * @param oldSize 0 to `newSize`
 */
export function consistencyRanges(oldSize: number, newSize: number): LeafRange[] {
  if (oldSize === 0) return []
  const ranges: LeafRange[] = []
  let start = 0
  let end = newSize
  while (end !== oldSize) {
    const middle = start + splitSize(end - start)
    ranges.push(oldSize <= middle ? [middle, end] : [start, middle])
    if (oldSize <= middle) end = middle
    else start = middle
  }
  // The verifier has the old root, so a subtree that is the whole old tree is left out.
  if (start > 0) ranges.push([start, end])
  return ranges.reverse()
}
