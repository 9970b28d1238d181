import { ANYONE, signerOfQuote } from '../anchor/signatures/quote.ts'
import type { EventBodies, PriceRule } from '../schemas/events.ts'
import type { Genesis } from '../schemas/genesis.ts'
import { toAddress, toHex } from '../schemas/ids.ts'
import type { RejectionReason } from '../schemas/rejection.ts'

type Use = EventBodies['InferenceRecorded']
type Reason = RejectionReason | undefined

/** What was used of a unit: up to the epochs before `epoch`, and in it. */
interface Usage {
  epoch: number
  before: bigint
  within: bigint
}

/** What decides whether a voucher, a price list, a price or a quote is accepted. */
export interface Payments {
  readonly priceLists: Map<string, EventBodies['PriceListPublished']>
  /** {@link voucherKey} of those accepted. */
  readonly vouchers: Set<string>
  /** Ids, 0x-hex, of the quotes that were taken up. */
  readonly quotes: Set<string>
  /** By {@link usageKey}. */
  readonly usage: Map<string, Usage>
}

export function emptyPayments(): Payments {
  return { priceLists: new Map(), vouchers: new Set(), quotes: new Set(), usage: new Map() }
}

/** Where and when a use was recorded. */
interface UsePlace {
  readonly genesis: Genesis
  readonly ledgerId: Uint8Array
  readonly epoch: number
  readonly effectiveMs: bigint
}

export function voucherKey({ payer, model, token, sequence }: EventBodies['VoucherPresented']): string {
  return JSON.stringify([toHex(payer), model, toHex(token), `${sequence}`])
}

/** Why the price or the quote of an inference of known model and infrastructure is refused (docs/formats.md#decisions). */
export function findPaymentReason(payments: Payments, use: Use, place: UsePlace): Reason | Promise<Reason> {
  const list = payments.priceLists.get(use.priceList)
  if (use.priceList !== '') {
    if (list === undefined || list.model !== use.model || toHex(list.token) !== toHex(use.token))
      return 'PRICE_LIST_UNKNOWN'
  }
  if (use.quoteId.length > 0) return findQuoteReason(payments, use, place)
  if (list === undefined) return undefined
  const price = priceOf(payments, list, use, place)
  if (price === undefined) return 'PRICE_MISSING'
  return price === use.fee ? undefined : 'PRICE_MISMATCH'
}

async function findQuoteReason({ quotes }: Payments, use: Use, place: UsePlace): Promise<Reason> {
  if (place.effectiveMs > use.quoteExpiresMs) return 'QUOTE_EXPIRED'
  if (quotes.has(toHex(use.quoteId))) return 'QUOTE_USED'
  for (const payer of [ANYONE, toAddress(toHex(use.payer))]) {
    const quote = { ...use, payer, token: toAddress(toHex(use.token)), expiresMs: use.quoteExpiresMs }
    if ((await signerOfQuote(place.ledgerId, quote, use.quoteSignature)) === place.genesis.operator) return undefined
  }
  return 'QUOTE_INVALID'
}

/** docs/formats.md#prices; undefined when a unit has no price. */
function priceOf(
  payments: Payments,
  list: EventBodies['PriceListPublished'],
  use: Use,
  { epoch, effectiveMs }: UsePlace,
): bigint | undefined {
  let sum = 0n
  for (const { unit, quantity } of use.units) {
    const used = usedBefore(payments, use, unit, epoch)
    let rule: PriceRule | undefined
    for (const each of list.rules) {
      const isMeant = each.unit === unit && (each.use === 'commercial') === use.commercial
      const isInWindow = effectiveMs >= each.fromMs && (each.untilMs === 0n || effectiveMs < each.untilMs)
      if (!isMeant || !isInWindow || each.fromQuantity > used) continue
      if (rule === undefined || each.fromQuantity > rule.fromQuantity) rule = each
    }
    if (rule === undefined) return undefined
    const product = quantity * rule.pricePerMillion
    sum += product / 1_000_000n + (product % 1_000_000n > 0n ? 1n : 0n)
  }
  return sum
}

function usageKey(use: Use, unit: string): string {
  return JSON.stringify([toHex(use.payer), use.priceList, unit])
}

function usedBefore({ usage }: Payments, use: Use, unit: string, epoch: number): bigint {
  const known = usage.get(usageKey(use, unit))
  if (known === undefined) return 0n
  return known.epoch < epoch ? known.before + known.within : known.before
}

/** An accepted inference: its quote is taken up, and what it used counts from the next epoch on. */
export function acceptUse(payments: Payments, use: Use, epoch: number): void {
  if (use.quoteId.length > 0) payments.quotes.add(toHex(use.quoteId))
  if (use.priceList === '') return
  for (const { unit, quantity } of use.units) {
    const key = usageKey(use, unit)
    const known = payments.usage.get(key) ?? { epoch, before: 0n, within: 0n }
    payments.usage.set(key, known)
    if (known.epoch < epoch) Object.assign(known, { epoch, before: known.before + known.within, within: 0n })
    known.within += quantity
  }
}
