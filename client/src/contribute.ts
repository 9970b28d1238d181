import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import type { ContributionItem } from '../../schemas/events.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'

export const SALT_BYTES = 16

export interface Contribution {
  readonly payload: Uint8Array
  /** What the item is, as text: the class, the language, whatever the dataset asks for. */
  readonly label: string
  /** 16 bytes, when the item was committed to. Default: random ones. */
  readonly salt?: Uint8Array
}

export interface ContributeOptions {
  /** `ledgerId` of the ledger: 32 bytes. The signature is worth nothing elsewhere. */
  readonly ledgerId: Uint8Array
  /** A viem account, or anything with its `address` and `signTypedData`. It is paid. */
  readonly signer: TypedDataSigner
  /** The registered source that sends it. */
  readonly source: string
  readonly dataset: string
  readonly licence: string
  /** 1 to 1,000 items. */
  readonly items: readonly Contribution[]
  /** Of the commitment that this batch reveals, with the items that `commit` returned. Default: nothing was committed to. */
  readonly commitmentSalt?: Uint8Array
  /** Keep it when you send the batch again: the second one then counts as a duplicate, not as new. Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
  /** Source of salts, 16 bytes a call. Default: the system's random bytes. */
  readonly randomSalt?: () => Uint8Array
}

export interface SaltedPayload {
  readonly contentHash: Uint8Array
  readonly salt: Uint8Array
  readonly payload: Uint8Array
  readonly label: string
}

/**
 * One signed batch of contributions. Only salted hashes go into the record; hand `payloads` to the payload store of the
 * operator and keep them: they prove what you contributed.
 */
export async function contribute(
  options: ContributeOptions,
): Promise<{ id: string; record: OutgoingRecord; payloads: SaltedPayload[] }> {
  const id = options.id ?? randomUUID()
  const salt = options.randomSalt ?? (() => randomBytes(SALT_BYTES))
  const payloads = options.items.map((item) => saltPayload(item, item.salt ?? salt()))
  const event = await signEvent(options.ledgerId, options.signer, {
    type: 'ContributionBatch',
    source: options.source,
    id,
    body: {
      account: fromHex(toAddress(options.signer.address)),
      dataset: options.dataset,
      licence: options.licence,
      items: payloads.map(toItem),
      commitmentSalt: options.commitmentSalt ?? new Uint8Array(0),
    },
  })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()), payloads }
}

/** What of an item is kept and shown to the payload store. */
export function saltPayload(item: Contribution, salt: Uint8Array): SaltedPayload {
  return { contentHash: saltedHash(salt, item.payload), salt, payload: item.payload, label: item.label }
}

/** What of an item goes into a record. */
export function toItem(payload: SaltedPayload): ContributionItem {
  return { contentHash: payload.contentHash, labelHash: saltedHash(payload.salt, Buffer.from(payload.label)) }
}

/** SHA-256(salt ‖ bytes), 32 bytes. */
export function saltedHash(salt: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(salt).update(bytes).digest()
}
