import type { Xoshiro128 } from '../../extractors/random.ts'
import type { Similarity } from '../../jobs/attribution/similarity/similarity.ts'

/** A change that leaves a content the same thing to a person. */
export interface Change<Content> {
  readonly name: string
  apply(content: Content, random: Xoshiro128): Content
}

/** Contents of one media type, any number of them, each made from its number alone. */
export interface Workload<Content> {
  readonly name: string
  /** What the contents are, for whoever reads the figures. */
  readonly contents: string
  open(): Similarity<Content>
  /** By somebody else than all others: a match between two of them is a false positive. */
  at(index: number): Content
  /** Contents with the same origin were made from one another: a match between them is counted apart. */
  originOf(index: number): number
  readonly changes: readonly Change<Content>[]
  /** Changed so much that about half stay within the threshold: what the index misses of those. */
  readonly hardest: Change<Content>
  /** By comparing the two, without an index. */
  areNear(a: Content, b: Content): boolean
}
