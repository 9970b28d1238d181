import type { EventBodies, EventType } from '../schemas/events.ts'
import { OUTCOMES, type RejectionReason } from '../schemas/rejection.ts'
import type { ContributionPlace } from './attribution/period.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import { contributionsOf, findBatchNumber, type History } from './history.ts'
import { acceptUse, findPriceReason, findQuoteReason, type UseTerms, type UseTime } from './payments.ts'
import type { EpochRecords } from './records/epoch-records.ts'
import { KEY_WORDS } from './records/id-table.ts'
import { TYPE_NUMBERS } from './records/type-numbers.ts'

type Reason = RejectionReason | undefined
export type UsualType = 'InferenceRecorded' | 'ContributionFeatures' | 'InferenceFeatures'

export function isUsual(type: EventType): type is UsualType {
  return type === 'InferenceRecorded' || type === 'ContributionFeatures' || type === 'InferenceFeatures'
}

/**
 * Decides uses and features (docs/formats.md#decisions), of which there are very many: by numbers in typed arrays, without an
 * object for each. Once the registrations of the epoch are decided nothing that it asks of sources, assets and maps changes.
 */
export class UsualDecider {
  readonly #history: History
  readonly #records: EpochRecords
  readonly #epoch: number
  readonly #permitted = new Map<UsualType, Map<number, Reason>>()
  readonly #assets = new Map<number, string | undefined>()
  readonly #maps = new Map<number, EventBodies['FeatureMapPublished'] | undefined>()

  constructor(history: History, records: EpochRecords, epoch: number) {
    this.#history = history
    this.#records = records
    this.#epoch = epoch
  }

  /** Whether the id is used up already, by the same or by something else. */
  outcomeOfUsedId(row: number, type: EventType): { outcome: number; reason: Reason } | undefined {
    const { ids } = this.#history
    const { keys, values } = this.#records
    const entry = ids.find(keys, row * KEY_WORDS)
    if (entry < 0) return undefined
    const isSame = ids.typeOf(entry) === TYPE_NUMBERS[type as UsualType] && ids.hasValue(entry, values, row * KEY_WORDS)
    return isSame
      ? { outcome: OUTCOMES.duplicate, reason: undefined }
      : { outcome: OUTCOMES.rejected, reason: 'ID_REUSED' }
  }

  /** Whether the row is a use that cites a quote, whose signature takes time: {@link reasonOfQuoted} is of it. */
  isQuoted(row: number, type: UsualType): boolean {
    return type === 'InferenceRecorded' && this.#records.uses.hasQuote(this.#records.bodies[row]!)
  }

  async reasonOfQuoted(row: number, ledger: DecidingLedger): Promise<Reason> {
    const refused = this.#findSourceReason(row, 'InferenceRecorded') ?? this.#assetsReason(row)
    return refused ?? findQuoteReason(this.#history.payments, this.#termsOf(row), this.#timeOf(row), ledger)
  }

  reasonOf(row: number, type: UsualType): Reason {
    const refused = this.#findSourceReason(row, type)
    if (refused !== undefined) return refused
    if (type === 'InferenceRecorded')
      return this.#assetsReason(row) ?? (this.#hasPrice(row) ? this.#priceReason(row) : undefined)
    return (
      this.#featuresReason(row) ?? (type === 'ContributionFeatures' ? this.#itemReason(row) : this.#ofUseReason(row))
    )
  }

  /** Adds what was accepted to what later records may refer to. @returns what its entry in `ids` refers to */
  accept(row: number, type: UsualType): number {
    const place = this.#records.bodies[row]!
    if (type === 'InferenceRecorded') {
      if (this.#hasPrice(row)) acceptUse(this.#history.payments, this.#termsOf(row), this.#epoch)
      return this.#records.uses.model(place)
    }
    if (type === 'ContributionFeatures') this.#acceptContribution(place)
    else this.#history.featured.add(this.inferenceOf(row))
    return 0
  }

  /** Of an accepted use: that an agent worked in it, and what decides whether that is rated. @param entry of the use in `ids` */
  noteWork(row: number, entry: number): void {
    const { uses, bodies } = this.#records
    const place = bodies[row]!
    if (this.#history.names.textOf(uses.agent(place)) === '') return
    const isPromised = uses.voucher(place) > 0n && uses.fee(place) > 0n
    this.#history.agentWork.add(entry, { payer: uses.payer(place), epoch: this.#epoch, isPromised })
  }

  /** Entry in `ids` of the inference that features are of, or −1. */
  inferenceOf(row: number): number {
    const { ids } = this.#history
    const { words, at } = this.#records.features.of(this.#records.bodies[row]!)
    const entry = ids.find(words, at)
    return entry >= 0 && ids.typeOf(entry) === TYPE_NUMBERS.InferenceRecorded ? entry : -1
  }

  #findSourceReason(row: number, type: UsualType): Reason {
    const source = this.#records.sources[row]!
    const known = this.#permitted.get(type) ?? new Map<number, Reason>()
    this.#permitted.set(type, known)
    if (known.has(source)) return known.get(source)
    const registration = this.#history.sources.get(this.#history.names.textOf(source))
    const isPermitted = registration?.eventTypes.includes(type)
    const reason = registration === undefined ? 'SOURCE_UNKNOWN' : isPermitted ? undefined : 'TYPE_NOT_PERMITTED'
    known.set(source, reason)
    return reason
  }

  /** Without a list and a quote there is nothing to look up, and the fee may be any. */
  #hasPrice(row: number): boolean {
    const { uses, bodies } = this.#records
    const place = bodies[row]!
    return uses.hasQuote(place) || this.#history.names.textOf(uses.priceList(place)) !== ''
  }

  #priceReason(row: number): Reason {
    return findPriceReason(this.#history.payments, this.#termsOf(row), this.#timeOf(row))
  }

  #termsOf(row: number): UseTerms {
    return this.#records.uses.terms(this.#records.bodies[row]!, this.#history)
  }

  #timeOf(row: number): UseTime {
    return { epoch: this.#epoch, effectiveMs: this.#records.effectiveMs(row) }
  }

  #assetsReason(row: number): Reason {
    const { uses } = this.#records
    const place = this.#records.bodies[row]!
    const agent = uses.agent(place)
    const isKnown =
      this.#kindOf(uses.model(place)) === 'model' &&
      this.#kindOf(uses.infrastructure(place)) === 'infrastructure' &&
      (this.#history.names.textOf(agent) === '' || this.#kindOf(agent) === 'agent')
    if (!isKnown) return 'ASSET_UNKNOWN'
    const model = this.#history.names.textOf(uses.model(place))
    return this.#history.retirements.cover(model, this.#epoch, row, this.#records) ? 'MODEL_RETIRED' : undefined
  }

  #kindOf(name: number): string | undefined {
    if (!this.#assets.has(name))
      this.#assets.set(name, this.#history.assets.get(this.#history.names.textOf(name))?.kind)
    return this.#assets.get(name)
  }

  #mapOf(place: number): EventBodies['FeatureMapPublished'] | undefined {
    const name = this.#records.features.map(place)
    if (!this.#maps.has(name)) this.#maps.set(name, this.#history.featureMaps.get(this.#history.names.textOf(name)))
    return this.#maps.get(name)
  }

  #featuresReason(row: number): Reason {
    const { features, sources } = this.#records
    const place = this.#records.bodies[row]!
    const map = this.#mapOf(place)
    if (map === undefined) return 'FEATURE_MAP_UNKNOWN'
    if (map.extractor !== this.#history.names.textOf(sources[row]!)) return 'EXTRACTOR_NOT_NAMED'
    const fits =
      features.rank(place) === map.rank &&
      features.classes(place) === map.classes &&
      features.checkpoints(place) === map.checkpoints * map.classes
    return fits ? undefined : 'FEATURE_SHAPE_MISMATCH'
  }

  #itemReason(row: number): Reason {
    const { features } = this.#records
    const place = this.#records.bodies[row]!
    const { words, at } = features.of(place)
    const number = findBatchNumber(this.#history, words, at)
    const index = features.index(place)
    if (number < 0 || index >= this.#history.batches[number]!.items) return 'CONTRIBUTION_UNKNOWN'
    const map = this.#mapOf(place)!
    if (this.#history.contributions.get(map.featureMap)?.has(number, index) === true) return 'FEATURES_EXIST'
    const near = features.nearCount(place)
    if (near > 0 && map.similarity === 'none') return 'NEAR_NOT_MEASURED'
    for (let n = 0; n < near; n++) if (this.#nearOf(place, n) === undefined) return 'NEAR_UNKNOWN'
    return undefined
  }

  #ofUseReason(row: number): Reason {
    const entry = this.inferenceOf(row)
    const map = this.#mapOf(this.#records.bodies[row]!)!
    if (entry < 0 || this.#history.names.textOf(this.#history.ids.refOf(entry)) !== map.model)
      return 'INFERENCE_UNKNOWN'
    return this.#history.featured.has(entry) ? 'FEATURES_EXIST' : undefined
  }

  #nearOf(place: number, n: number): ContributionPlace | undefined {
    const { words, at, index } = this.#records.features.near(place, n)
    const batch = this.#history.batches[findBatchNumber(this.#history, words, at)]
    return batch === undefined || index >= batch.items ? undefined : { batchRank: batch.rank, index }
  }

  #acceptContribution(place: number): void {
    const { features } = this.#records
    const { words, at } = features.of(place)
    const batchNumber = findBatchNumber(this.#history, words, at)
    contributionsOf(this.#history, this.#mapOf(place)!).add({
      batchNumber,
      batch: this.#history.batches[batchNumber]!,
      index: features.index(place),
      multiplier: features.multiplier(place),
      label: features.label(place),
      fingerprint: features.fingerprint(place),
      p: features.halves(place),
      pAt: features.pAt(place),
      vector: features.digits(place),
      vectorAt: features.vectorAt(place),
      near: Array.from({ length: features.nearCount(place) }, (_, n) => this.#nearOf(place, n)!),
    })
  }
}
