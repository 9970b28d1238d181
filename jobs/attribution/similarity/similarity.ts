/** Similarities are whole millionths: 1,000,000 is equal. */
export const MILLION = 1_000_000

/** The earliest representative that a content is within the threshold of, and how near it is to it. */
export interface Match {
  /** The number under which it was kept. */
  readonly representative: number
  /** Whole millionths, rounded down. */
  readonly similarity: number
}

/**
 * One way of telling that two contents of a media type are the same thing. An implementation promises:
 * - integers decide, and whatever is random has its seed fixed in the version: the same contents in the same order give the same
 *   matches on every machine;
 * - of all representatives within the threshold that its index finds, `find` returns the one that was kept first;
 * - content that equals a representative's is always found, and equal contents get equal matches;
 * - memory grows with representatives only, by at most `representativeBytes` each, and what one call of `find` compares is bounded.
 * Any change of a match is a new version of `measure`.
 */
export interface Similarity<Content> {
  /** As evidence names it, `family/kind@version`. */
  readonly measure: string
  /** Bytes that one more representative takes. */
  readonly representativeBytes: number
  /** @returns undefined when no representative is within the threshold */
  find(content: Content): Match | undefined
  /**
   * Makes the content that {@link find} was last asked for a representative.
   *
   * @param item the caller's number, below 2^32
   * @throws TooManyRepresentativesError
   */
  keep(item: number): void
}
