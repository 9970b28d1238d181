import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { DecidedEpoch } from './decide.ts'
import { eventKey, type History } from './history.ts'
import { addTo } from './sums.ts'

/** An inference whose fee was taken from its payer's balance. */
export interface FundedInference {
  readonly inference: EventBodies['InferenceRecorded']
  readonly payer: string
  readonly token: string
  /** Accepted at this cut; undefined when the inference has none. */
  readonly features: EventBodies['InferenceFeatures'] | undefined
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
 * @param hasPolicy without a policy every fee stays unfunded
 */
export function fundEpoch(
  balances: Map<string, bigint>,
  decided: DecidedEpoch,
  history: History,
  hasPolicy: boolean,
): Funding {
  for (const { event } of decided.deposits) {
    addTo(balances, balanceKey(toHex(event.body.payer), toHex(event.body.token)), event.body.amount)
  }
  const funded: FundedInference[] = []
  const unfunded = new Map<string, bigint>()
  for (const { event } of decided.inferences) {
    const [payer, token] = [toHex(event.body.payer), toHex(event.body.token)]
    const key = balanceKey(payer, token)
    const balance = balances.get(key) ?? 0n
    if (!hasPolicy || event.body.fee === 0n || event.body.fee > balance) {
      addTo(unfunded, token, event.body.fee)
      continue
    }
    balances.set(key, balance - event.body.fee)
    const features = history.inferenceFeatures.get(eventKey(event.source, event.id))
    funded.push({ inference: event.body, payer, token, features })
  }
  return { funded, unfunded }
}
