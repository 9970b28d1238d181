import type { ManifestPeriod } from '../anchor/manifest.ts'
import type { EpochBundle } from './bundle.ts'
import { assertSame, assertSameJson, differ } from './difference.ts'
import { periodKey } from './pools.ts'
import { isOver } from './published-retired.ts'
import { assertAscending } from './published-shapes.ts'
import { compareReserves, type Reserve, reservesOf, takeReturning } from './reserves.ts'
import type { State } from './state.ts'

/**
 * What reserves say without a record: each is what a period of its epoch held back, less what adjustments took of it; it stays until
 * its epoch, and then it is in the pool that it came from; or nothing can join that any more, and it is given up.
 *
 * @param before the state of the epoch before; undefined when it was not given
 * @param left   by adjustments, where the state before is known
 * @throws DifferenceFound
 */
export function checkReserves(
  { manifest: { periods }, state }: Pick<EpochBundle, 'manifest' | 'state'>,
  before: State | undefined,
  left: readonly Reserve[] | undefined,
): void {
  const { epoch, reserves } = state
  assertAscending('reserves', 'state.json reserves', reserves, compareReserves)
  for (const [index, reserve] of reserves.entries()) {
    const where = (key: string) => `state.json reserves[${index}].${key}`
    if (reserve.epoch > epoch) differ('reserves', where('epoch'), `at most ${epoch}`, `${reserve.epoch}`)
    if (reserve.until <= epoch) differ('reserves', where('until'), `above ${epoch}`, `${reserve.until}`)
  }
  if (left === undefined) checkMade(periods, state)
  else checkLeft(state, left)
  if (before !== undefined) checkReturned(periods, state, before)
}

/** Adjustments may have taken of it, and all of it. */
function checkMade(periods: readonly ManifestPeriod[], { epoch, reserves }: State): void {
  for (const { model, token, amount } of reserves.filter((reserve) => reserve.epoch === epoch)) {
    const period = periods.find((each) => each.model === model && each.token === token)
    const held = BigInt(period?.heldBack ?? 0)
    if (BigInt(amount) > held)
      differ('reserves', `state.json reserves of epoch ${epoch} (${model}, ${token})`, `at most ${held}`, amount)
  }
}

function checkLeft({ epoch, reserves }: State, left: readonly Reserve[]): void {
  const expected = reservesOf(left)
  const isOlder = (each: { readonly epoch: number }) => each.epoch < epoch
  assertSameJson(
    'reserves',
    `state.json reserves from before epoch ${epoch}`,
    expected.filter(isOlder),
    reserves.filter(isOlder),
  )
  const amountsOf = (all: State['reserves']) =>
    all.filter((each) => !isOlder(each)).map(({ model, token, amount }) => ({ model, token, amount }))
  assertSameJson('reserves', `state.json reserves of epoch ${epoch}`, amountsOf(expected), amountsOf(reserves))
}

/** What returned is in the pool of its period as something carried in. */
function checkReturned(periods: readonly ManifestPeriod[], state: State, before: State): void {
  const { epoch } = state
  const staying = before.reserves.filter(({ until }) => until > epoch)
  const returning = takeReturning(
    before.reserves.map((reserve) => ({ ...reserve, amount: BigInt(reserve.amount) })),
    epoch,
  )
  for (const { model, token, carriedIn, pool } of before.periods) {
    const more = returning.get(periodKey(model, token)) ?? 0n
    returning.delete(periodKey(model, token))
    const isThis = (each: { readonly model: string; readonly token: string }) =>
      each.model === model && each.token === token
    const expected = (BigInt(carriedIn) + more).toString()
    const isGivenUp = isOver(state, staying, { model, token })
    const settled = periods.findIndex(isThis)
    if (settled !== -1) {
      assertSame('periods', `manifest.json periods[${settled}].carriedIn`, expected, periods[settled]!.carriedIn)
      continue
    }
    const entry = state.periods.find(isThis)
    const where = `state.json periods (${model}, ${token})`
    assertSame('periods', `${where} carriedIn`, isGivenUp ? '0' : expected, entry?.carriedIn)
    assertSame('periods', `${where} pool`, isGivenUp ? '0' : (BigInt(pool) + more).toString(), entry?.pool)
  }
  for (const [index, { model, token, carriedIn }] of periods.entries())
    if (!before.periods.some((each) => each.model === model && each.token === token))
      assertSame('periods', `manifest.json periods[${index}].carriedIn`, '0', carriedIn)
  const [lost] = returning.keys()
  if (lost !== undefined) differ('reserves', 'state.json reserves', 'a period that it was held back from', lost)
}
