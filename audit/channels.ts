import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { compareText, firstOf } from './order.ts'
import type { State } from './state.ts'

/** What a payer signed for, for uses of one model in one token. */
interface Channel {
  readonly payer: string
  readonly model: string
  readonly token: string
  cumulative: bigint
  sequence: bigint
  spent: bigint
}

/** By payer ‖ token ‖ model: the first two have a fixed length. */
export type Channels = Map<string, Channel>

/** A use as far as its payment is concerned. */
export interface Charge {
  readonly payer: string
  readonly token: string
  readonly model: string
  readonly fee: bigint
  readonly voucher: bigint
}

/** The greatest that any voucher of a channel said, whatever the order in which they came. */
export function raiseChannel(channels: Channels, body: EventBodies['VoucherPresented']): void {
  const [payer, token] = [toHex(body.payer), toHex(body.token)]
  const key = payer + token + body.model
  const known = channels.get(key)
  if (known === undefined) {
    const { model, cumulative, sequence } = body
    channels.set(key, { payer, token, model, cumulative, sequence, spent: 0n })
    return
  }
  known.cumulative = known.cumulative > body.cumulative ? known.cumulative : body.cumulative
  known.sequence = known.sequence > body.sequence ? known.sequence : body.sequence
}

/**
 * Step 2 of settlement for one use: takes its fee if it may be taken.
 *
 * @param balances by payer ‖ token; changed in place, as its channel is
 */
export function chargeUse(
  channels: Channels,
  balances: Map<string, bigint>,
  { payer, token, model, fee, voucher }: Charge,
  hasPolicy: boolean,
): 'funded' | 'unfunded' | 'reported' {
  const channel = channels.get(payer + token + model)
  if (channel === undefined || voucher === 0n || voucher > channel.sequence) return 'reported'
  if (channel.spent + fee > channel.cumulative) return 'reported'
  const balance = balances.get(payer + token) ?? 0n
  if (!hasPolicy || fee === 0n || fee > balance) return 'unfunded'
  balances.set(payer + token, balance - fee)
  channel.spent += fee
  return 'funded'
}

/** As state.json has them. */
export function channelsOf(channels: Channels): State['channels'] {
  return [...channels.values()]
    .sort((a, b) =>
      firstOf(compareText(a.payer, b.payer), compareText(a.model, b.model), compareText(a.token, b.token)),
    )
    .map(({ payer, model, token, cumulative, sequence, spent }) => ({
      ...{ payer, model, token },
      ...{ cumulative: `${cumulative}`, sequence: `${sequence}`, spent: `${spent}` },
    }))
}
