import { LIST, listValue, VARCHAR } from '@duckdb/node-api'
import { ANYONE } from '../../anchor/signatures/quote.ts'
import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address, Hash32 } from '../../schemas/ids.ts'

const offersSql = readSql(new URL('./offers.sql', import.meta.url))
const acceptancesSql = readSql(new URL('./acceptances.sql', import.meta.url))

/** `lapsed`: its seller owns nothing of the asset any more, and a licence is sold by an owner. */
type OfferState = 'open' | 'sold' | 'withdrawn' | 'expired' | 'lapsed'

/** An acceptance that got nothing: others came first, the seller or the buyer had too little, or it waits to be settled. */
interface FailedAcceptance {
  readonly buyer: Address
  readonly epoch: number
  readonly status: 'taken' | 'lapsed' | 'unfunded' | 'waiting'
}

/** What a licence that is offered lets its buyer do, and how many bought one. */
interface OfferedLicence {
  readonly uses: readonly string[]
  /** Times and durations in Unix milliseconds; null: from the purchase on, for ever, until its end. */
  readonly fromMs: bigint | null
  readonly untilMs: bigint | null
  readonly durationMs: bigint | null
  /** Null: uses at whatever fee. */
  readonly priceList: string | null
  /** Millionths. */
  readonly royaltyParts: number
  /** Null: nothing in retrospect. */
  readonly coversFromEpoch: number | null
  /** Null: any number. */
  readonly copies: number | null
  readonly sold: number
}

/** An offer of a share or of licences, and what became of it, as of the last closed epoch. */
export interface MarketOffer {
  readonly offer: string
  readonly asset: string
  readonly seller: Address
  /** Who may accept; null: anyone. */
  readonly buyer: Address | null
  readonly kind: 'share' | 'licence'
  /** Millionths; 0 of a licence. */
  readonly parts: number
  /** Null of a share. */
  readonly licence: OfferedLicence | null
  readonly token: Address
  /** Of all the parts, or of one licence, in the token's smallest unit. */
  readonly price: bigint
  readonly expiresMs: bigint
  /** What an acceptance names: the EIP-712 digest that the seller signed. */
  readonly terms: Hash32
  /** That accepted it. */
  readonly epoch: number
  readonly state: OfferState
  /** Of a share. */
  readonly sold: { readonly to: Address; readonly epoch: number } | null
  readonly failed: readonly FailedAcceptance[]
}

/** Offers of an asset, or of all of them; newest first. */
export function offersOf(warehouse: Database, asset: string | undefined): Promise<MarketOffer[]> {
  return loadOffers(warehouse, { asset: asset ?? null, offer: null })
}

export async function offerNamed(warehouse: Database, offer: string): Promise<MarketOffer | undefined> {
  return (await loadOffers(warehouse, { asset: null, offer }))[0]
}

async function loadOffers(
  warehouse: Database,
  asked: { readonly asset: string | null; readonly offer: string | null },
): Promise<MarketOffer[]> {
  const rows = await warehouse.all(offersSql, asked, { asset: VARCHAR, offer: VARCHAR })
  const failed = await failedAcceptances(
    warehouse,
    rows.map((row) => row.offer as string),
  )
  return rows.map((row) => ({
    offer: row.offer as string,
    asset: row.asset as string,
    seller: row.seller as Address,
    buyer: row.buyer === ANYONE ? null : (row.buyer as Address),
    kind: row.kind as MarketOffer['kind'],
    parts: row.parts as number,
    licence: row.kind === 'licence' ? toLicence(row) : null,
    token: row.token as Address,
    price: row.price as bigint,
    expiresMs: row.expires_ms as bigint,
    terms: row.terms as Hash32,
    epoch: row.epoch as number,
    state: row.state as OfferState,
    sold: row.sold_to === null ? null : { to: row.sold_to as Address, epoch: row.sold_in as number },
    failed: failed.get(row.offer as string) ?? [],
  }))
}

function toLicence(row: Row): OfferedLicence {
  const orNull = <Value>(value: Value, none: Value) => (value === none ? null : value)
  return {
    uses: (row.uses as unknown as { items: string[] }).items,
    fromMs: orNull(row.from_ms as bigint, 0n),
    untilMs: orNull(row.until_ms as bigint, 0n),
    durationMs: orNull(row.duration_ms as bigint, 0n),
    priceList: orNull(row.price_list as string, ''),
    royaltyParts: row.royalty_parts as number,
    coversFromEpoch: orNull(row.covers_from_epoch as number, 0),
    copies: orNull(row.copies as number, 0),
    sold: Number(row.times as bigint),
  }
}

async function failedAcceptances(
  warehouse: Database,
  offers: readonly string[],
): Promise<Map<string, FailedAcceptance[]>> {
  const found = new Map<string, FailedAcceptance[]>()
  if (offers.length === 0) return found
  const rows = await warehouse.all(acceptancesSql, { offers: listValue([...offers]) }, { offers: LIST(VARCHAR) })
  for (const row of rows) {
    const own = found.get(row.offer as string) ?? []
    found.set(row.offer as string, own)
    const status = (row.status ?? 'waiting') as FailedAcceptance['status']
    own.push({ buyer: row.buyer as Address, epoch: row.epoch as number, status })
  }
  return found
}
