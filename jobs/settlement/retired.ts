import type { Database } from '../../pipelines/warehouse/database.ts'
import type { CarriedPeriod, CarryState } from '../carry-state.ts'
import { compareText } from '../funding/channels.ts'
import { addTo } from './lines.ts'

interface ModelAndToken {
  readonly model: string
  readonly token: string
}

/** What may still join periods after the epoch: fees that are held, parts that wait, and what was held back. */
type StillToCome = Pick<CarryState, 'outside' | 'waiting' | 'reserves'>

/** The models that were retired by `epoch`, ascending by the bytes of their names. */
export async function retiredModels(warehouse: Database, epoch: number): Promise<string[]> {
  const rows = await warehouse.all<{ model: string }>('SELECT model FROM model_retired WHERE epoch <= $epoch', {
    epoch,
  })
  return rows.map(({ model }) => model).sort(compareText)
}

/**
 * Says of which (model, token) nothing can come any more (docs/formats.md#retirement): the model is retired, and nothing
 * waits for a licence, for features or for its return.
 */
export function overWith(
  retired: readonly string[],
  { outside, waiting, reserves }: StillToCome,
): (period: ModelAndToken) => boolean {
  const models = new Set(retired)
  const awaited = new Set([...outside, ...waiting, ...reserves].map(keyOf))
  return (period) => models.has(period.model) && !awaited.has(keyOf(period))
}

/**
 * Gives up what periods that are over carried or got back: no period follows that could pay it.
 *
 * @param periods as the epoch finds them
 * @param isOpen  of a period that ends by itself in this epoch
 * @returns       the periods, and by token what goes to unattributed
 */
export function giveUpCarried(
  periods: readonly CarriedPeriod[],
  isOver: (period: ModelAndToken) => boolean,
  isOpen: (period: ModelAndToken) => boolean,
): { readonly periods: readonly CarriedPeriod[]; readonly unattributed: ReadonlyMap<string, bigint> } {
  const unattributed = new Map<string, bigint>()
  const left = periods.map((period) => {
    if (period.pool === '0' || isOpen(period) || !isOver(period)) return period
    addTo(unattributed, period.token, BigInt(period.pool))
    return { ...period, pool: '0', carriedIn: '0' }
  })
  return { periods: left, unattributed }
}

function keyOf({ model, token }: ModelAndToken): string {
  return `${model}/${token}`
}
