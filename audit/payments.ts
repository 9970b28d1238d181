import { ANYONE, signerOfQuote } from '../anchor/signatures/quote.ts'
import type { EventBodies, PriceRule } from '../schemas/events.ts'
import { toAddress, toHex } from '../schemas/ids.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'

/** Of an inference: at what price it was used. */
export type UseTerms = Pick<
  EventBodies['InferenceRecorded'],
  | 'model'
  | 'payer'
  | 'token'
  | 'fee'
  | 'commercial'
  | 'priceList'
  | 'units'
  | 'quoteId'
  | 'quoteExpiresMs'
  | 'quoteSignature'
>
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

/** When a use was recorded. */
export interface UseTime {
  readonly epoch: number
  readonly effectiveMs: bigint
}

export function voucherKey({ payer, model, token, sequence }: EventBodies['VoucherPresented']): string {
  return JSON.stringify([toHex(payer), model, toHex(token), `${sequence}`])
}

/** Why the price of an inference of known assets, without a quote, is refused (docs/formats.md#decisions). */
export function findPriceReason(payments: Payments, use: UseTerms, time: UseTime): Reason {
  const reason = findListReason(payments, use)
  if (reason !== undefined || use.priceList === '') return reason
  const price = priceOf(payments, payments.priceLists.get(use.priceList)!, use, time)
  if (price === undefined) return 'PRICE_MISSING'
  return price === use.fee ? undefined : 'PRICE_MISMATCH'
}

/** As {@link findPriceReason}, with a quote: it fixes the fee. */
export async function findQuoteReason(
  payments: Payments,
  use: UseTerms,
  { effectiveMs }: UseTime,
  { genesis, ledgerId, onSignature }: DecidingLedger,
): Promise<Reason> {
  const reason = findListReason(payments, use)
  if (reason !== undefined) return reason
  if (effectiveMs > use.quoteExpiresMs) return 'QUOTE_EXPIRED'
  if (payments.quotes.has(toHex(use.quoteId))) return 'QUOTE_USED'
  if (onSignature === undefined) return undefined
  onSignature()
  for (const payer of [ANYONE, toAddress(toHex(use.payer))]) {
    const quote = { ...use, payer, token: toAddress(toHex(use.token)), expiresMs: use.quoteExpiresMs }
    if ((await signerOfQuote(ledgerId, quote, use.quoteSignature)) === genesis.operator) return undefined
  }
  return 'QUOTE_INVALID'
}

function findListReason({ priceLists }: Payments, { priceList, model, token }: UseTerms): Reason {
  if (priceList === '') return undefined
  const list = priceLists.get(priceList)
  const isOfUse = list !== undefined && list.model === model && toHex(list.token) === toHex(token)
  return isOfUse ? undefined : 'PRICE_LIST_UNKNOWN'
}

/** docs/formats.md#prices; undefined when a unit has no price. */
function priceOf(
  payments: Payments,
  list: EventBodies['PriceListPublished'],
  use: UseTerms,
  { epoch, effectiveMs }: UseTime,
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

function usageKey(use: UseTerms, unit: string): string {
  return JSON.stringify([toHex(use.payer), use.priceList, unit])
}

function usedBefore({ usage }: Payments, use: UseTerms, unit: string, epoch: number): bigint {
  const known = usage.get(usageKey(use, unit))
  if (known === undefined) return 0n
  return known.epoch < epoch ? known.before + known.within : known.before
}

/** An accepted inference: its quote is taken up, and what it used counts from the next epoch on. */
export function acceptUse(payments: Payments, use: UseTerms, epoch: number): void {
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
