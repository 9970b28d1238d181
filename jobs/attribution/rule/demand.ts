import type { Weights } from '../kernel/kernels.ts'
import type { PeriodEvents } from '../rows.ts'

/** θ = .9 / d in millionths (docs/attribution.md step 5). */
const THETA_MILLIONTHS = 900_000n
/** Weights are kept in 256ths of a unit, so that a low cap does not round them away. */
const FRACTION = 256
const LIMB = 2 ** 24

/** mp of step 4: (p16 · multiplier) >> 16; 0 for who pays for his own. */
export function baseWeights(events: PeriodEvents): Uint32Array {
  const { p16, own, rows } = events
  return Uint32Array.from(p16, (p, event) =>
    own[event] === 1 ? 0 : Math.floor((p * rows.multipliers[event]!) / 65_536),
  )
}

/** What each event counts: m = fee' · q, q = min(256·mp, θD̄ div M). */
export interface EventWeights {
  readonly limbs: Weights
  /** (Σm)² div Σm², 0 when nothing counts. */
  readonly effectiveEvents: bigint
}

/**
 * @param base   mp, below 2^16
 * @param bound  θD̄, null: not capped
 */
export function weigh(
  fees: Float64Array,
  base: Uint32Array,
  movement: BigInt64Array,
  bound: bigint | null,
): EventWeights {
  const limbs = [new Float64Array(fees.length), new Float64Array(fees.length), new Float64Array(fees.length)] as const
  let sum = 0n
  let squares = 0n
  for (let event = 0; event < fees.length; event++) {
    const q = cappedWeight(base[event]!, movement[event]!, bound)
    const fee = fees[event]!
    if (q === 0 || fee === 0) continue
    const feeHigh = Math.floor(fee / LIMB)
    const low = (fee - feeHigh * LIMB) * q
    const middle = feeHigh * q + Math.floor(low / LIMB)
    limbs[0][event] = low % LIMB
    limbs[1][event] = middle % LIMB
    limbs[2][event] = Math.floor(middle / LIMB)
    const m = BigInt(fee) * BigInt(q)
    sum += m
    squares += m * m
  }
  return { limbs, effectiveEvents: squares === 0n ? 0n : (sum * sum) / squares }
}

function cappedWeight(base: number, movement: bigint, bound: bigint | null): number {
  const uncapped = FRACTION * base
  if (bound === null || uncapped === 0) return uncapped
  const cap = bound / movement
  return cap < BigInt(uncapped) ? Number(cap) : uncapped
}

/** θD̄ = 900,000 · D̄ div data parts. */
export function boundOf(dBar: bigint, dataParts: number): bigint {
  return (THETA_MILLIONTHS * dBar) / BigInt(dataParts)
}

/**
 * Below so much D̄ says nothing any more: nearly every event is capped, and all scores scale with it (docs/attribution.md
 * step 5). From medians by fee, which nobody who pays less than half of the fees can move far.
 */
export function leastDBar(fees: Float64Array, base: Uint32Array, movement: BigInt64Array): bigint {
  const paid = Uint32Array.from([...fees.keys()].filter((event) => fees[event]! > 0 && base[event]! > 0))
  if (paid.length === 0) return 1n
  const byBase = paid.slice().sort((a, b) => base[a]! - base[b]!)
  const byMovement = paid
    .slice()
    .sort((a, b) => (movement[a]! < movement[b]! ? -1 : movement[a]! > movement[b]! ? 1 : 0))
  const typical = BigInt(FRACTION * base[medianByFee(byBase, fees)]!) * movement[medianByFee(byMovement, fees)]!
  return atLeastOne(typical >> 10n)
}

/** The first event at which half of all fees is reached. */
function medianByFee(order: Uint32Array, fees: Float64Array): number {
  const total = order.reduce((sum, event) => sum + BigInt(fees[event]!), 0n)
  let sum = 0n
  for (const event of order) {
    sum += BigInt(fees[event]!)
    if (2n * sum >= total) return event
  }
  return order.at(-1)!
}

/** D̄ of the next period: what this one observed, moved by at most a tenth (free in the first). */
export function nextDBar(dBar: bigint, observed: bigint, least: bigint, isFirst: boolean): bigint {
  const low = (dBar * 9n) / 10n
  const high = (dBar * 11n) / 10n
  const moved = isFirst ? observed : observed < low ? low : observed > high ? high : observed
  return atLeastOne(moved < least ? least : moved)
}

function atLeastOne(value: bigint): bigint {
  return value < 1n ? 1n : value
}
