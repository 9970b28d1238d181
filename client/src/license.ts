import { randomUUID } from 'node:crypto'
import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import type { LICENCE_USES } from '../../schemas/limits.ts'

const ANYONE = `0x${'00'.repeat(20)}`

interface LicensorOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** An owner of the asset. */
  readonly signer: TypedDataSigner
  /** A registered source that sends it; it needs the permission for LicenceGranted or LicenceRevoked. */
  readonly source: string
  /** A name of its own: the terms of a grant never change, other terms are another grant. */
  readonly grant: string
  readonly asset: string
  /** Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

export type LicenceUse = (typeof LICENCE_USES)[number]

export interface GrantLicenceOptions extends LicensorOptions {
  /** Who may use it. Default: anyone. */
  readonly licensee?: string
  /** What for, in any order; `commercial` beside at least one other. */
  readonly uses: readonly LicenceUse[]
  /** From this time on, Unix milliseconds, not before the record is in the ledger. Default: from then on. */
  readonly fromMs?: bigint
  /** Before this time. Default: for ever. */
  readonly untilMs?: bigint
  /** Covers uses at the prices of this list alone. Default: uses at whatever fee, of which the owners get their share. */
  readonly priceList?: string
  /** Royalty of what is derived from the asset under the grant, millionths of what is paid upstream for its uses. Default: 0. */
  readonly royaltyParts?: number
  /** Releases fees of such uses that are held since this epoch or later. Default: none. */
  readonly coversFromEpoch?: number
}

/**
 * Lets an account, or anyone, use an asset from the record's place in the ledger on. With `train` among the uses it stands for the
 * signature of an owner (`derive`) on whatever the licensee derives from the asset, for exactly this royalty.
 */
export async function grantLicence(options: GrantLicenceOptions): Promise<{ id: string; record: OutgoingRecord }> {
  const { grant, asset, fromMs = 0n, untilMs = 0n, priceList = '', royaltyParts = 0, coversFromEpoch = 0 } = options
  const { ledgerId, signer, source, licensee = ANYONE, id = randomUUID() } = options
  const body = {
    ...{ grant, asset, licensee: fromHex(toAddress(licensee)), uses: [...new Set(options.uses)].sort() },
    ...{ fromMs, untilMs, priceList, royaltyParts, coversFromEpoch, registrant: fromHex(toAddress(signer.address)) },
  }
  const event = await signEvent(ledgerId, signer, { type: 'LicenceGranted', source, id, body })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()) }
}

/** Takes a grant back, from the record's place on: what happened before stays licensed, and what was derived stays derived. */
export async function revokeLicence(options: LicensorOptions): Promise<{ id: string; record: OutgoingRecord }> {
  const { ledgerId, signer, source, grant, asset, id = randomUUID() } = options
  const body = { grant, asset, registrant: fromHex(toAddress(signer.address)) }
  const event = await signEvent(ledgerId, signer, { type: 'LicenceRevoked', source, id, body })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()) }
}
