import type { ManifestPeriod } from '../anchor/manifest.ts'
import { maximum, minimum } from './attribution/integers.ts'
import { assertSame, differ } from './difference.ts'
import { assertAscending } from './published-shapes.ts'
import type { State } from './state.ts'
import { addTo } from './sums.ts'
import { compareEntries } from './waiting.ts'

/**
 * What is held and belongs to no account, by token: fees outside a licence, the pools of periods, what was held back, and what
 * waits for features or ratings, what disputes hold with their bonds, and what was recovered and not yet paid on.
 */
export function heldInState(state: State): Map<string, bigint> {
  const { outside, periods, reserves, waiting, outcomes, disputes, recoveries } = state
  const held = new Map<string, bigint>()
  for (const { token, fees } of outside) addTo(held, token, BigInt(fees))
  for (const { token, pool } of periods) addTo(held, token, BigInt(pool))
  for (const { token, amount } of reserves) addTo(held, token, BigInt(amount))
  for (const { token, part, taken, fees } of waiting) {
    addTo(held, token, BigInt(part) - (BigInt(part) * BigInt(taken)) / BigInt(fees))
  }
  for (const { token, part } of outcomes) addTo(held, token, BigInt(part))
  for (const { token, bond, held: amount } of disputes) addTo(held, token, BigInt(bond) + BigInt(amount))
  for (const { token, amount } of recoveries) addTo(held, token, BigInt(amount))
  return held
}

/**
 * What the books of each period say of each other, whatever its scores are (docs/formats.md#settlement rule 5): a period pays
 * at most a ninth more than its own data parts and carries at most these, or what was carried in.
 *
 * @throws DifferenceFound
 */
export function checkPeriodBooks(periods: readonly ManifestPeriod[], state: State): void {
  for (const [index, period] of periods.entries()) {
    const where = (key: string) => `manifest.json periods[${index}].${key}`
    const [pool, carriedIn] = [BigInt(period.pool), BigInt(period.carriedIn)]
    const earned = BigInt(period.paid) + BigInt(period.heldBack)
    const own = pool - carriedIn
    if (own < 0n) differ('periods', where('carriedIn'), `at most the pool, ${pool}`, period.carriedIn)
    const payable = period.state === 'paid' ? minimum(pool, own + own / 9n) : 0n
    if (earned > payable) differ('periods', where('paid + heldBack'), `at most ${payable}`, `${earned}`)
    const carried = period.state === 'paid' ? minimum(pool - earned, maximum(own, carriedIn)) : 0n
    assertSame('periods', where('carried'), carried.toString(), period.carried)
    const given = period.state === 'held' ? 0n : pool - earned - carried
    assertSame('periods', where('unattributed'), given.toString(), period.unattributed)
    checkCarriedOut(period, state)
  }
}

/** state.json goes on where the period ended. */
function checkCarriedOut({ model, token, state: outcome, ...period }: ManifestPeriod, { periods }: State): void {
  const entry = periods.find((each) => each.model === model && each.token === token)
  const where = `state.json periods (${model}, ${token})`
  const isHeld = outcome === 'held'
  assertSame('periods', `${where} pool`, isHeld ? period.pool : period.carried, entry?.pool)
  assertSame('periods', `${where} carriedIn`, isHeld ? period.carriedIn : period.carried, entry?.carriedIn)
}

/**
 * Whatever waits has some of its fees without features and some of its wait to come (docs/formats.md#settlement rule 4).
 *
 * @throws DifferenceFound
 */
export function checkWaiting({ epoch, waiting }: State): void {
  assertAscending('state', 'state.json waiting', waiting, compareEntries)
  for (const [index, { epoch: since, until, taken, fees }] of waiting.entries()) {
    const where = (key: string) => `state.json waiting[${index}].${key}`
    if (since > epoch) differ('state', where('epoch'), `at most ${epoch}`, `${since}`)
    if (until <= epoch) differ('state', where('until'), `above ${epoch}`, `${until}`)
    if (BigInt(taken) >= BigInt(fees)) differ('state', where('taken'), `below ${fees}`, taken)
  }
}
