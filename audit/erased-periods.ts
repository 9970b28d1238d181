import type { ManifestPeriod } from '../anchor/manifest.ts'
import type { EventBodies } from '../schemas/events.ts'
import { apportion } from './apportion.ts'
import type { PeriodResult } from './attribution/attribute.ts'
import { shiftedFees, sumOfFees } from './attribution/fees.ts'
import { maximum } from './attribution/integers.ts'
import type { EpochBundle, VectorRow } from './bundle.ts'
import { assertSame, differ } from './difference.ts'

/** Scaled by 2^this when a level is kept from period to period (docs/attribution.md step 8). */
const FIXED_EXPONENT = 128

/** What an epoch published of its periods and their scores. */
export type PublishedInfluence = Pick<EpochBundle, 'lines' | 'scores' | 'vectors' | 'state'> &
  Pick<EpochBundle['manifest'], 'periods'>

interface PeriodAtWork {
  readonly model: string
  readonly token: string
  readonly fees: readonly bigint[]
  readonly payable: bigint
  readonly policy: EventBodies['PolicyPublished']
}

/**
 * A period in which erased features took part: items, λ, exponents, the level of demand, effective events, V, x and the scores are
 * taken over as published. What follows from them is not: P, the denominator, who is paid how much and what is left.
 *
 * @throws DifferenceFound when nothing is published of it, or parts of it contradict each other
 */
export function resultAsPublished(published: PublishedInfluence, period: PeriodAtWork): PeriodResult {
  const { model, token } = period
  const isThis = (each: { readonly model: string; readonly token: string }) =>
    each.model === model && each.token === token
  const where = `manifest.json periods (${model}, ${token})`
  const entry = published.periods.find(isThis) ?? differ('periods', where, 'an entry: a period is open', undefined)
  const rows = published.scores.filter(isThis)
  const accounts = rows.map(({ account, items, duplicates, s }) => ({
    account,
    items,
    duplicates,
    s: BigInt(s),
    pay: 0n,
  }))
  const items = accounts.reduce((sum, account) => sum + account.items, 0)
  const duplicates = accounts.reduce((sum, account) => sum + account.duplicates, 0)
  const plain = { items, duplicates, effectiveEvents: 0n, accounts, solved: undefined, payment: undefined }
  if (entry.lambda === null) return plain
  const scores = accounts.map(({ s }) => s)
  const sumPositive = scores.reduce((sum, s) => sum + maximum(0n, s), 0n)
  const dBar = BigInt(entry.dBar!)
  const denominator = maximum(sumPositive, dBar * sumOfFees(shiftedFees(period.fees)))
  const solved = { ...solvedAsPublished(entry, published.vectors.find(isThis), where), sumPositive, denominator, dBar }
  const effectiveEvents = BigInt(entry.effectiveEvents)
  if (effectiveEvents < BigInt(period.policy.minEvents)) return { ...plain, effectiveEvents, solved }
  const parts = apportion(period.payable, [...scores.map((s) => maximum(0n, s)), denominator - sumPositive])
  const left = parts.at(-1)!
  const paid = parts.reduce((sum, part) => sum + part, 0n) - left
  return {
    ...plain,
    effectiveEvents,
    solved,
    accounts: accounts.map((account, index) => ({ ...account, pay: parts[index]! })),
    payment: { paid, left, ...levelAsPublished(entry, published, isThis, where) },
  }
}

function solvedAsPublished(entry: ManifestPeriod, vector: VectorRow | undefined, where: string) {
  if (vector === undefined)
    return differ('vectors', `public/vectors.parquet (${entry.model}, ${entry.token})`, 'a row', undefined)
  if (
    entry.lambdaRetries === null ||
    entry.exponent === null ||
    entry.vExponent === null ||
    entry.dBar === null ||
    entry.vErrorNano === null
  )
    return differ('periods', where, 'all that was solved, beside lambda', 'null')
  return {
    lambda: BigInt(entry.lambda!),
    lambdaRetries: entry.lambdaRetries,
    exponent: entry.exponent,
    vExponent: entry.vExponent,
    vErrorNano: BigInt(entry.vErrorNano),
    v: decodeInt32(vector.v),
    x: decodeFloat64(vector.x),
  }
}

/** D̄ of the next period, which the state carries on. */
function levelAsPublished(
  { dBarNext, exponent }: ManifestPeriod,
  { state }: PublishedInfluence,
  isThis: (each: { readonly model: string; readonly token: string }) => boolean,
  where: string,
): { dBarNext: bigint; dBarFixed: bigint } {
  const fixed = state.periods.find(isThis)?.dBarFixed ?? null
  if (dBarNext === null || fixed === null)
    return differ('periods', `${where}.dBarNext`, 'a level: the period is paid', null)
  const shift = BigInt(FIXED_EXPONENT - exponent!)
  const expected = shift >= 0n ? BigInt(dBarNext) << shift : BigInt(dBarNext) >> -shift
  assertSame('periods', `${where}.dBarNext, in state.json`, expected.toString(), fixed)
  return { dBarNext: BigInt(dBarNext), dBarFixed: expected }
}

function decodeInt32(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Int32Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => view.getInt32(at * 4))
}

function decodeFloat64(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float64Array.from({ length: Math.floor(bytes.length / 8) }, (_, at) => view.getFloat64(at * 8))
}
