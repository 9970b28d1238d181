import type { EpochBundle } from './bundle.ts'
import { differ } from './difference.ts'
import { compareText } from './order.ts'
import { assertAscending } from './published-shapes.ts'
import type { State } from './state.ts'

interface ModelAndToken {
  readonly model: string
  readonly token: string
}

/**
 * docs/formats.md#retirement: the model is retired, and after the epoch nothing is left that could join its periods.
 *
 * @param reserves those of earlier epochs that did not return, before adjustments take of them
 */
export function isOver(
  { retired, outside, waiting }: Pick<State, 'retired' | 'outside' | 'waiting'>,
  reserves: readonly ModelAndToken[],
  { model, token }: ModelAndToken,
): boolean {
  const isAwaited = [...outside, ...waiting, ...reserves].some((each) => each.model === model && each.token === token)
  return retired.includes(model) && !isAwaited
}

/**
 * What retirement means without a record: no model comes back, and no period is held that nothing can join.
 *
 * @param previous the epoch before; undefined when it was not given or there is none
 * @throws DifferenceFound
 */
export function checkRetired({ epoch, state, manifest, lines }: EpochBundle, previous: EpochBundle | undefined): void {
  assertAscending('retired', 'state.json retired', state.retired, compareText)
  const back = previous?.state.retired.find((model) => !state.retired.includes(model))
  if (back !== undefined) differ('retired', 'state.json retired', back, undefined)
  // Where the state before is not known, neither is what adjustments took.
  if (previous === undefined && lines.some(({ kind }) => kind === 'adjustment')) return
  const reserves = [...state.reserves, ...(previous?.state.reserves ?? []).filter(({ until }) => until > epoch)]
  for (const [index, period] of manifest.periods.entries()) {
    if (period.state === 'held' && isOver(state, reserves, period))
      differ('periods', `manifest.json periods[${index}].state`, 'unattributed: its model is retired', period.state)
  }
}
