import { ANYONE, type Quote, signQuote } from '../../anchor/signatures/quote.ts'
import type { TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { type Address, toAddress, toHex } from '../../schemas/ids.ts'
import { IDENTIFIER_CHARACTERS_MAX, QUANTITY_LIMIT, QUOTE_ID_BYTES, UNITS_MAX } from '../../schemas/limits.ts'
import { unitsOf } from '../../schemas/units.ts'
import type { Ledger } from '../ledger.ts'
import { ModelRetiredError, ModelUnknownError, NoPriceError, NoPriceListError, QuoteRequestError } from './errors.ts'
import { type PriceList, priceOf } from './price.ts'
import { loadPriceLists } from './price-lists.ts'
import { loadUsedQuantities } from './used-quantities.ts'

/** A year: a price that is promised for longer is a price list. */
const VALID_MS_MAX = 365n * 86_400_000n

export interface QuoteRequest {
  readonly model: string
  /** What will be used, by unit. */
  readonly units: Readonly<Record<string, bigint>>
  /** Who will pay; its volume tiers count. Default: whoever cites the quote, at the price of somebody new. */
  readonly payer?: Address
  /** Default: the list of the model that was published last, in `token` if that is given. */
  readonly priceList?: string
  readonly token?: Address
  readonly commercial?: boolean
  /** The clock, Unix milliseconds: windows of prices are asked for this instant, and the quote counts from it. */
  readonly nowMs: bigint
  /** So long the quote counts. */
  readonly validMs: bigint
  /** 16 bytes that no other quote has. */
  readonly quoteId: Uint8Array
}

/** A quote with the operator's signature, as a use cites it. */
export type SignedQuote = Quote & { readonly signature: Uint8Array }

/**
 * What a use will cost, by the price lists and the payer's earlier uses as of the last closed epoch. A promise once it is signed
 * ({@link signedQuote}).
 *
 * @throws ModelUnknownError, ModelRetiredError, NoPriceListError, NoPriceError, QuoteRequestError
 */
export async function quoteFor({ warehouse }: Pick<Ledger, 'warehouse'>, request: QuoteRequest): Promise<Quote> {
  const { model, payer = ANYONE, commercial = false, nowMs } = request
  const units = unitsOf(request.units)
  assertRequest(request, units)
  await requireModel(warehouse, model)
  const retired = await warehouse.one('SELECT 1 FROM model_retired WHERE model = $model', { model })
  if (retired !== undefined) throw new ModelRetiredError({ model })
  const [priceList, list] = chooseList(await loadPriceLists(warehouse), request)
  const keys = units.map(({ unit }) => ({ payer, priceList, unit }))
  const usedBefore = await loadUsedQuantities(warehouse, payer === ANYONE ? [] : keys)
  const fee = priceOf(list, { units, commercial, atMs: nowMs }, (unit) => usedBefore({ payer, priceList, unit }))
  if (fee === undefined)
    throw new NoPriceError({ priceList, units: units.map(({ unit }) => unit).join(', '), commercial })
  const expiresMs = nowMs + request.validMs
  const { quoteId } = request
  return { quoteId, payer, model, token: toAddress(list.token), fee, priceList, units, commercial, expiresMs }
}

async function requireModel(warehouse: Ledger['warehouse'], model: string): Promise<void> {
  const row = await warehouse.one<{ kind: string }>('SELECT kind FROM asset WHERE asset = $model', { model })
  if (row?.kind !== 'model') throw new ModelUnknownError({ model, kind: row?.kind ?? null })
}

/** {@link quoteFor}, signed by the operator: who cites it in time pays this, whatever becomes of the price list. */
export async function signedQuote(
  ledger: Pick<Ledger, 'warehouse' | 'ledgerId'>,
  operator: TypedDataSigner,
  request: QuoteRequest,
): Promise<SignedQuote> {
  const quote = await quoteFor(ledger, request)
  return { ...quote, signature: await signQuote(ledger.ledgerId, operator, quote) }
}

/** As JSON, for people and programs: bytes in hex, amounts as text; `signature` null when nobody signed it. */
export function quoteDocument(quote: Quote | SignedQuote) {
  const { quoteId, payer, model, token, fee, priceList, units, commercial, expiresMs } = quote
  return {
    ...{ quoteId: toHex(quoteId), payer, model, token, fee: fee.toString(), priceList },
    units: Object.fromEntries(units.map(({ unit, quantity }) => [unit, quantity.toString()])),
    ...{ commercial, expiresMs: expiresMs.toString() },
    signature: 'signature' in quote ? toHex(quote.signature) : null,
  }
}

function assertRequest({ quoteId, validMs }: QuoteRequest, units: Quote['units']): void {
  if (units.length < 1 || units.length > UNITS_MAX) throw new QuoteRequestError(`${units.length} units are asked for.`)
  for (const { unit, quantity } of units) {
    if (unit.length < 1 || unit.length > IDENTIFIER_CHARACTERS_MAX)
      throw new QuoteRequestError(
        `A unit has a name of ${unit.length} characters, not 1 to ${IDENTIFIER_CHARACTERS_MAX}.`,
      )
    if (quantity < 0n || quantity >= QUANTITY_LIMIT)
      throw new QuoteRequestError(`${quantity} is no quantity of ${unit}.`)
  }
  if (quoteId.length !== QUOTE_ID_BYTES) throw new RangeError(`A quote id has ${QUOTE_ID_BYTES} bytes.`)
  if (validMs < 1n || validMs > VALID_MS_MAX) throw new QuoteRequestError('A quote counts for a millisecond to a year.')
}

/** Lists are in the order in which they were accepted. */
function chooseList(
  lists: ReadonlyMap<string, PriceList>,
  { model, priceList, token }: QuoteRequest,
): [id: string, list: PriceList] {
  const found = [...lists].findLast(
    ([id, list]) => list.model === model && (priceList ?? id) === id && (token === undefined || list.token === token),
  )
  if (found === undefined)
    throw new NoPriceListError({
      model,
      ...(priceList === undefined ? {} : { priceList }),
      ...(token === undefined ? {} : { token }),
    })
  return found
}
