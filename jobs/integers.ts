/** ⌊√n⌋ of a non-negative integer, by Newton's method. */
export function isqrt(n: bigint): bigint {
  if (n < 2n) return n
  let x = 1n << BigInt((bitLength(n) + 1) >> 1)
  for (;;) {
    const next = (x + n / x) >> 1n
    if (next >= x) return x
    x = next
  }
}

/** Bits of a non-negative integer; 0 has none. */
export function bitLength(n: bigint): number {
  return n === 0n ? 0 : n.toString(2).length
}

/** `value · 2^by`; floors when `by` is negative. */
export function shiftBy(value: bigint, by: number): bigint {
  return by >= 0 ? value << BigInt(by) : value >> BigInt(-by)
}

/** Rounds to the nearest whole number, halves to the even one (IEEE 754 roundTiesToEven). |x| < 2^52. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  const fraction = x - floor
  if (fraction < 0.5) return floor
  if (fraction > 0.5) return floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/** ⌊log2 |x|⌋ of a normal, non-zero float64, read from its bits. */
export function floorLog2(x: number): number {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, x)
  return ((bits.getUint16(0) >> 4) & 0x7ff) - 1023
}
