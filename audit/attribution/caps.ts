import { integerSquareRoot } from './integers.ts'
import type { Contribution } from './period.ts'

/** Step 2: the leverage cap of each item, as u = (ua·cap) >> 12, in the order of `items`. */
export function cappedMultipliers(items: readonly Contribution[]): Float64Array {
  const norms = items.map((item) => {
    const squares = item.a.reduce((sum, value) => sum + value * value, 0)
    return BigInt(item.ua) ** 2n * BigInt(squares)
  })
  const sorted = BigUint64Array.from(norms.filter((norm) => norm > 0n)).sort()
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n
  return Float64Array.from(items, (item, index) => Math.floor((item.ua * capOf(norms[index]!, median)) / 4096))
}

function capOf(norm: bigint, median: bigint): number {
  if (norm === 0n) return 65_536
  const q = (25n * median * 2n ** 32n) / (16n * norm)
  return q >= 2n ** 32n ? 65_536 : Number(integerSquareRoot(q))
}
