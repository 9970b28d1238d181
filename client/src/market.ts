import { randomUUID } from 'node:crypto'
import { type SignedEvent, signEvent, signingDigest, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { fromHex, type Hash32, toAddress } from '../../schemas/ids.ts'
import type { LicenceUse } from './license.ts'

const SIGNATURE_BYTES = 65
const ANYONE = `0x${'00'.repeat(20)}`

interface Sending {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** The registered source that sends it; it needs the permission for the event. */
  readonly source: string
  /** Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

/** Whose word it is: of a key, or of a contract, which signs elsewhere. */
type Signing =
  | {
      readonly signer: TypedDataSigner
    }
  | {
      /** Address of the account, when it is a contract. */
      readonly contract: string
    }

type Offering = Sending &
  Signing & {
    /** A name that no other offer has. Default: the record's id. */
    readonly offer?: string
    readonly asset: string
    /** Address of the ERC-20. */
    readonly token: string
    /** Of all the parts together, or of one licence, in the token's smallest unit, above 0. */
    readonly price: bigint
    /** Who may accept. Default: anyone. */
    readonly buyer?: string
    /** Until when it can be accepted. */
    readonly expires: Date
  }

export type OfferOptions = Offering & {
  /** Share in millionths, 1 to 1,000,000; nobody can give it away until the offer ends. */
  readonly parts: number
}

export type OfferLicenceOptions = Offering & {
  /** What for, in any order; `commercial` beside at least one other. */
  readonly uses: readonly LicenceUse[]
  /** From this time on, Unix milliseconds. Default: from the purchase on. */
  readonly fromMs?: bigint
  /** Before this time, which lies behind `expires`. Default: for ever, or for `durationMs`. */
  readonly untilMs?: bigint
  /** So long from the purchase on, beside neither `fromMs` nor `untilMs`. */
  readonly durationMs?: bigint
  /** Covers uses at the prices of this list alone. Default: uses at whatever fee, of which the owners get their share. */
  readonly priceList?: string
  /** Royalty of what its buyer derives from the asset under it, millionths of what is paid upstream for its uses. Default: 0. */
  readonly royaltyParts?: number
  /** Releases fees of its buyer's uses that are held since this epoch or later. Default: none. */
  readonly coversFromEpoch?: number
  /** How many can be bought. Default: any number. */
  readonly copies?: number
}

export type WithdrawOfferOptions = Sending & Signing & { readonly offer: string }

export type AcceptOfferOptions = Sending &
  Signing & {
    readonly offer: string
    /** What the seller signed: `digest` of the offer, as `tally market list` shows it. The acceptance is of nothing else. */
    readonly terms: string
  }

/** The record, and what was signed, or what a contract has to answer for (ERC-1271; see `transfer`). */
export interface SignedRecord {
  readonly id: string
  readonly record: OutgoingRecord
  readonly digest: Hash32
}

/**
 * Offers a share of an asset: whoever may accept it and has deposited enough gets it, and you the price, in the same epoch.
 * From here on the share is locked; its income stays yours until it is sold.
 */
export function offerShare(options: OfferOptions): Promise<SignedRecord & { readonly offer: string }> {
  return publishOffer(options, { kind: 'share', parts: options.parts, licence: [] })
}

/**
 * Offers licences of an asset that you own a part of: each acceptance that is paid is a grant of these terms to its buyer, from its
 * place in the ledger on, which nobody can revoke. The price is all owners', by their shares at that place.
 */
export function offerLicence(options: OfferLicenceOptions): Promise<SignedRecord & { readonly offer: string }> {
  const { fromMs = 0n, untilMs = 0n, durationMs = 0n, priceList = '' } = options
  const { royaltyParts = 0, coversFromEpoch = 0, copies = 0 } = options
  const when = { fromMs, untilMs, durationMs }
  const terms = {
    ...{ uses: [...new Set(options.uses)].sort(), ...when, priceList, royaltyParts },
    ...{ coversFromEpoch, copies },
  }
  return publishOffer(options, { kind: 'licence', parts: 0, licence: [terms] })
}

async function publishOffer(
  options: Offering,
  sold: Pick<EventBodies['OfferPublished'], 'kind' | 'parts' | 'licence'>,
): Promise<SignedRecord & { readonly offer: string }> {
  const id = options.id ?? randomUUID()
  const offer = options.offer ?? id
  const body = {
    ...{ offer, seller: accountOf(options), asset: options.asset, ...sold },
    ...{ token: fromHex(toAddress(options.token)), price: options.price },
    ...{ buyer: fromHex(toAddress(options.buyer ?? ANYONE)), expiresMs: BigInt(options.expires.getTime()) },
  }
  return { ...(await finish(options, { type: 'OfferPublished', source: options.source, id, body })), offer }
}

/** Takes an offer back. A share is free when the epoch is over; who accepted before may still get it. */
export async function withdrawOffer(options: WithdrawOfferOptions): Promise<SignedRecord> {
  const id = options.id ?? randomUUID()
  return finish(options, { type: 'OfferWithdrawn', source: options.source, id, body: { offer: options.offer } })
}

/** Accepts an offer: the price is taken from what the buyer has deposited, and the share or the licence is the buyer's; or neither. */
export async function acceptOffer(options: AcceptOfferOptions): Promise<SignedRecord> {
  const id = options.id ?? randomUUID()
  const body = { offer: options.offer, terms: fromHex(options.terms), buyer: accountOf(options) }
  return finish(options, { type: 'OfferAccepted', source: options.source, id, body })
}

function accountOf(options: Signing): Uint8Array {
  return fromHex(toAddress('signer' in options ? options.signer.address : options.contract))
}

type OfferEvent = Extract<SignedEvent, { readonly type: 'OfferPublished' | 'OfferWithdrawn' | 'OfferAccepted' }>
type Unsigned<Event extends OfferEvent = OfferEvent> = Event extends OfferEvent
  ? Omit<Event, 'body'> & { readonly body: Omit<Event['body'], 'signature'> }
  : never

async function finish(options: Sending & Signing, unsigned: Unsigned): Promise<SignedRecord> {
  const event = (
    'signer' in options
      ? await signEvent(options.ledgerId, options.signer, unsigned)
      : { ...unsigned, body: { ...unsigned.body, signature: new Uint8Array(SIGNATURE_BYTES) } }
  ) as OfferEvent
  return {
    id: unsigned.id,
    record: encodeEvent(event, (options.now ?? new Date()).toISOString()),
    digest: signingDigest(options.ledgerId, event),
  }
}
