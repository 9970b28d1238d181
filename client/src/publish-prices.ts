import { randomUUID } from 'node:crypto'
import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import type { PriceRule } from '../../schemas/events.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'

export interface Price {
  /** What is counted, for example `input_tokens`. */
  readonly unit: string
  /** Of a million of the unit, in the token's smallest unit; a use's price is rounded up unit by unit. */
  readonly pricePerMillion: bigint
  /** Prices commercial uses; without it the others. */
  readonly commercial?: boolean
  /** Only for payers who used so many under this list in earlier epochs. Default: for everybody. */
  readonly fromQuantity?: bigint
  /** From this time on, Unix milliseconds. Default: always. */
  readonly fromMs?: bigint
  /** Before this time. Default: for ever. */
  readonly untilMs?: bigint
}

export interface PublishPricesOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** An owner of the model. */
  readonly signer: TypedDataSigner
  /** A registered source that sends it; it needs the permission for PriceListPublished. */
  readonly source: string
  /** A name of its own: a list never changes, other prices are another list. */
  readonly priceList: string
  readonly model: string
  /** Address of the ERC-20. */
  readonly token: string
  /** 1 to 200, in any order; windows of one unit, use and quantity may not overlap (docs/formats.md#prices). */
  readonly prices: readonly Price[]
  /** Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

/** What uses of a model cost, by what they used: the record of a price list. Uses name it, and their fee is its price. */
export async function publishPrices(options: PublishPricesOptions): Promise<{ id: string; record: OutgoingRecord }> {
  const { ledgerId, signer, source, priceList, model } = options
  const id = options.id ?? randomUUID()
  const rules = options.prices.map(toRule).sort(compareRules)
  const [token, registrant] = [fromHex(toAddress(options.token)), fromHex(toAddress(signer.address))]
  const body = { priceList, model, token, rules, registrant }
  const event = await signEvent(ledgerId, signer, { type: 'PriceListPublished', source, id, body })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()) }
}

function toRule({
  unit,
  pricePerMillion,
  commercial = false,
  fromQuantity = 0n,
  fromMs = 0n,
  untilMs = 0n,
}: Price): PriceRule {
  return { unit, use: commercial ? 'commercial' : '', fromQuantity, fromMs, untilMs, pricePerMillion }
}

function compareRules(a: PriceRule, b: PriceRule): number {
  const order = Buffer.compare(Buffer.from(a.unit), Buffer.from(b.unit)) || a.use.length - b.use.length
  if (order !== 0) return order
  const difference = a.fromQuantity - b.fromQuantity || a.fromMs - b.fromMs
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
