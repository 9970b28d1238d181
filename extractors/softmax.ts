/** Turns logits into probabilities in place; the largest is taken off first, so that `exp` cannot overflow. */
export function softmax(values: Float64Array): void {
  let largest = -Infinity
  for (let c = 0; c < values.length; c++) if (values[c]! > largest) largest = values[c]!
  let sum = 0
  for (let c = 0; c < values.length; c++) {
    const value = Math.exp(values[c]! - largest)
    values[c] = value
    sum += value
  }
  for (let c = 0; c < values.length; c++) values[c]! /= sum
}

/** The place of the largest entry; the lower one of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}
