import type { Contribution, PeriodEvent } from '../../../audit/attribution/period.ts'

/** A fraction with a positive denominator. */
interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

export interface ExactInput {
  readonly rank: number
  readonly classes: number
  /** Kept items only, by account in the order of the accounts. */
  readonly accounts: readonly { readonly items: readonly Contribution[] }[]
  readonly events: readonly PeriodEvent[]
  readonly dataParts: bigint
  readonly dBarFixed: bigint | null
}

export interface ExactResult {
  readonly lambda: bigint
  /** K + λI. */
  readonly matrix: readonly (readonly bigint[])[]
  readonly kMax: number
  readonly accounts: readonly { readonly k: number; readonly sHat: readonly number[]; readonly s: bigint }[]
  readonly dBar: bigint
  readonly fees: bigint
  readonly weights: readonly bigint[]
  readonly v: readonly number[]
}

const big = BigInt
const range = (length: number) => Array.from({ length }, (_, index) => index)
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n)
const max = (a: bigint, b: bigint) => (a > b ? a : b)
const min = (a: bigint, b: bigint) => (a < b ? a : b)
const absolute = (value: bigint) => (value < 0n ? -value : value)

/**
 * docs/attribution.md once more, in bigint and exact fractions only: no float64, no order of operations. Good for problems of
 * a few dimensions, where float64 is far from any tie of the roundings.
 */
export function attributeExactly(input: ExactInput): ExactResult {
  const { rank, classes } = input
  const items = input.accounts.flatMap((account) => account.items)
  const k = curvature(items, rank, classes)
  const size = rank * classes
  const trace = sum(range(size).map((i) => k[i]![i]!))
  const lambda = max(1n, (3n * trace) / (10n * big(size)))
  const a = k.map((row, i) => row.map((value, j) => (i === j ? value + lambda : value)))
  const u = multipliers(items)
  const solutions = input.accounts.map((account) => solveExactly(a, psi(account.items, items, u, rank, classes)))
  const own = solutions.map(exponent)
  const kMin = Math.min(...own)
  const accounts = solutions.map((solution, c) => {
    const kc = Math.min(own[c]!, kMin + 20)
    return { k: kc, sHat: solution.map((value) => Number(rint(scaled(value, kc)))) }
  })
  const kMax = Math.max(...accounts.map((account) => account.k))
  const t = input.events.map((event) =>
    accounts.map(({ k: kc, sHat }) => {
      const products = range(size).map(
        (i) => error(event)[Math.floor(i / rank)]! * big(event.b[i % rank]!) * big(sHat[i]!),
      )
      return sum(products) * 2n ** big(kMax - kc)
    }),
  )
  const demand = demandExactly(input, t, kMax)
  const g = range(size).map((i) =>
    sum(
      input.events.map(
        (event, e) => demand.weights[e]! * error(event)[Math.floor(i / rank)]! * big(event.b[i % rank]!),
      ),
    ),
  )
  return {
    lambda,
    matrix: a,
    kMax,
    accounts: accounts.map((account, c) => ({ ...account, s: demand.scores[c]! })),
    dBar: demand.dBar,
    fees: demand.fees,
    weights: demand.weights,
    v: itemVector(solveExactly(a, g)),
  }
}

function curvature(items: readonly Contribution[], rank: number, classes: number): bigint[][] {
  const size = rank * classes
  const k = range(size).map(() => range(size).map(() => 0n))
  for (const item of items) {
    const ah = [...item.a].map((value) => (big(value) * big(item.ua)) >> 11n)
    const p8 = item.p.map((p) => (256n * big(p) + 500n) / 1000n)
    const w = sum(p8)
    for (const i of range(size)) {
      for (const j of range(size)) {
        const [c, d] = [Math.floor(i / rank), Math.floor(j / rank)]
        const weight = (c === d ? w * p8[c]! : 0n) - p8[c]! * p8[d]!
        k[i]![j]! += weight * ah[i % rank]! * ah[j % rank]!
      }
    }
  }
  return k
}

function multipliers(items: readonly Contribution[]): bigint[] {
  const nn = items.map((item) => big(item.ua) ** 2n * sum([...item.a].map((value) => big(value) ** 2n)))
  const median = [...nn].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0))[Math.floor((items.length - 1) / 2)]!
  return items.map((item, i) => {
    const q = nn[i] === 0n ? 2n ** 32n : (25n * median * 2n ** 32n) / (16n * nn[i]!)
    const cap = q >= 2n ** 32n ? 65536n : root(q)
    return (big(item.ua) * cap) >> 12n
  })
}

function psi(
  own: readonly Contribution[],
  all: readonly Contribution[],
  u: readonly bigint[],
  rank: number,
  classes: number,
): bigint[] {
  return range(rank * classes).map((i) => {
    const c = Math.floor(i / rank)
    return sum(
      own.map((item) => {
        const onehot = c === item.label ? 1000n : 0n
        const err = 18n * (big(item.p[c]!) - onehot) + 2n * (1000n / big(classes) - onehot)
        return err * big(item.a[i % rank]!) * u[all.indexOf(item)]!
      }),
    )
  })
}

function demandExactly({ events, dataParts, dBarFixed }: ExactInput, t: readonly bigint[][], kMax: number) {
  const shift = max(0n, big(sum(events.map((event) => event.fee)).toString(2).length) - 48n)
  const fee = events.map((event) => event.fee >> shift)
  const fees = sum(fee)
  const moved = t.map(
    (row) => 1n + max(sum(row.map((value) => max(value, 0n))), sum(row.map((value) => max(-value, 0n)))),
  )
  const mp = events.map((event) => (big(event.p16) * big(event.ub)) >> 16n)
  const weightsAt = (cap: (e: number) => bigint) =>
    events.map((event, e) => (event.isPayerOwner ? 0n : fee[e]! * min(mp[e]!, cap(e))))
  const at = (dBar: bigint) => weightsAt((e) => (900_000n * dBar) / dataParts / moved[e]!)
  const scoresOf = (weights: readonly bigint[]) =>
    t[0]!.map((_, c) => sum(weights.map((weight, e) => weight * t[e]![c]!)))
  const perFee = (weights: readonly bigint[]) => sum(scoresOf(weights).map((score) => max(0n, score))) / fees
  let dBar: bigint
  if (dBarFixed === null) {
    dBar = max(1n, perFee(weightsAt((e) => mp[e]!)))
    for (const _ of range(32)) dBar = max(1n, min(dBar, perFee(at(dBar))))
  } else {
    dBar = max(1n, kMax > 128 ? dBarFixed << big(kMax - 128) : dBarFixed >> big(128 - kMax))
  }
  const weights = at(dBar)
  return { dBar, fees, weights, scores: scoresOf(weights) }
}

function error(event: PeriodEvent): bigint[] {
  return event.p.map((p, c) => big(p) - (c === event.label ? 1000n : 0n))
}

function itemVector(x: readonly Fraction[]): number[] {
  const largest = x.reduce((found, value) => (compareMagnitude(value, found) > 0 ? value : found))
  return x.map(({ numerator, denominator }) => {
    return Number(
      rint({
        numerator: 32767n * numerator * largest.denominator,
        denominator: denominator * absolute(largest.numerator),
      }),
    )
  })
}

/** Cramer's rule with fraction-free elimination (Bareiss). */
export function solveExactly(a: readonly (readonly bigint[])[], b: readonly bigint[]): Fraction[] {
  const denominator = determinant(a)
  return b.map((_, column) => {
    const numerator = determinant(a.map((row, i) => row.map((value, j) => (j === column ? b[i]! : value))))
    return denominator < 0n ? { numerator: -numerator, denominator: -denominator } : { numerator, denominator }
  })
}

function determinant(matrix: readonly (readonly bigint[])[]): bigint {
  const m = matrix.map((row) => [...row])
  let before = 1n
  let sign = 1n
  for (const step of range(m.length - 1)) {
    const pivot = m.findIndex((row, i) => i >= step && row[step] !== 0n)
    if (pivot === -1) return 0n
    if (pivot !== step) {
      ;[m[pivot], m[step]] = [m[step]!, m[pivot]!]
      sign = -sign
    }
    for (let i = step + 1; i < m.length; i++) {
      for (let j = step + 1; j < m.length; j++) {
        m[i]![j] = (m[i]![j]! * m[step]![step]! - m[i]![step]! * m[step]![j]!) / before
      }
    }
    before = m[step]![step]!
  }
  return sign * m.at(-1)!.at(-1)!
}

function compareMagnitude(a: Fraction, b: Fraction): number {
  const difference = absolute(a.numerator) * b.denominator - absolute(b.numerator) * a.denominator
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}

function scaled({ numerator, denominator }: Fraction, by: number): Fraction {
  return by >= 0
    ? { numerator: numerator << big(by), denominator }
    : { numerator, denominator: denominator << big(-by) }
}

/** 14 − ⌊log2 max|S|⌋, one less when that rounds above 32,767. */
function exponent(solution: readonly Fraction[]): number {
  const largest = solution.reduce((found, value) => (compareMagnitude(value, found) > 0 ? value : found))
  const magnitude = { numerator: absolute(largest.numerator), denominator: largest.denominator }
  let log = 0
  while (scaled(magnitude, -log).numerator >= 2n * scaled(magnitude, -log).denominator) log++
  while (scaled(magnitude, -log).numerator < scaled(magnitude, -log).denominator) log--
  const k = 14 - log
  return rint(scaled(magnitude, k)) > 32767n ? k - 1 : k
}

/** Half to even. */
function rint({ numerator, denominator }: Fraction): bigint {
  const negative = numerator < 0n
  const magnitude = absolute(numerator)
  const floor = magnitude / denominator
  const twice = 2n * (magnitude % denominator)
  const up = twice > denominator || (twice === denominator && floor % 2n === 1n)
  const rounded = up ? floor + 1n : floor
  return negative ? -rounded : rounded
}

function root(n: bigint): bigint {
  let low = 0n
  let high = n + 1n
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (middle * middle <= n) low = middle
    else high = middle
  }
  return low
}
