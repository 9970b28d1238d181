import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { DecidedEpoch } from './decide.ts'
import { lineageOf } from './derivation.ts'
import { eventKey, type History } from './history.ts'
import type { Ownership } from './ownership.ts'
import { addTo } from './sums.ts'

type Policy = EventBodies['PolicyPublished']

/** An inference whose fee was taken from its payer's balance. */
export interface FundedInference {
  /** Of (source, id), by which features name it. */
  readonly key: string
  readonly inference: EventBodies['InferenceRecorded']
  readonly payer: string
  readonly token: string
  /** Of the policy in force in its epoch, millionths. */
  readonly dataParts: number
  /** Place of its record in the accept order of its epoch. */
  readonly order: number
  /** At that place: of something that is paid for the use. */
  readonly isPayerOwner: boolean
  /** Accepted at this cut; undefined when the inference has none. */
  readonly features: EventBodies['InferenceFeatures'] | undefined
}

/** A funded inference that belongs to a period. */
export interface FeaturedInference extends FundedInference {
  readonly features: EventBodies['InferenceFeatures']
}

export function hasFeatures(funded: FundedInference): funded is FeaturedInference {
  return funded.features !== undefined
}

export interface Funding {
  readonly funded: readonly FundedInference[]
  /** By token: fees that no balance covered. */
  readonly unfunded: ReadonlyMap<string, bigint>
}

/** Length of an address in hex: two of them make a key that splits again. */
const ADDRESS_CHARACTERS = 42

function balanceKey(payer: string, token: string): string {
  return payer + token
}

export function splitPair(key: string): [first: string, second: string] {
  return [key.slice(0, ADDRESS_CHARACTERS), key.slice(ADDRESS_CHARACTERS)]
}

/**
 * Step 2 of settlement: deposits are credited, then fees are taken in accept order where the balance covers them.
 *
 * @param balances of (payer, token); changed in place
 * @param policy   in force; without one every fee stays unfunded
 */
export function fundEpoch(
  balances: Map<string, bigint>,
  decided: DecidedEpoch,
  history: History,
  policy: Policy | undefined,
): Funding {
  for (const { event } of decided.deposits) {
    addTo(balances, balanceKey(toHex(event.body.payer), toHex(event.body.token)), event.body.amount)
  }
  const funded: FundedInference[] = []
  const lineages = new Map<string, ReadonlySet<string>>()
  const lineage = (model: string) => {
    const known = lineages.get(model) ?? lineageOf(history.assets, model)
    lineages.set(model, known)
    return known
  }
  const unfunded = new Map<string, bigint>()
  for (const { event, record } of decided.inferences) {
    const [payer, token] = [toHex(event.body.payer), toHex(event.body.token)]
    const key = balanceKey(payer, token)
    const balance = balances.get(key) ?? 0n
    if (policy === undefined || event.body.fee === 0n || event.body.fee > balance) {
      addTo(unfunded, token, event.body.fee)
      continue
    }
    balances.set(key, balance - event.body.fee)
    const use = eventKey(event.source, event.id)
    const features = history.inferenceFeatures.get(use)
    const order = decided.orderOf(record)
    const paid = [...lineage(event.body.model), event.body.infrastructure, event.body.agent]
    const isPayerOwner = ownsOneOf(history.ownership, paid, payer, order)
    funded.push({
      ...{ key: use, inference: event.body, payer, token, features },
      ...{ dataParts: policy.dataParts, order, isPayerOwner },
    })
  }
  return { funded, unfunded }
}

/** Whether the payer owned some of an asset that is paid for a use, at its place. An empty name is no asset. */
function ownsOneOf(ownership: Ownership, assets: readonly string[], payer: string, order: number): boolean {
  return assets.some((asset) => asset !== '' && ownership.in(asset, ownership.versionAt(asset, order)).has(payer))
}
