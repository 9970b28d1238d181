import type { EventOf } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import type { Moment } from './licences.ts'
import type { Registry } from './registry.ts'
import type { RetrievedDatasets } from './retrieved-datasets.ts'

/** What of an accepted inference lies outside the licences. */
export interface Outside {
  readonly model: boolean
  readonly agent: boolean
  /** That it retrieved from, each once. */
  readonly datasets: readonly string[]
}

/** Undefined when everything that was used is open, or licensed to the payer at its place (docs/formats.md#licences). */
export function findOutside(
  event: EventOf<'InferenceRecorded'>,
  { assets, licences }: Registry,
  retrievedFrom: RetrievedDatasets,
  moment: Moment,
): Outside | undefined {
  const { body } = event
  const isOutside = (name: string, as: 'infer' | 'retrieve') => {
    if (assets.get(name)?.access !== 'licensed') return false
    const { commercial, priceList } = body
    return !licences.covers(name, { payer: toHex(body.payer), commercial, priceList, as }, moment)
  }
  const datasets = retrievedFrom.of(event).filter((name) => isOutside(name, 'retrieve'))
  const outside = { model: isOutside(body.model, 'infer'), agent: isOutside(body.agent, 'infer'), datasets }
  return outside.model || outside.agent || datasets.length > 0 ? outside : undefined
}
