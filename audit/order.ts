/** Order of two texts by their UTF-8 bytes, which is not the order of JavaScript's `<` (UTF-16 units). */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Order by the first of several comparisons that is not 0. */
export function firstOf(...comparisons: number[]): number {
  return comparisons.find((comparison) => comparison !== 0) ?? 0
}
