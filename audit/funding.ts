import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { type Channels, chargeUse, raiseChannel } from './channels.ts'
import type { DecidedEpoch } from './decide.ts'
import { eventKey, type History } from './history.ts'
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
  /** By token: fees that a voucher covered and no balance. */
  readonly unfunded: ReadonlyMap<string, bigint>
  /** By token: fees that no voucher covered. */
  readonly reported: ReadonlyMap<string, bigint>
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
 * Step 2 of settlement: deposits are credited and channels raised, then fees are taken in accept order where both cover them.
 *
 * @param books  balances by payer ‖ token, and channels; changed in place
 * @param policy in force; without one nothing is taken
 */
export function fundEpoch(
  { balances, channels }: { readonly balances: Map<string, bigint>; readonly channels: Channels },
  decided: DecidedEpoch,
  history: History,
  policy: Policy | undefined,
): Funding {
  for (const { event } of decided.deposits) {
    addTo(balances, balanceKey(toHex(event.body.payer), toHex(event.body.token)), event.body.amount)
  }
  for (const { event } of decided.vouchers) raiseChannel(channels, event.body)
  const funded: FundedInference[] = []
  const unfunded = new Map<string, bigint>()
  const reported = new Map<string, bigint>()
  for (const { event } of decided.inferences) {
    const { model, fee, voucher } = event.body
    const [payer, token] = [toHex(event.body.payer), toHex(event.body.token)]
    const status = chargeUse(channels, balances, { payer, token, model, fee, voucher }, policy !== undefined)
    if (status !== 'funded') {
      addTo(status === 'unfunded' ? unfunded : reported, token, fee)
      continue
    }
    const use = eventKey(event.source, event.id)
    const features = history.inferenceFeatures.get(use)
    funded.push({ key: use, inference: event.body, payer, token, dataParts: policy!.dataParts, features })
  }
  return { funded, unfunded, reported }
}
