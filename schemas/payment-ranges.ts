import type { EventBodies, PriceRule, UnitQuantity } from './events.ts'
import * as limits from './limits.ts'
import { amount, bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

/** What an inference says of its payment, behind what it has always said. */
export function usePayment(body: EventBodies['InferenceRecorded']): RangeFault | undefined {
  return first(
    body.voucher >= 0n ? undefined : field('voucher must not be negative.'),
    body.priceList === '' ? undefined : identifier('priceList', body.priceList),
    range('units', body.units.length, 0, limits.UNITS_MAX),
    units(body.units),
    quote(body),
  )
}

export function voucher(body: EventBodies['VoucherPresented']): RangeFault | undefined {
  return first(
    amount(body.cumulative),
    bytes('payer', body.payer, 20),
    identifier('model', body.model),
    bytes('token', body.token, 20),
    body.sequence >= 1n ? undefined : field('sequence must be 1 or more.'),
    bytes('signature', body.signature, 65),
  )
}

export function priceList(body: EventBodies['PriceListPublished']): RangeFault | undefined {
  return first(
    body.rules.map((rule) => amount(rule.pricePerMillion)).find((fault) => fault !== undefined),
    identifier('priceList', body.priceList),
    identifier('model', body.model),
    bytes('token', body.token, 20),
    range('rules', body.rules.length, 1, limits.PRICE_RULES_MAX),
    rules(body.rules),
    bytes('registrant', body.registrant, 20),
    bytes('signature', body.signature, 65),
  )
}

function units(all: readonly UnitQuantity[]): RangeFault | undefined {
  for (const [index, { unit, quantity }] of all.entries()) {
    const fault = identifier('unit', unit) ?? inQuantityRange('quantity', quantity)
    if (fault !== undefined) return fault
    if (index > 0 && compare(all[index - 1]!.unit, unit) >= 0) return field('units must be strictly ascending.')
  }
  return undefined
}

function quote(body: EventBodies['InferenceRecorded']): RangeFault | undefined {
  if (body.quoteId.length === 0) {
    const isEmpty = body.quoteExpiresMs === 0n && body.quoteSignature.length === 0
    return isEmpty ? undefined : field('Without a quoteId, quoteExpiresMs must be 0 and quoteSignature empty.')
  }
  return first(
    bytes('quoteId', body.quoteId, limits.QUOTE_ID_BYTES),
    body.quoteExpiresMs >= 0n ? undefined : field('quoteExpiresMs must not be negative.'),
    bytes('quoteSignature', body.quoteSignature, 65),
  )
}

function rules(all: readonly PriceRule[]): RangeFault | undefined {
  for (const [index, rule] of all.entries()) {
    const fault = first(
      identifier('unit', rule.unit),
      rule.use === '' || rule.use === 'commercial' ? undefined : field('use must be commercial or empty.'),
      inQuantityRange('fromQuantity', rule.fromQuantity),
      rule.fromMs >= 0n ? undefined : field('fromMs must not be negative.'),
      rule.untilMs === 0n || rule.untilMs > rule.fromMs ? undefined : field('untilMs must be 0 or after fromMs.'),
    )
    if (fault !== undefined) return fault
    const before = all[index - 1]
    if (before !== undefined && !comesBefore(before, rule))
      return field('rules must ascend by unit, use, fromQuantity and fromMs, and their windows not overlap.')
  }
  return undefined
}

/** No two rules ever match at once with the same fromQuantity: which price counts is never a choice. */
function comesBefore(a: PriceRule, b: PriceRule): boolean {
  const order = compare(a.unit, b.unit) || compare(a.use, b.use)
  if (order !== 0) return order < 0
  if (a.fromQuantity !== b.fromQuantity) return a.fromQuantity < b.fromQuantity
  return a.untilMs !== 0n && a.untilMs <= b.fromMs
}

function inQuantityRange(name: string, value: bigint): RangeFault | undefined {
  return value >= 0n && value < limits.QUANTITY_LIMIT ? undefined : field(`${name} must lie between 0 and 2^53 - 1.`)
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
