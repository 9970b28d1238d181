import type { Database } from '../../pipelines/warehouse/database.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { Address } from '../../schemas/ids.ts'
import { type MarketOffer, offerNamed, offersOf } from './offers.ts'

export class OfferUnknownError extends TallyError {
  override readonly code = 'OFFER_UNKNOWN'
  constructor(facts: { offer: string }) {
    super(`No offer ${JSON.stringify(facts.offer)} is known.`, {
      facts,
      hint: 'It counts once its epoch is closed: `tally market list --all` shows all, `tally epoch status` what waits for the next cut.',
    })
  }
}

export class OfferClosedError extends TallyError {
  override readonly code = 'OFFER_CLOSED'
  constructor(facts: { offer: string; state: string }) {
    super(`Offer ${facts.offer} is ${facts.state}.`, {
      facts,
      hint: 'Nothing was sent. `tally market list` shows what is open.',
    })
  }
}

export class NotYourOfferError extends TallyError {
  override readonly code = 'NOT_YOUR_OFFER'
  constructor(facts: { offer: string; account: string; seller: string; buyer: string | null }) {
    super(`Offer ${facts.offer} is not for ${facts.account} to accept or withdraw.`, {
      facts,
      hint: `Nothing was sent. Its seller ${facts.seller} may withdraw it; ${facts.buyer ?? 'anyone else'} may accept it.`,
    })
  }
}

export class NotAnOwnerError extends TallyError {
  override readonly code = 'NOT_AN_OWNER'
  constructor(facts: { asset: string; account: string }) {
    super(`${facts.account} owns nothing of ${facts.asset}.`, {
      facts,
      hint: 'Nothing was sent. `tally market list ASSET` shows who owns it, as of the last closed epoch.',
    })
  }
}

export class PartsNotFreeError extends TallyError {
  override readonly code = 'PARTS_NOT_FREE'
  constructor(facts: { asset: string; account: string; parts: number; owned: number; offered: number }) {
    super(
      `${facts.account} owns ${facts.owned} parts of ${facts.asset}, of which ${facts.offered} are offered: ${facts.parts} are not free.`,
      {
        facts,
        hint: 'Nothing was sent. `tally market withdraw` takes an offer back; its parts are free in the next epoch.',
      },
    )
  }
}

/**
 * The offer, when the account may accept it as of the last closed epoch.
 *
 * @throws OfferUnknownError, OfferClosedError, NotYourOfferError
 */
export async function requireBuyable(
  warehouse: Database,
  offer: string,
  account: Address,
  nowMs: bigint,
): Promise<MarketOffer> {
  const found = await requireOpen(warehouse, offer, nowMs)
  const { seller, buyer } = found
  if (seller === account || (buyer !== null && buyer !== account))
    throw new NotYourOfferError({ offer, account, seller, buyer })
  return found
}

/** @throws OfferUnknownError, OfferClosedError, NotYourOfferError unless the account offered it */
export async function requireWithdrawable(
  warehouse: Database,
  offer: string,
  account: Address,
  nowMs: bigint,
): Promise<void> {
  const { seller, buyer } = await requireOpen(warehouse, offer, nowMs)
  if (seller !== account) throw new NotYourOfferError({ offer, account, seller, buyer })
}

async function requireOpen(warehouse: Database, offer: string, nowMs: bigint): Promise<MarketOffer> {
  const found = await offerNamed(warehouse, offer)
  if (found === undefined) throw new OfferUnknownError({ offer })
  if (found.state !== 'open') throw new OfferClosedError({ offer, state: found.state })
  if (found.expiresMs < nowMs) throw new OfferClosedError({ offer, state: 'expired' })
  return found
}

/** @throws PartsNotFreeError when the seller has too few, as of the last closed epoch */
export async function requireFreeParts(
  warehouse: Database,
  { asset, seller, parts }: { readonly asset: string; readonly seller: Address; readonly parts: number },
): Promise<void> {
  const owned = await partsOf(warehouse, asset, seller)
  const offered = (await offersOf(warehouse, asset))
    .filter((offer) => offer.seller === seller && offer.state === 'open')
    .reduce((sum, offer) => sum + offer.parts, 0)
  if (parts > owned - offered) throw new PartsNotFreeError({ asset, account: seller, parts, owned, offered })
}

/** @throws NotAnOwnerError when the account owns nothing of the asset, as of the last closed epoch */
export async function requireOwner(
  warehouse: Database,
  { asset, account }: { readonly asset: string; readonly account: Address },
): Promise<void> {
  if ((await partsOf(warehouse, asset, account)) === 0) throw new NotAnOwnerError({ asset, account })
}

async function partsOf(warehouse: Database, asset: string, account: Address): Promise<number> {
  const row = await warehouse.one<{ parts: bigint | null }>(
    'SELECT sum(delta) AS parts FROM ownership_change WHERE asset = $asset AND account = $account',
    { asset, account },
  )
  return Number(row?.parts ?? 0n)
}
