import type { EventOf } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import type { Moment } from './licences.ts'
import type { Registry } from './registry.ts'

/** What of an accepted inference lies outside the licences. */
export interface Outside {
  readonly model: boolean
  readonly agent: boolean
}

/** Undefined when everything that was used is open, or licensed to the payer at its place (docs/formats.md#licences). */
export function findOutside(
  { body }: EventOf<'InferenceRecorded'>,
  { assets, licences }: Registry,
  moment: Moment,
): Outside | undefined {
  const isOutside = (name: string) => {
    if (assets.get(name)?.access !== 'licensed') return false
    const { commercial, priceList } = body
    return !licences.covers(name, { payer: toHex(body.payer), commercial, priceList }, moment)
  }
  const outside = { model: isOutside(body.model), agent: isOutside(body.agent) }
  return outside.model || outside.agent ? outside : undefined
}
