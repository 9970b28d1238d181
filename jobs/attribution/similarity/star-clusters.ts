import { OutOfOrderError } from './errors.ts'
import { Fingerprints } from './fingerprints.ts'
import type { Match, Similarity } from './similarity.ts'

/**
 * What decides who was first: the place in accept order of the record that gives priority, then the index in its batch. That
 * record is the commitment when the contribution was revealed in time, else the contribution's own.
 */
export interface Priority {
  readonly record: bigint
  readonly index: number
}

export interface Arrival<Content> {
  /** The caller's number of it, below 2^32. */
  readonly item: number
  readonly priority: Priority
  /** 32 bytes; equal contents have equal ones (docs/adr/0003). */
  readonly fingerprint: Uint8Array
  /** Undefined where the payload is erased or of no media type that can be compared: then only equal fingerprints count. */
  readonly content: Content | undefined
}

/** Why an item earns nothing of its own: kept, and shown to its contributor. */
export interface SimilarItem {
  readonly item: number
  readonly representative: number
  /** Whole millionths, rounded down. */
  readonly similarity: number
  /** By which measure, `family/kind@version`. */
  readonly measure: string
}

/**
 * Star clusters around the earliest representative. An item joins the cluster of the earliest representative that it equals or is
 * near; else it becomes a representative. Members never represent, so nearness does not chain: every member is within the
 * threshold of the one that it loses to. Nothing that comes later changes what an item is, so the state is the list of
 * representatives: whoever adds those alone, in order, goes on from there.
 */
export class StarClusters<Content> {
  readonly #equal = new Fingerprints()
  readonly #near: Similarity<Content> | undefined
  #last: Priority | undefined

  /** @param near the measure for the contents' media type; without it only equal fingerprints are found */
  constructor(near?: Similarity<Content>) {
    this.#near = near
  }

  /**
   * Adds the next item in the order of priority.
   *
   * @returns the evidence when it is a duplicate, undefined when it is now a representative
   * @throws OutOfOrderError when an item with a later priority was added before; nothing was added
   */
  add({ item, priority, fingerprint, content }: Arrival<Content>): SimilarItem | undefined {
    if (this.#last !== undefined && comparePriority(priority, this.#last) < 0)
      throw new OutOfOrderError({ item, ...priority })
    const equal = this.#equal.find(fingerprint)
    const near = equal === undefined && content !== undefined ? this.#near?.find(content) : undefined
    this.#last = priority
    if (equal !== undefined) return evidence(item, equal, this.#equal.measure)
    if (near !== undefined) return evidence(item, near, this.#near!.measure)
    if (content !== undefined) this.#near?.keep(item)
    this.#equal.keep(item)
    return undefined
  }
}

/** Negative when `a` comes first. */
export function comparePriority(a: Priority, b: Priority): number {
  if (a.record !== b.record) return a.record < b.record ? -1 : 1
  return a.index - b.index
}

function evidence(item: number, { representative, similarity }: Match, measure: string): SimilarItem {
  return { item, representative, similarity, measure }
}
