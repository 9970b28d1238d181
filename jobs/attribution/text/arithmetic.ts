/** ⌊a · b / c⌋ of whole numbers a, b ≥ 0 and c ≥ 1, each below 2^53, when the result is, too. */
export function mulDiv(a: number, b: number, c: number): number {
  const product = a * b
  // Below 2^53 the product is exact, and so is the floor of the quotient, which then cannot be rounded up to a whole number.
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / c)
  return Number((BigInt(a) * BigInt(b)) / BigInt(c))
}

/** A score of each document, whole numbers; documents without one are left out. */
export type Scores = Map<number, number>

export function addScore(scores: Scores, document: number, score: number): void {
  if (score > 0) scores.set(document, (scores.get(document) ?? 0) + score)
}
