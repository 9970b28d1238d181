/** ⌊√n⌋ of a non-negative integer of any size, by Newton's iteration from above. */
export function integerSquareRoot(n: bigint): bigint {
  if (n < 2n) return n
  let root = 1n << BigInt(Math.ceil(bitLength(n) / 2))
  for (;;) {
    const next = (root + n / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** Number of binary digits; 0 of 0. */
export function bitLength(n: bigint): number {
  return n === 0n ? 0 : n.toString(2).length
}

/** n · 2^by; a right shift floors. */
export function shifted(n: bigint, by: number): bigint {
  return by >= 0 ? n << BigInt(by) : n >> BigInt(-by)
}

export function maximum(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

export function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/** A float64 as mantissa · 2^exponent, exactly; mantissa odd unless the value is 0. */
export function dyadic(value: number): { mantissa: bigint; exponent: number } {
  if (value === 0) return { mantissa: 0n, exponent: 0 }
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const biased = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  let mantissa = biased === 0 ? fraction : fraction | (1n << 52n)
  let exponent = (biased === 0 ? 1 : biased) - 1075
  while ((mantissa & 1n) === 0n) {
    mantissa >>= 1n
    exponent++
  }
  return { mantissa: bits >> 63n === 1n ? -mantissa : mantissa, exponent }
}

/** ⌊log2 value⌋ of a positive float64, from its bits. */
export function floorLog2(value: number): number {
  const { mantissa, exponent } = dyadic(value)
  return exponent + bitLength(mantissa) - 1
}

/** Rounds half to even. `Math.round` rounds half up. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const fraction = value - floor
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}
