/** A fraction with a positive denominator. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

export const big = BigInt
export const range = (length: number) => Array.from({ length }, (_, index) => index)
export const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n)
export const max = (a: bigint, b: bigint) => (a > b ? a : b)
export const min = (a: bigint, b: bigint) => (a < b ? a : b)
export const absolute = (value: bigint) => (value < 0n ? -value : value)
/** Length in binary. */
export const bits = (value: bigint) => (value === 0n ? 0 : value.toString(2).length)
/** n·2^by, floored. */
export const shift = (n: bigint, by: number) => (by >= 0 ? n * 2n ** big(by) : floorDivide(n, 2n ** big(-by)))

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

/** ⌊√n⌋ by bisection. */
export function root(n: bigint): bigint {
  let low = 0n
  let high = n + 1n
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (middle * middle <= n) low = middle
    else high = middle
  }
  return low
}

export function scaled({ numerator, denominator }: Fraction, by: number): Fraction {
  return by >= 0
    ? { numerator: numerator << big(by), denominator }
    : { numerator, denominator: denominator << big(-by) }
}

/** Half to even. */
export function rint({ numerator, denominator }: Fraction): bigint {
  const magnitude = absolute(numerator)
  const floor = magnitude / denominator
  const twice = 2n * (magnitude % denominator)
  const up = twice > denominator || (twice === denominator && floor % 2n === 1n)
  const rounded = up ? floor + 1n : floor
  return numerator < 0n ? -rounded : rounded
}

/** Whether the fractional part is within 10^−6 of a half. */
export function isNearTie({ numerator, denominator }: Fraction): boolean {
  const rest = absolute(numerator) % denominator
  return absolute(2n * rest - denominator) * 10n ** 6n <= 2n * denominator
}

/** The largest k with rint(2^k·max|values|) < 2^limit, by trying. */
export function exponentOf(values: readonly Fraction[], limit: number): number {
  const largest = largestOf(values)
  const fits = (k: number) => absolute(rint(scaled(largest, k))) < 2n ** big(limit)
  let k = 0
  while (fits(k)) k++
  while (!fits(k)) k--
  return k
}

/** Whether float64 could round one of 2^k·values the other way, or find another k = exponentOf(values). */
export function isClose(values: readonly Fraction[], k: number): boolean {
  return values.some((value) => isNearTie(scaled(value, k))) || isNearTie(scaled(largestOf(values), k + 1))
}

function largestOf(values: readonly Fraction[]): Fraction {
  return values.reduce((found, value) => (compareMagnitude(value, found) > 0 ? value : found))
}

function compareMagnitude(a: Fraction, b: Fraction): number {
  const difference = absolute(a.numerator) * b.denominator - absolute(b.numerator) * a.denominator
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}

/** Inverse of a symmetric positive definite matrix: whole numbers over its determinant. */
export interface Inverse {
  readonly rows: readonly (readonly bigint[])[]
  readonly determinant: bigint
}

/** Fraction-free elimination (Bareiss), of the matrix beside the unit matrix. */
export function invertExactly(a: readonly (readonly bigint[])[]): Inverse {
  const size = a.length
  const m = a.map((row, i) => [...row, ...range(size).map((j) => (i === j ? 1n : 0n))])
  let before = 1n
  for (const step of range(size)) {
    const pivot = m[step]![step]!
    for (const i of range(size)) {
      if (i === step) continue
      const factor = m[i]![step]!
      for (const j of range(2 * size)) m[i]![j] = (m[i]![j]! * pivot - factor * m[step]![j]!) / before
    }
    before = pivot
  }
  return { rows: m.map((row) => row.slice(size)), determinant: before }
}

export function multiply({ rows, determinant: denominator }: Inverse, b: readonly bigint[]): Fraction[] {
  return rows.map((row) => ({ numerator: sum(row.map((value, j) => value * b[j]!)), denominator }))
}

/** A⁻¹·b. */
export function solveExactly(a: readonly (readonly bigint[])[], b: readonly bigint[]): Fraction[] {
  return multiply(invertExactly(a), b)
}

/** Cholesky factor in units of 2^−`places`, right to about as many binary places. */
export function factorExactly(a: readonly (readonly bigint[])[], places: number): bigint[][] {
  const one = 1n << big(places)
  const l = a.map((row) => row.map(() => 0n))
  for (const j of range(a.length)) {
    for (const i of range(a.length).slice(j)) {
      const rest = a[i]![j]! * one * one - sum(range(j).map((k) => l[i]![k]! * l[j]![k]!))
      l[i]![j] = i === j ? root(rest) : rest / l[j]![j]!
    }
  }
  return l
}
