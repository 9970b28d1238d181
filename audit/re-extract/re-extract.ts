import type { Manifest } from '../../anchor/manifest.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import type { EpochFolder } from '../bundle.ts'
import { findBatch, type History } from '../history.ts'
import type { SettledPeriod } from '../periods.ts'
import { compareItem } from './compare.ts'
import { drawByValue } from './draw.ts'
import { ExtractorDiffersError } from './errors.ts'
import { type ValuedItem, valuesOf } from './item-values.ts'
import { readPayload } from './payload-folder.ts'
import { findPublishedItems, wantedKey } from './published-items.ts'
import {
  COMMITMENTS,
  type Extractor,
  type ItemOutcome,
  type PeriodLeftOut,
  type ReExtractedItem,
  type ReExtractedPeriod,
  type ReExtraction,
  type ReExtractionReport,
  SHAPE_FIELDS,
  TOLERANCE,
} from './re-extraction.ts'

type FeatureMap = EventBodies['FeatureMapPublished']

/** A period that paid, with what it may be sampled by. */
export interface PaidPeriod {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly map: FeatureMap
  readonly items: readonly ValuedItem[]
}

/** The paid ones among the periods that an epoch settled. */
export function paidPeriodsOf(epoch: number, settled: readonly SettledPeriod[], history: History): PaidPeriod[] {
  return settled.flatMap(({ manifest, result }) => {
    if (result?.payment === undefined || result.solved === undefined) return []
    const map = history.featureMaps.get(manifest.featureMap)!
    const shape = { kind: 'factored', rank: map.rank, classes: map.classes } as const
    const items = valuesOf(history.contributions.get(map.featureMap)?.all ?? [], shape, result.solved.v)
    return [{ epoch, model: manifest.model, token: manifest.token, map, items }]
  })
}

/** 32 bytes, and in words where they come from. */
export interface Randomness {
  readonly bytes: Uint8Array
  readonly from: string
}

export interface ReExtractionInput {
  readonly periods: readonly PaidPeriod[]
  /** All epochs, in order. */
  readonly epochs: readonly { readonly folder: EpochFolder; readonly manifest: Manifest }[]
  readonly history: History
  readonly randomnessOf: (epoch: number) => Promise<Randomness>
}

/** What was drawn of a period. */
interface Drawing {
  readonly period: PaidPeriod
  readonly randomness: Randomness
  /** Index into the period's items → how often. */
  readonly times: ReadonlyMap<number, number>
}

/**
 * Draws contributions of each paid period by the size of their value, extracts their features anew and compares them with
 * the published ones (docs/features.md#extracting-again).
 *
 * @throws ExtractorDiffersError when no paid period's feature map commits to this extractor
 * @throws BundleUnreadableError
 */
export async function reExtract(options: ReExtraction, input: ReExtractionInput): Promise<ReExtractionReport> {
  const leftOut = periodsLeftOut(options.extractor, input.periods)
  const drawings: Drawing[] = []
  for (const period of input.periods) {
    if (leftOut.some(({ epoch, featureMap }) => epoch === period.epoch && featureMap === period.map.featureMap))
      continue
    const { epoch, model, token, items } = period
    const randomness = await input.randomnessOf(epoch)
    const values = items.map(({ value }) => value)
    const times = drawByValue({ randomness: randomness.bytes, epoch, model, token }, values, options.draws)
    drawings.push({ period, randomness, times })
  }
  const items = await compareDrawn(drawings, options, input)
  return {
    tolerance: TOLERANCE,
    periods: drawings.map((drawing) => periodOf(drawing, items)),
    leftOut,
    items,
  }
}

function periodsLeftOut(extractor: Extractor, periods: readonly PaidPeriod[]): PeriodLeftOut[] {
  const leftOut = periods.flatMap(({ epoch, model, token, map }) => {
    const differs = differencesTo(map, extractor)
    return differs.length === 0 ? [] : [{ epoch, model, token, featureMap: map.featureMap, differs }]
  })
  const first = leftOut[0]
  if (first !== undefined && leftOut.length === periods.length)
    throw new ExtractorDiffersError({ featureMap: first.featureMap, differs: first.differs.join(', ') })
  return leftOut
}

function differencesTo(map: FeatureMap, { hashes, shape }: Extractor): string[] {
  return [
    ...COMMITMENTS.filter((name) => toHex(map[name]) !== toHex(hashes[name])),
    ...SHAPE_FIELDS.filter((name) => map[name] !== shape[name]),
  ]
}

async function compareDrawn(
  drawings: readonly Drawing[],
  { extractor, payloads }: ReExtraction,
  { epochs, history }: ReExtractionInput,
): Promise<ReExtractedItem[]> {
  const drawn = drawings.flatMap(({ period, times }) =>
    [...times].map(([row, draws]) => {
      const { contribution, value } = period.items[row]!
      const { account, batchRank, index } = contribution
      const wanted = { featureMap: period.map.featureMap, batchRank, index }
      return { period, account, value, draws, wanted }
    }),
  )
  const published = await findPublishedItems(
    drawn.map(({ wanted }) => wanted),
    epochs,
    history.schemas,
    (source, id) => findBatch(history, source, id)?.rank,
  )
  const items: ReExtractedItem[] = []
  for (const { period, account, value, draws, wanted } of drawn) {
    const { epoch, model, token, map } = period
    const entry = published.get(wantedKey(wanted))!
    const found = await readPayload(payloads, entry.item.contentHash)
    const { batchSource, batchId, index } = entry.features
    const contentHash = toHex(entry.item.contentHash)
    items.push({
      ...{ epoch, model, token, account, batchSource, batchId, index, contentHash, value: value.toString(), draws },
      ...compareItem(entry, found, { extractor, fingerprintSalt: map.fingerprintSalt }),
    })
  }
  return items
}

function periodOf({ period, randomness, times }: Drawing, items: readonly ReExtractedItem[]): ReExtractedPeriod {
  const { epoch, model, token, map } = period
  const own = items.filter((item) => item.epoch === epoch && item.model === model && item.token === token)
  const count = (outcome: ItemOutcome) => own.filter((item) => item.outcome === outcome).length
  return {
    ...{ epoch, model, token, featureMap: map.featureMap },
    randomness: toHex(randomness.bytes),
    randomnessFrom: randomness.from,
    draws: [...times.values()].reduce((sum, each) => sum + each, 0),
    outcomes: {
      same: count('same'),
      'within tolerance': count('within tolerance'),
      differs: count('differs'),
      absent: count('absent'),
      damaged: count('damaged'),
    },
  }
}
