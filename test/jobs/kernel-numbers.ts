/** Random whole numbers from a seed (mulberry32). */
export interface Numbers {
  /** 0 … limit − 1. */
  below(limit: number): number
  /** low … high. */
  between(low: number, high: number): number
  /** −most … most. */
  int16(length: number, most: number): Int16Array
}

export function numbers(seed: number): Numbers {
  let state = seed >>> 0
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(unit() * limit)
  const between = (low: number, high: number) => low + below(high - low + 1)
  return { below, between, int16: (length, most) => Int16Array.from({ length }, () => between(-most, most)) }
}
