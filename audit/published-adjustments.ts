import { ADJUSTED_EPOCHS_MAX } from '../schemas/limits.ts'
import {
  adjustmentBooksOf,
  claimsByToken,
  type LineDelta,
  owedDelta,
  owedOf,
  recoveriesOf,
  settleAdjustments,
  type WeighedDelta,
} from './adjustments.ts'
import { type AdjustmentRow, type EpochBundle, TABLES } from './bundle.ts'
import { assertSame, assertSameJson, differ } from './difference.ts'
import { compareText, firstOf } from './order.ts'
import { assertAscending } from './published-shapes.ts'
import type { Reserve } from './reserves.ts'
import { compareLines } from './settlement.ts'
import type { State } from './state.ts'

const CHECK = 'adjustments'
const ADDRESS = /^0x[0-9a-f]{40}$/
const DELTA = /^-?[1-9]\d{0,38}$/
const FORFEITED = /^(0|-?[1-9]\d{0,38})$/
const KIND = /^(data|retrieval|text|model|royalty|agent|outcome|infrastructure|treasury|refund)$/

/**
 * What adjustments did in an epoch, from what is public: what was found is a table, and what was netted, paid and is still owed
 * follows from it and from the lines. Whether what was found is right, only records say.
 *
 * @param before the state of the epoch before; undefined when it was not given
 * @returns      the reserves that the epoch has to leave; undefined when the state before is not known
 * @throws       DifferenceFound
 */
export function checkAdjustments(bundle: EpochBundle, before: State | undefined): readonly Reserve[] | undefined {
  const { manifest, adjustments, state } = bundle
  checkAnnounced(bundle)
  checkRows(bundle)
  checkLiability(bundle)
  if (before === undefined) return undefined
  const books = adjustmentBooksOf({ ...before, reserves: before.reserves.filter(({ until }) => until > bundle.epoch) })
  for (const { model, token, heldBack } of manifest.periods) {
    if (heldBack === '0') continue
    const isThis = (each: State['reserves'][number]) =>
      each.epoch === bundle.epoch && each.model === model && each.token === token
    const { until } = state.reserves.find(isThis) ?? { until: bundle.epoch }
    books.reserves.push({ epoch: bundle.epoch, model, token, until, amount: BigInt(heldBack) })
  }
  const lines = bundle.lines.map((line) => ({ ...line, amount: BigInt(line.amount) }))
  const earned = lines.filter(({ kind }) => kind !== 'adjustment')
  const { netted, lines: paid } = settleAdjustments(books, weighedOf(adjustments).map(owedDelta), earned)
  comparePaid(bundle, paid)
  for (const [index, { account, token, netted: taken }] of bundle.accounts.entries()) {
    const where = `${TABLES.accounts} row ${index} (${account}, ${token}) netted`
    assertSame(CHECK, where, (netted.get(account + token) ?? 0n).toString(), taken)
  }
  assertSameJson(CHECK, 'state.json recoveries', recoveriesOf(books.recoveries), state.recoveries)
  assertSameJson(CHECK, 'state.json owed', owedOf(books.owed), state.owed)
  return books.reserves
}

export function deltasOf(rows: readonly AdjustmentRow[]): LineDelta[] {
  return rows.map(({ account, token, kind, asset, delta }) => ({ account, token, kind, asset, delta: BigInt(delta) }))
}

export function weighedOf(rows: readonly AdjustmentRow[]): WeighedDelta[] {
  return deltasOf(rows).map((delta, index) => {
    const { epoch, forfeited } = rows[index]!
    return { ...delta, epoch, forfeited: BigInt(forfeited) }
  })
}

function checkAnnounced({ epoch, manifest }: EpochBundle): void {
  const seen = new Set<string>()
  for (const [index, { adjustment, fromEpoch, toEpoch }] of manifest.adjustments.entries()) {
    const where = `manifest.json adjustments[${index}]`
    if (seen.has(adjustment)) differ(CHECK, `${where}.adjustment`, 'another name', adjustment)
    seen.add(adjustment)
    const isRange = fromEpoch >= 1 && fromEpoch <= toEpoch && toEpoch < epoch
    if (!isRange || toEpoch - fromEpoch >= ADJUSTED_EPOCHS_MAX)
      differ(
        CHECK,
        `${where} epochs`,
        `1 to ${ADJUSTED_EPOCHS_MAX} epochs before ${epoch}`,
        `${fromEpoch} to ${toEpoch}`,
      )
  }
}

function checkRows({ manifest, adjustments }: EpochBundle): void {
  assertAscending(CHECK, TABLES.adjustments, adjustments, (a, b) =>
    firstOf(compareText(a.adjustment, b.adjustment), a.epoch - b.epoch, compareLines(a, b)),
  )
  const announced = new Map(manifest.adjustments.map((each) => [each.adjustment, each]))
  for (const [index, { adjustment, epoch, account, token, kind, delta, forfeited }] of adjustments.entries()) {
    const where = (column: string) => `${TABLES.adjustments} row ${index} ${column}`
    const { fromEpoch, toEpoch } =
      announced.get(adjustment) ?? differ(CHECK, where('adjustment'), 'one of the manifest', adjustment)
    if (epoch < fromEpoch || epoch > toEpoch) differ(CHECK, where('epoch'), `${fromEpoch} to ${toEpoch}`, epoch)
    for (const [column, text] of Object.entries({ account, token }))
      if (!ADDRESS.test(text)) differ(CHECK, where(column), 'an address', text)
    if (!KIND.test(kind)) differ(CHECK, where('kind'), 'a kind that a rerun makes', kind)
    if (!DELTA.test(delta)) differ(CHECK, where('delta'), 'a whole number other than 0', delta)
    if (!FORFEITED.test(forfeited)) differ(CHECK, where('forfeited'), 'a whole number', forfeited)
    const left = BigInt(delta) + BigInt(forfeited)
    const isPart = delta.startsWith('-')
      ? !forfeited.startsWith('-') && left <= 0n
      : BigInt(forfeited) <= 0n && left >= 0n
    if (!isPart) differ(CHECK, where('forfeited'), `a part of ${delta}`, forfeited)
  }
}

/** What the manifest says of the claims of each token. */
function checkLiability({ manifest, state }: EpochBundle): void {
  assertAscending(CHECK, 'state.json owed', state.owed, (a, b) =>
    firstOf(compareText(a.account, b.account), compareText(a.token, b.token), compareText(a.model, b.model)),
  )
  const { owed, owing } = claimsByToken(adjustmentBooksOf(state).owed)
  for (const [index, flow] of manifest.conservation.entries()) {
    const where = (key: string) => `manifest.json conservation[${index}].${key}`
    assertSame(CHECK, where('owed'), (owed.get(flow.token) ?? 0n).toString(), flow.owed)
    assertSame(CHECK, where('owing'), (owing.get(flow.token) ?? 0n).toString(), flow.owing)
  }
  for (const token of [...owed.keys(), ...owing.keys()])
    if (!manifest.conservation.some((flow) => flow.token === token))
      differ(CHECK, `manifest.json conservation of ${token}`, 'an entry', undefined)
}

function comparePaid(
  { lines }: EpochBundle,
  paid: readonly {
    readonly account: string
    readonly token: string
    readonly asset: string
    readonly amount: bigint
  }[],
): void {
  const keyOf = ({ account, token, asset }: { account: string; token: string; asset: string }) =>
    JSON.stringify([account, token, asset])
  const amounts = new Map(paid.map((line) => [keyOf(line), line.amount.toString()]))
  for (const [index, line] of lines.entries()) {
    if (line.kind !== 'adjustment') continue
    assertSame(CHECK, `${TABLES.lines} row ${index} amount`, amounts.get(keyOf(line)) ?? '0', line.amount)
    amounts.delete(keyOf(line))
  }
  const [unpaid] = amounts.keys()
  if (unpaid !== undefined) differ(CHECK, TABLES.lines, `a line of the adjustment ${unpaid}`, undefined)
}
