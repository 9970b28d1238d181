import { signingDigest } from '../../anchor/signatures/signer.ts'
import type { IdIndex } from '../../pipelines/warehouse/id-index/id-index.ts'
import type { DecidedEventType, DisputedItem, EventOf, NearContribution } from '../../schemas/events.ts'
import { fromHex } from '../../schemas/ids.ts'
import {
  batchKeyOf,
  isByAgent,
  itemsOf,
  modelPlaceOf,
  previousKeyOf,
  type Ratable,
  ratableOf,
  raterKeyOf,
  referableEntriesOf,
  referredKeyOf,
  TAKEN,
  takenKeyOf,
  withdrawerKeyOf,
} from './index-keys.ts'
import type { AssetPlace, Registry } from './registry.ts'

export interface Candidate {
  readonly rid: bigint
  /** Place in the accept order of its epoch. */
  readonly ordinal: bigint
  readonly effectiveMs: bigint
  readonly idHash: Uint8Array
  readonly bodyHash: Uint8Array
  readonly event: EventOf<DecidedEventType>
  /** Of a use: where its producer's clock stood, Unix milliseconds. */
  readonly producedMs: bigint | undefined
}

/** Where the page is decided. */
interface LedgerPlace {
  readonly epoch: number
  readonly ledgerId: Uint8Array
}

interface Keys {
  readonly referred: string | undefined
  readonly taken: string | undefined
}

/**
 * What the events of one page ask of all history, looked up at once; then kept true while the page is decided one by one.
 * What is taken goes into the id index as well, for the pages that follow.
 */
export class PageReferences {
  readonly #index: IdIndex
  readonly #registry: Registry
  readonly #place: LedgerPlace
  readonly #known = new Map<string, Uint8Array>()
  readonly #keys = new Map<EventOf<DecidedEventType>, Keys>()

  constructor(index: IdIndex, registry: Registry, page: readonly Candidate[], place: LedgerPlace) {
    this.#index = index
    this.#registry = registry
    this.#place = place
    const asked = new Map<string, Uint8Array>()
    const ask = (key: Uint8Array | undefined) => {
      if (key === undefined) return undefined
      const text = textOf(key)
      asked.set(text, key)
      return text
    }
    for (const { event, idHash } of page) {
      ask(idHash)
      this.#keys.set(event, { referred: ask(referredKeyOf(event)), taken: ask(takenKeyOf(event)) })
      if (event.type === 'ContributionWithdrawn') ask(withdrawerKeyOf(event))
      if (event.type === 'TaskOutcome') ask(raterKeyOf(event))
      if (event.type === 'AgentStep') ask(previousKeyOf(event))
      if (event.type === 'ContributionFeatures') for (const near of event.body.near) ask(batchKeyOf(near))
      if (event.type === 'DisputeOpened') for (const item of event.body.items) ask(batchKeyOf(item))
    }
    const values = index.lookup([...asked.values()])
    for (const [position, text] of [...asked.keys()].entries()) {
      const value = values[position]
      if (value !== undefined) this.#known.set(text, value)
    }
  }

  /** Body hash of the accepted event that has used the id up. */
  bodyUnder(idHash: Uint8Array): Uint8Array | undefined {
    return this.#known.get(textOf(idHash))
  }

  /** Whether another accepted event stands where this one would: the same deposit, voucher or quote, features of the same use, … */
  isTaken(event: EventOf<DecidedEventType>): boolean {
    const { taken } = this.#keys.get(event)!
    return taken !== undefined && this.#known.has(taken)
  }

  /** Items of the batch that the event refers to; undefined when no such batch was accepted. */
  itemsOfBatch(
    event: EventOf<'ContributionFeatures' | 'ContributionText' | 'ContributionWithdrawn' | 'ErasureOrdered'>,
  ): number | undefined {
    const value = this.#referred(event)
    return value === undefined ? undefined : itemsOf(value)
  }

  /** Whether the batch that is withdrawn was contributed by the account that withdraws it. */
  isOfWithdrawer(event: EventOf<'ContributionWithdrawn'>): boolean {
    return this.#known.has(textOf(withdrawerKeyOf(event)))
  }

  /** Items of the batch in which a near or a disputed contribution is said to be; undefined when no such batch was accepted. */
  itemsOfNamedBatch(named: NearContribution | DisputedItem): number | undefined {
    const value = this.#known.get(textOf(batchKeyOf(named)))
    return value === undefined ? undefined : itemsOf(value)
  }

  /** Whether a dispute of that name was accepted. */
  isDisputeKnown(event: EventOf<'DisputeResolved'>): boolean {
    return this.#referred(event) !== undefined
  }

  /** Model of the inference that the event refers to; undefined when no such inference was accepted. */
  modelOfInference(event: EventOf<'InferenceFeatures' | 'InferenceText' | 'AgentStep'>): string | undefined {
    const value = this.#referred(event)
    return value === undefined ? undefined : this.#registry.assetAt(modelPlaceOf(value))
  }

  /** Whether an agent did the work of the inference that is rated; undefined when no such inference was accepted. */
  isOfAgent(event: EventOf<'TaskOutcome'>): boolean | undefined {
    const value = this.#referred(event)
    return value === undefined ? undefined : isByAgent(value)
  }

  /** The work of an agent that is rated; undefined when the rater is not who pays for it. */
  ratedUse(event: EventOf<'TaskOutcome'>): Ratable | undefined {
    const value = this.#known.get(textOf(raterKeyOf(event)))
    return value === undefined ? undefined : ratableOf(value)
  }

  /** Whether the step before, of that run and with that hash, was accepted. */
  hasPrevious(event: EventOf<'AgentStep'>): boolean {
    return this.#known.has(textOf(previousKeyOf(event)))
  }

  /** Notes an accepted event: its id, its place, and what others may refer to. */
  take({ event, idHash, bodyHash }: Candidate): void {
    this.#add(idHash, bodyHash)
    const taken = takenKeyOf(event)
    if (taken !== undefined) this.#add(taken, TAKEN)
    const { epoch, ledgerId } = this.#place
    const isStep = event.type === 'AgentStep'
    const stepHash = isStep ? fromHex(signingDigest(ledgerId, event)) : undefined
    const modelPlace = (model: string) => this.#placeOf(model)
    for (const { key, value } of referableEntriesOf(event, idHash, { epoch, modelPlace, stepHash })) {
      this.#index.add(key, value)
      // The next step of the run may stand in the same page.
      if (isStep) this.#known.set(textOf(key), value)
    }
  }

  #referred(event: EventOf<DecidedEventType>): Uint8Array | undefined {
    const { referred } = this.#keys.get(event)!
    return referred === undefined ? undefined : this.#known.get(referred)
  }

  #placeOf(model: string): AssetPlace {
    return this.#registry.assets.get(model)!.place
  }

  #add(key: Uint8Array, value: Uint8Array): void {
    this.#known.set(textOf(key), value)
    this.#index.add(key, value)
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
