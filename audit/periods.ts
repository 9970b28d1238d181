import { sha256 } from '../anchor/hash.ts'
import type { ManifestPeriod } from '../anchor/manifest.ts'
import type { EventBodies } from '../schemas/events.ts'
import { type Address, type Hash32, toHex } from '../schemas/ids.ts'
import { attributePeriod, type PeriodResult } from './attribution/attribute.ts'
import { CurvatureSum } from './attribution/curvature.ts'
import { encodeFloat64, encodeInt32 } from './attribution/encode.ts'
import { feeShiftOf, sumOfFees } from './attribution/fees.ts'
import { maximum, minimum } from './attribution/integers.ts'
import { assertSame, differ } from './difference.ts'
import { type PublishedInfluence, resultAsPublished } from './erased-periods.ts'
import type { FeaturedUse } from './funding.ts'
import type { History } from './history.ts'
import { compareText, firstOf } from './order.ts'
import { EventTable, featuresAt } from './period-events.ts'
import { periodKey } from './pools.ts'
import type { EpochRecords } from './records/epoch-records.ts'
import { heldBackOf, type Reserve, takeReturning } from './reserves.ts'
import type { State } from './state.ts'
import { addTo } from './sums.ts'

type Policy = EventBodies['PolicyPublished']

/** The one method of docs/attribution.md that the ledger knows. */
const METHOD = 'influence/factored@2'

/** A (model, token) that has had a period; open while it has epochs. */
export interface Period {
  readonly model: string
  readonly token: string
  epochs: number[]
  pool: bigint
  /** Of the pool: what the period before carried, and what returned that had been held back. */
  carriedIn: bigint
  dBarFixed: bigint | null
  /** Funded inferences whose features counted in its epochs. */
  events: EventTable | undefined
  /** The greatest of the policies in force in the epochs of its events, millionths. */
  dataParts: number
}

/** With events of its own. */
export function copyPeriod(period: Period): Period {
  return { ...period, epochs: [...period.epochs], events: period.events?.copy() }
}

/** What periods carry from epoch to epoch. */
export interface PeriodBooks {
  /** By {@link periodKey}. */
  readonly periods: Map<string, Period>
  /** Ascending by (epoch, model, token). */
  readonly reserves: Reserve[]
  /** By feature map: K of its contributions. */
  readonly curvatures: Map<string, CurvatureSum>
}

/** A period as this epoch left it. */
export interface SettledPeriod {
  readonly manifest: ManifestPeriod
  /** Undefined when it was taken over. */
  readonly result: PeriodResult | undefined
  /** Millionths of each account's share. */
  readonly holdBackParts: number
  /** What goes to `unattributed`. */
  readonly unattributed: bigint
  /** Whether its scores are the published ones, since erased features took part in it. */
  readonly isAsPublished: boolean
}

/** What joins the periods of (model, token) in an epoch. */
export interface Joining {
  /** Their features lie in `records`, unless they were kept. */
  readonly uses: readonly FeaturedUse[]
  readonly records: EpochRecords
  /** Data parts by {@link periodKey}. */
  readonly parts: ReadonlyMap<string, bigint>
  /** Whether anything of (model, token) may join a later epoch: what is held, or waits. */
  readonly isAwaited: (model: string, token: string) => boolean
}

/** Where periods take what they do not compute, and leave what they give up. */
export interface PeriodSources {
  /** By token: gets what periods of retired models left. */
  readonly givenUp: Map<string, bigint>
  /** With it nothing is attributed: what each period came to is taken over. */
  readonly published?: PublishedPeriods | undefined
  /** Whose scores are taken over, of periods in which erased features took part. */
  readonly influence?: PublishedInfluence | undefined
}

/**
 * Step 5 of settlement: uses and data parts join their periods, and each open period pays, is given up or is held.
 *
 * @param books changed in place
 * @returns     ascending by (model, token)
 * @throws      DifferenceFound when the policy names a method that has no specification
 */
export function settlePeriods(
  books: PeriodBooks,
  epoch: number,
  policy: Policy,
  joining: Joining,
  history: History,
  { givenUp, published, influence }: PeriodSources,
): SettledPeriod[] {
  const { periods } = books
  for (const [key, amount] of takeReturning(books.reserves, epoch)) {
    // It was held back from a period of theirs.
    const period = periods.get(key)!
    period.pool += amount
    period.carriedIn += amount
  }
  for (const use of joining.uses) {
    const key = periodKey(use.model, use.token)
    const period = periods.get(key) ?? newPeriod(use.model, use.token)
    periods.set(key, period)
    addEvent(period, use, joining.records, history)
    period.dataParts = Math.max(period.dataParts, use.dataParts)
  }
  // Opened by featured uses, and then every epoch belongs to it until it closes.
  const open = [...periods.values()].filter(({ epochs, events }) => epochs.length > 0 || events !== undefined)
  for (const period of open) {
    period.epochs.push(epoch)
    period.pool += joining.parts.get(periodKey(period.model, period.token)) ?? 0n
  }
  const isOver = (period: Period) => isLast(period, books, joining, history)
  for (const period of periods.values()) {
    if (period.pool === 0n || open.includes(period) || !isOver(period)) continue
    addTo(givenUp, period.token, period.pool)
    close(period, 0n)
  }
  return open
    .sort((a, b) => firstOf(compareText(a.model, b.model), compareText(a.token, b.token)))
    .map((period) =>
      published === undefined
        ? settlePeriod(period, books.curvatures, policy, history, { isOver: isOver(period), influence })
        : takeOverPeriod(period, policy, published),
    )
}

/** docs/formats.md#retirement: the model was retired, and nothing is left that could join. */
function isLast(
  { model, token }: Period,
  { reserves }: PeriodBooks,
  joining: Joining,
  { retirements }: History,
): boolean {
  if (!retirements.has(model) || joining.isAwaited(model, token)) return false
  return !reserves.some((reserve) => reserve.model === model && reserve.token === token)
}

function newPeriod(model: string, token: string): Period {
  return { model, token, epochs: [], pool: 0n, carriedIn: 0n, dBarFixed: null, events: undefined, dataParts: 0 }
}

function addEvent(period: Period, use: FeaturedUse, records: EpochRecords, history: History): void {
  // Only a model with a feature map can have featured uses.
  period.events ??= new EventTable(history.featureMapOfModel.get(use.model)!)
  const { fee, isPayerOwner } = use
  period.events.add({ fee, isPayerOwner, ...(use.features ?? featuresAt(records, use.featuresRow!)) })
}

function settlePeriod(
  period: Period,
  curvatures: Map<string, CurvatureSum>,
  policy: Policy,
  history: History,
  { isOver, influence }: { readonly isOver: boolean; readonly influence: PublishedInfluence | undefined },
): SettledPeriod {
  assertSame('attribution', `method of policy ${policy.policy}`, METHOD, policy.method)
  // Only a model with a feature map can have featured inferences, and so a period.
  const map = history.featureMapOfModel.get(period.model)!
  const isAsPublished = history.contributions.get(map.featureMap)?.misses === true && influence !== undefined
  const result = isAsPublished
    ? resultAsPublished(influence, { ...period, fees: feesOf(period), payable: payableOf(period), policy })
    : attribute(period, curvatures, map, policy, history)
  const earned = earnedOf(result, policy)
  const isGivenUp = result.payment === undefined && (isOver || period.epochs.length >= policy.maxPeriodEpochs)
  const state = result.payment !== undefined ? 'paid' : isGivenUp ? 'unattributed' : 'held'
  const left = state === 'held' ? { carried: 0n, unattributed: 0n } : leftOf(period, result)
  const settled = {
    manifest: manifestPeriod(period, policy, map.featureMap, state, result, { ...left, ...earned }),
    result,
    holdBackParts: policy.holdBackParts,
    unattributed: left.unattributed,
    isAsPublished,
  }
  if (state !== 'held') {
    close(period, left.carried)
    period.dBarFixed = result.payment?.dBarFixed ?? period.dBarFixed
  }
  return settled
}

function attribute(
  period: Period,
  curvatures: Map<string, CurvatureSum>,
  map: EventBodies['FeatureMapPublished'],
  policy: Policy,
  history: History,
): PeriodResult {
  const shape = { kind: 'factored', rank: map.rank, classes: map.classes } as const
  const curvature = curvatures.get(map.featureMap) ?? new CurvatureSum(shape)
  curvatures.set(map.featureMap, curvature)
  return attributePeriod({
    shape,
    curvature,
    contributions: history.contributions.get(map.featureMap)?.all ?? [],
    events: period.events?.all ?? [],
    dataParts: period.dataParts,
    minEvents: policy.minEvents,
    dBarFixed: period.dBarFixed,
    pool: payableOf(period),
  })
}

function feesOf({ events }: Period): bigint[] {
  return (events?.all ?? []).map(({ fee }) => fee)
}

/** What a manifest and a state say of periods that are not attributed again. */
export interface PublishedPeriods {
  readonly periods: readonly ManifestPeriod[]
  readonly state: State
}

/** @throws DifferenceFound when nothing is published of it, or of another pool */
function takeOverPeriod(period: Period, policy: Policy, { periods, state }: PublishedPeriods): SettledPeriod {
  const { model, token } = period
  const isThis = (each: { readonly model: string; readonly token: string }) =>
    each.model === model && each.token === token
  const where = `manifest.json periods (${model}, ${token})`
  const manifest = periods.find(isThis) ?? differ('periods', where, 'an entry: a period is open', undefined)
  assertSame('periods', `${where}.pool`, period.pool.toString(), manifest.pool)
  assertSame('periods', `${where}.holdBackParts`, policy.holdBackParts, manifest.holdBackParts)
  if (manifest.state !== 'held') {
    close(period, BigInt(manifest.carried))
    const { dBarFixed } = state.periods.find(isThis) ?? { dBarFixed: null }
    period.dBarFixed = dBarFixed === null ? null : BigInt(dBarFixed)
  }
  return {
    manifest,
    result: undefined,
    holdBackParts: manifest.holdBackParts,
    unattributed: BigInt(manifest.unattributed),
    isAsPublished: false,
  }
}

/** A period pays at most a ninth more than its own data parts, whatever was carried in. */
function payableOf({ pool, carriedIn }: Period): bigint {
  const own = pool - carriedIn
  return minimum(pool, own + own / 9n)
}

/** What accounts get of a payment, and what of it is held back. */
function earnedOf({ accounts, payment }: PeriodResult, { holdBackParts }: Policy): { paid: bigint; heldBack: bigint } {
  if (payment === undefined) return { paid: 0n, heldBack: 0n }
  let heldBack = 0n
  for (const { pay } of accounts) heldBack += heldBackOf(pay, holdBackParts)
  return { paid: payment.paid - heldBack, heldBack }
}

/** Where what is not paid goes: up to the period's own data parts, or what was carried in, into the next one, if it paid at all. */
function leftOf({ pool, carriedIn }: Period, { payment }: PeriodResult): { carried: bigint; unattributed: bigint } {
  if (payment === undefined) return { carried: 0n, unattributed: pool }
  const left = pool - payment.paid
  const carried = minimum(left, maximum(pool - carriedIn, carriedIn))
  return { carried, unattributed: left - carried }
}

/** The entry stays, so that D̄ and what is carried reach the next period. */
function close(period: Period, carried: bigint): void {
  period.epochs = []
  period.events = undefined
  period.dataParts = 0
  period.pool = carried
  period.carriedIn = carried
}

function manifestPeriod(
  period: Period,
  policy: Policy,
  featureMap: string,
  state: ManifestPeriod['state'],
  { items, duplicates, effectiveEvents, solved, payment }: PeriodResult,
  books: Readonly<Record<'paid' | 'heldBack' | 'carried' | 'unattributed', bigint>>,
): ManifestPeriod {
  const fees = feesOf(period)
  return {
    model: period.model,
    token: period.token as Address,
    featureMap,
    method: policy.method,
    state,
    firstEpoch: period.epochs[0]!,
    epochs: period.epochs.length,
    events: fees.length,
    items,
    duplicates,
    effectiveEvents: effectiveEvents.toString(),
    fees: sumOfFees(fees).toString(),
    pool: period.pool.toString(),
    carriedIn: period.carriedIn.toString(),
    paid: books.paid.toString(),
    holdBackParts: policy.holdBackParts,
    heldBack: books.heldBack.toString(),
    carried: books.carried.toString(),
    unattributed: books.unattributed.toString(),
    feeShift: feeShiftOf(fees),
    lambda: textOrNull(solved?.lambda),
    lambdaRetries: solved?.lambdaRetries ?? null,
    exponent: solved?.exponent ?? null,
    vExponent: solved?.vExponent ?? null,
    dBar: textOrNull(solved?.dBar),
    dBarNext: textOrNull(payment?.dBarNext),
    sumPositive: textOrNull(solved?.sumPositive),
    denominator: textOrNull(solved?.denominator),
    vHash: solved === undefined ? null : hashOf(encodeInt32(solved.v)),
    xHash: solved === undefined ? null : hashOf(encodeFloat64(solved.x)),
    vErrorNano: textOrNull(solved?.vErrorNano),
  }
}

function textOrNull(value: bigint | undefined): string | null {
  return value === undefined ? null : value.toString()
}

function hashOf(bytes: Uint8Array): Hash32 {
  return toHex(sha256(bytes)) as Hash32
}
