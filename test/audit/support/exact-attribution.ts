import type { Contribution, PeriodEvent, Shape } from '../../../audit/attribution/period.ts'
import {
  absolute,
  big,
  bits,
  exponentOf,
  type Fraction,
  factorExactly,
  type Inverse,
  invertExactly,
  isClose,
  isNearTie,
  max,
  min,
  multiply,
  range,
  rint,
  root,
  scaled,
  shift,
  sum,
} from './exact-arithmetic.ts'

export interface ExactInput extends Shape {
  /** By account in the order of the accounts; nothing that is a duplicate. */
  readonly accounts: readonly { readonly items: readonly Contribution[] }[]
  readonly events: readonly PeriodEvent[]
  readonly dataParts: bigint
  readonly dBarFixed: bigint | null
}

export interface ExactResult {
  readonly lambda: bigint
  readonly lambdaRetries: number
  /** K + λI. */
  readonly matrix: readonly (readonly bigint[])[]
  readonly exponent: number
  /** Ψ by account: of what is kept, then of what was withdrawn. */
  readonly psis: readonly (readonly bigint[])[]
  /** A rounding that decides something came so close to a half that float64 may see it on the other side. */
  readonly isClose: boolean
  /** M of each event. */
  readonly moved: readonly bigint[]
  readonly least: bigint
  readonly dBar: bigint
  readonly fees: bigint
  readonly weights: readonly bigint[]
  readonly effectiveEvents: bigint
  readonly g: readonly bigint[]
  readonly v: readonly number[]
  readonly vExponent: number
  /** s by account. */
  readonly scores: readonly bigint[]
  readonly sumPositive: bigint
  readonly denominator: bigint
}

/** Binary places of the one thing that is no fraction, the Cholesky factor of step 4b. */
const PLACES = 300

/**
 * docs/attribution.md once more, in bigint and exact fractions only: no float64, no order of operations. Good for problems of
 * a few dimensions, where float64 is far from any tie of the roundings. Undefined when there is nothing to solve.
 */
export function attributeExactly(input: ExactInput): ExactResult | undefined {
  const items = input.accounts.flatMap((account) => account.items)
  const k = curvature(items, input)
  const lambda = max(1n, (3n * sum(k.map((row, i) => row[i]!))) / (10n * big(k.length)))
  const ridged = (ridge: bigint) => k.map((row, i) => row.map((value, j) => (i === j ? value + ridge : value)))
  const inverses = new Map<number, Inverse>()
  const inverseOf = (retries: number) => {
    const inverse = inverses.get(retries) ?? invertExactly(ridged(lambda + big(retries)))
    inverses.set(retries, inverse)
    return inverse
  }
  const u = multipliers(items)
  const gradients = input.events.map((event) => eventGradient(event, input))
  const groups = input.accounts.flatMap(({ items: own }) => [
    own.filter((item) => !item.isWithdrawn),
    own.filter((item) => item.isWithdrawn),
  ])
  const psis = groups.map((group) => psi(group, u, input))
  const groupCount = groups.filter((group) => group.length > 0).length
  const isEach =
    groupCount <= 1_024 ||
    (groupCount <= 16_384 && groupCount * input.events.length <= 2 ** 27 && groupCount * k.length <= 2 ** 24)
  const moving = psis.filter((each) => each.some((value) => value !== 0n))
  const fees = shiftedFees(input.events)
  if (moving.length === 0 || sum(fees) === 0n || input.dataParts === 0n) return undefined
  const movement = (isEach ? byGroup : byForm)(moving, gradients, inverseOf(0), { ...input, groupCount })
  const { exponent } = movement

  const scored = (weights: readonly bigint[]) => {
    const g = range(k.length).map((i) => sum(weights.map((weight, e) => weight * gradients[e]![i]!)))
    const vector = demandVector(g, inverseOf, input)
    // Σ w_i·u_i over a group is ⟨Ψ, V⟩.
    const sums = psis.map((each) => shift(dot(each, vector.v), exponent - vector.vExponent))
    const scores = input.accounts.map((_, c) => sums[2 * c]! + min(0n, sums[2 * c + 1]!))
    return { ...vector, g, scores, sumPositive: sum(scores.map((score) => max(0n, score))) }
  }
  const demand = level(input, fees, movement, (weights) => scored(weights).sumPositive)
  const result = scored(demand.weights)
  return {
    ...{ lambda, matrix: ridged(lambda), psis },
    ...movement,
    ...demand,
    ...result,
    v: result.v.map(Number),
    denominator: max(result.sumPositive, demand.dBar * demand.fees),
  }
}

const dot = (a: readonly bigint[], b: readonly bigint[]) => sum(a.map((value, i) => value * b[i]!))
/** |g|₁, which for err ⊗ b is Σ|err|·Σ|b|. */
const norm = (g: readonly bigint[]) => sum(g.map(absolute))
/** errors ⊗ vector. */
const outer = (errors: readonly bigint[], vector: Int8Array) =>
  errors.flatMap((error) => Array.from(vector, (value) => error * big(value)))

function curvature(items: readonly Contribution[], { kind, rank, classes }: Shape): bigint[][] {
  const k = range(rank * classes).map(() => range(rank * classes).map(() => 0n))
  for (const item of items) {
    const ah = Array.from(item.a, (value) => (big(value) * big(item.ua)) >> 11n)
    const p8 = Array.from(item.p, (p) => (256n * big(p) + 500n) / 1000n)
    const w = sum(p8)
    for (const i of range(k.length)) {
      for (const j of range(k.length)) {
        const [c, d] = [Math.floor(i / rank), Math.floor(j / rank)]
        const weight = kind === 'dense' ? 1n : (c === d ? w * p8[c]! : 0n) - p8[c]! * p8[d]!
        k[i]![j]! += weight * ah[i % rank]! * ah[j % rank]!
      }
    }
  }
  return k
}

function multipliers(items: readonly Contribution[]): Map<Contribution, bigint> {
  const nn = items.map((item) => big(item.ua) ** 2n * sum(Array.from(item.a, (value) => big(value) ** 2n)))
  const lifted = nn.filter((value) => value > 0n).sort((x, y) => (x < y ? -1 : x > y ? 1 : 0))
  const median = lifted[Math.floor((lifted.length - 1) / 2)] ?? 0n
  return new Map(
    items.map((item, i) => {
      const q = nn[i] === 0n ? 2n ** 32n : (25n * median * 2n ** 32n) / (16n * nn[i]!)
      const cap = q >= 2n ** 32n ? 65536n : root(q)
      return [item, (big(item.ua) * cap) >> 12n]
    }),
  )
}

function psi(own: readonly Contribution[], u: ReadonlyMap<Contribution, bigint>, shape: Shape): bigint[] {
  const total = range(shape.rank * shape.classes).map(() => 0n)
  for (const item of own) {
    const errors = range(shape.classes).map((c) => {
      const onehot = c === item.label ? 1000n : 0n
      return shape.kind === 'dense' ? 1n : 18n * (big(item.p[c]!) - onehot) + 2n * (1000n / big(shape.classes) - onehot)
    })
    for (const [i, value] of outer(errors, item.a).entries()) total[i]! += value * u.get(item)!
  }
  return total
}

function eventGradient(event: PeriodEvent, { kind, classes }: Shape): bigint[] {
  const error = (c: number) => big(event.p[c]!) - (c === event.label ? 1000n : 0n)
  return outer(
    range(classes).map((c) => (kind === 'dense' ? 1n : error(c))),
    event.b,
  )
}

function shiftedFees(events: readonly PeriodEvent[]): bigint[] {
  const by = Math.max(0, bits(sum(events.map((event) => event.fee))) - 48)
  return events.map((event) => shift(event.fee, -by))
}

type Movement = Pick<ExactResult, 'exponent' | 'moved' | 'isClose'>
type Mover = (
  psis: readonly (readonly bigint[])[],
  gradients: readonly (readonly bigint[])[],
  inverse: Inverse,
  shape: Shape & { readonly groupCount: number },
) => Movement

const rounded = (values: readonly Fraction[], k: number) => values.map((value) => rint(scaled(value, k)))

const byGroup: Mover = (psis, gradients, inverse, { groupCount }) => {
  const solutions = psis.map((each) => multiply(inverse, each))
  const own = solutions.map((solution) => exponentOf(solution, 15))
  const spread = Math.min(10, 20 - bits(big(groupCount - 1)))
  const exponents = own.map((k) => Math.min(k, Math.min(...own) + spread))
  const exponent = Math.max(...exponents)
  const sHat = solutions.map((solution, g) => rounded(solution, exponents[g]!))
  const moved = gradients.map((gradient) => {
    const t = sHat.map((each, g) => dot(gradient, each) * 2n ** big(exponent - exponents[g]!))
    const most = max(sum(t.map((value) => max(value, 0n))), sum(t.map((value) => max(-value, 0n))))
    const roundings = sum(exponents.map((each) => 2n ** big(exponent - each)))
    return 1n + most + (norm(gradient) * roundings + 1n) / 2n
  })
  return { exponent, moved, isClose: solutions.some((solution, g) => isClose(solution, own[g]!)) }
}

const byForm: Mover = (psis, gradients, inverse, { kind, rank, classes }) => {
  const size = rank * classes
  const h = psis.map((each) => (bits(dot(each, each)) + 3) >> 2)
  const w = sum(h.map((each) => 4n ** big(each)))
  const t = (bits(w) - 51) >> 1
  const ys = psis.map((each, g) => each.map((value) => shift(value, -(h[g]! + t))))
  const form = range(size).map((i) => range(size).map((j) => sum(ys.map((y) => y[i]! * y[j]!))))
  const ridge = 65n * big(psis.length * size) + 1n + ((sum(form.map((row, i) => row[i]!)) / big(size)) >> 20n)
  const l = factorExactly(
    form.map((row, i) => row.map((value, j) => (i === j ? value + ridge : value))),
    PLACES,
  )
  const columns = range(size).map((j) => {
    const column = l.map((row) => row[j]!)
    return multiply(inverse, column).map((value) => scaled(value, -PLACES))
  })
  const kR = exponentOf(columns.flat(), 15)
  const rHat = columns.map((column) => rounded(column, kR))
  const eventErrors = kind === 'dense' ? 1 : 2_100
  const z = Math.max(0, bits(big(eventErrors * 63 * rank * 32_767)) - ((52 - bits(big(size))) >> 1))
  const spread = (root(w) + 1n) * 2n ** big(z)
  const drop = Math.max(0, bits(spread) + 27 - 60)
  const exponent = kR - t - drop
  const total = range(size).map((i) => sum(psis.map((each) => each[i]!)))
  const s = multiply(inverse, total)
  const kS = total.every((value) => value === 0n) ? 0 : exponentOf(s, 24)
  const sHat = rounded(s, kS)
  const moved = gradients.map((gradient) => {
    const q = sum(rHat.map((column) => (shift(absolute(dot(gradient, column)), -z) + 1n) ** 2n))
    const isStill = total.every((value) => value === 0n)
    const net = isStill
      ? 0n
      : absolute(shift(dot(gradient, sHat), exponent - kS)) + shift(norm(gradient), exponent - kS - 1) + 1n
    const rounded = shift((root(big(size)) + 1n) * norm(gradient), -(z + 1))
    const length = root(q) + rounded + 2n
    return 1n + shift(shift(spread * (length + (length >> 7n) + 1n), -drop) + 1n + net, -1)
  })
  const isSumClose = total.some((value) => value !== 0n) && isClose(s, kS)
  return { exponent, moved, isClose: isSumClose || isClose(columns.flat(), kR) }
}

function demandVector(g: readonly bigint[], inverseOf: (retries: number) => Inverse, { kind, rank }: Shape) {
  if (g.every((value) => value === 0n)) return { v: g, vExponent: 0, lambdaRetries: 0 }
  const limit = Math.min(24, 53 - bits(big((kind === 'dense' ? 1 : 42_000) * 63 * rank)))
  for (let lambdaRetries = 0; ; lambdaRetries++) {
    const x = multiply(inverseOf(lambdaRetries), g)
    const vExponent = exponentOf(x, limit)
    if (lambdaRetries < 64 && x.some((value) => isNearTie(scaled(value, vExponent)))) continue
    return { v: rounded(x, vExponent), vExponent, lambdaRetries }
  }
}

function level(
  { events, dataParts, dBarFixed }: ExactInput,
  fee: readonly bigint[],
  { moved, exponent }: Movement,
  positiveOf: (weights: readonly bigint[]) => bigint,
) {
  const fees = sum(fee)
  const mp = events.map((event) => (event.isPayerOwner ? 0n : (big(event.p16) * big(event.ub)) >> 16n))
  const uncapped = events.map((_, e) => fee[e]! * 256n * mp[e]!)
  const at = (dBar: bigint) =>
    events.map((_, e) => fee[e]! * min(256n * mp[e]!, (900_000n * dBar) / dataParts / moved[e]!))
  const weighing = range(events.length).filter((e) => fee[e]! > 0n && mp[e]! > 0n)
  const least =
    weighing.length === 0 ? 1n : max(1n, (256n * median(mp, fee, weighing) * median(moved, fee, weighing)) >> 10n)
  let dBar: bigint
  if (dBarFixed === null) {
    dBar = max(least, positiveOf(uncapped) / fees)
    for (const _ of range(32)) if (dBar > least) dBar = max(least, min(dBar, positiveOf(at(dBar)) / fees))
  } else {
    dBar = max(least, shift(dBarFixed, exponent - 128))
  }
  const weights = at(dBar)
  const whole = sum(weights)
  const effectiveEvents = whole === 0n ? 0n : whole ** 2n / sum(weights.map((weight) => weight ** 2n))
  return { fees, least, dBar, weights, effectiveEvents }
}

/** By fee: the least value such that values up to it have at least half of the fees. */
function median(values: readonly bigint[], fee: readonly bigint[], among: readonly number[]): bigint {
  const feesUpTo = (value: bigint) => sum(among.filter((e) => values[e]! <= value).map((e) => fee[e]!))
  const whole = sum(among.map((e) => fee[e]!))
  return [...new Set(among.map((e) => values[e]!))].filter((value) => 2n * feesUpTo(value) >= whole).reduce(min)
}
