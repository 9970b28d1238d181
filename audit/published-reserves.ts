import type { ManifestPeriod } from '../anchor/manifest.ts'
import { assertSame, assertSameJson, differ } from './difference.ts'
import { periodKey } from './pools.ts'
import { isOver } from './published-retired.ts'
import { assertAscending } from './published-shapes.ts'
import { compareReserves, takeReturning } from './reserves.ts'
import type { State } from './state.ts'

/**
 * What reserves say without a record: each is what a period of its epoch held back, it stays until its epoch, and then it is in
 * the pool that it came from; or nothing can join that any more, and it is given up.
 *
 * @param before the state of the epoch before; undefined when it was not given
 * @throws DifferenceFound
 */
export function checkReserves(periods: readonly ManifestPeriod[], state: State, before: State | undefined): void {
  const { epoch, reserves } = state
  assertAscending('reserves', 'state.json reserves', reserves, compareReserves)
  for (const [index, reserve] of reserves.entries()) {
    const where = (key: string) => `state.json reserves[${index}].${key}`
    if (reserve.epoch > epoch) differ('reserves', where('epoch'), `at most ${epoch}`, `${reserve.epoch}`)
    if (reserve.until <= epoch) differ('reserves', where('until'), `above ${epoch}`, `${reserve.until}`)
  }
  const made = reserves.filter((reserve) => reserve.epoch === epoch)
  const held = periods.filter(({ heldBack }) => heldBack !== '0')
  assertSameJson(
    'reserves',
    `state.json reserves of epoch ${epoch}`,
    held.map(({ model, token, heldBack }) => ({ model, token, amount: heldBack })),
    made.map(({ model, token, amount }) => ({ model, token, amount })),
  )
  if (before !== undefined) checkReturned(periods, state, before)
}

/** What was there goes on, or is in the pool of its period as something carried in. */
function checkReturned(periods: readonly ManifestPeriod[], state: State, before: State): void {
  const { epoch } = state
  const staying = before.reserves.filter(({ until }) => until > epoch)
  const older = state.reserves.filter((reserve) => reserve.epoch < epoch)
  assertSameJson('reserves', `state.json reserves from before epoch ${epoch}`, staying, older)
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
    const isGivenUp = isOver(state, { model, token })
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
