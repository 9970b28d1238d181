import { ANYONE, signerOfQuote } from '../../anchor/signatures/quote.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import type { EventOf } from '../../schemas/events.ts'
import { type Address, toAddress, toHex } from '../../schemas/ids.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import { isTiered, type PriceList, priceOf } from '../pricing/price.ts'
import { loadUsedQuantities, type UsedKey } from '../pricing/used-quantities.ts'
import type { CheckContext } from './check-context.ts'
import type { Candidate } from './references.ts'
import type { Registry } from './registry.ts'

type Use = EventOf<'InferenceRecorded'>

/** A use of what is registered, at the price of the list or the quote that it cites. Whether it is paid is settled later. */
export function checkUse(
  event: Use,
  context: CheckContext,
): RejectionReason | undefined | Promise<RejectionReason | undefined> {
  const { registry, moment } = context
  const { model, infrastructure, agent, priceList, quoteId } = event.body
  const isKnown =
    registry.asset(model, 'model') !== undefined &&
    registry.asset(infrastructure, 'infrastructure') !== undefined &&
    (agent === '' || registry.asset(agent, 'agent') !== undefined)
  if (!isKnown) return 'ASSET_UNKNOWN'
  if (registry.retirements.isBefore(model, moment)) return 'MODEL_RETIRED'
  const list = registry.priceLists.get(priceList)
  if (priceList !== '' && (list?.model !== model || list.token !== toHex(event.body.token))) return 'PRICE_LIST_UNKNOWN'
  if (quoteId.length > 0) return checkQuote(event, context)
  return list === undefined ? undefined : checkPrice(event, list, context)
}

function checkPrice(
  { body }: Use,
  list: PriceList,
  { moment: { effectiveMs }, usedBefore }: CheckContext,
): RejectionReason | undefined {
  const payer = toHex(body.payer)
  const use = { units: body.units, commercial: body.commercial, atMs: effectiveMs }
  const price = priceOf(list, use, (unit) => usedBefore({ payer, priceList: body.priceList, unit }))
  if (price === undefined) return 'PRICE_MISSING'
  return price === body.fee ? undefined : 'PRICE_MISMATCH'
}

/** The quote fixes the fee: what the list says by now is not asked. The signature last, since it is what costs time. */
async function checkQuote(
  event: Use,
  { ledgerId, genesis, references, moment }: CheckContext,
): Promise<RejectionReason | undefined> {
  const { body } = event
  if (moment.effectiveMs > body.quoteExpiresMs) return 'QUOTE_EXPIRED'
  if (references.isTaken(event)) return 'QUOTE_USED'
  const token = toAddress(toHex(body.token))
  const signerFor = (payer: Address) =>
    signerOfQuote(ledgerId, { ...body, payer, token, expiresMs: body.quoteExpiresMs }, body.quoteSignature)
  const isQuoted =
    (await signerFor(toAddress(toHex(body.payer)))) === genesis.operator ||
    (await signerFor(ANYONE)) === genesis.operator
  return isQuoted ? undefined : 'QUOTE_INVALID'
}

/** What the payers of a page used before, where prices depend on it: looked up for the whole page at once. */
export function usedBeforePage(
  warehouse: Database,
  registry: Registry,
  page: readonly Candidate[],
): Promise<(key: UsedKey) => bigint> {
  const keys = new Map<string, UsedKey>()
  for (const { event } of page) {
    if (event.type !== 'InferenceRecorded') break // of one type all
    const { priceList, units, payer } = event.body
    const list = registry.priceLists.get(priceList)
    if (list === undefined) continue
    for (const { unit } of units) {
      if (!isTiered(list, unit)) continue
      const key = { payer: toHex(payer), priceList, unit }
      keys.set(JSON.stringify([key.payer, priceList, unit]), key)
    }
  }
  return loadUsedQuantities(warehouse, [...keys.values()])
}
