import { LIST, listValue, VARCHAR } from '@duckdb/node-api'
import { ANYONE } from '../../anchor/signatures/quote.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address, Hash32 } from '../../schemas/ids.ts'

const offersSql = readSql(new URL('./offers.sql', import.meta.url))
const acceptancesSql = readSql(new URL('./acceptances.sql', import.meta.url))

type OfferState = 'open' | 'sold' | 'withdrawn' | 'expired'

/** An acceptance that did not get the share: somebody had it, the buyer had too little, or it waits to be settled. */
interface FailedAcceptance {
  readonly buyer: Address
  readonly epoch: number
  readonly status: 'taken' | 'unfunded' | 'waiting'
}

/** An offer of a share, and what became of it, as of the last closed epoch. */
export interface MarketOffer {
  readonly offer: string
  readonly asset: string
  readonly seller: Address
  /** Who may accept; null: anyone. */
  readonly buyer: Address | null
  /** Millionths. */
  readonly parts: number
  readonly token: Address
  /** Of all the parts, in the token's smallest unit. */
  readonly price: bigint
  readonly expiresMs: bigint
  /** What an acceptance names: the EIP-712 digest that the seller signed. */
  readonly terms: Hash32
  /** That accepted it. */
  readonly epoch: number
  readonly state: OfferState
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
    parts: row.parts as number,
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
