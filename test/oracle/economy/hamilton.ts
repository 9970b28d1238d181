/** Hamilton's method, one unit after another: each goes to whoever is furthest below their exact share, the first of equals. */
export function divide(pool: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  const amounts = weights.map((weight) => (pool * weight) / total)
  const due = (index: number) => pool * weights[index]! - amounts[index]! * total
  while (amounts.reduce((sum, amount) => sum + amount, 0n) < pool) {
    const [most] = [...weights.keys()].sort((a, b) => (due(b) > due(a) ? 1 : due(b) < due(a) ? -1 : a - b))
    amounts[most!]! += 1n
  }
  return amounts
}
