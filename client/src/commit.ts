import { randomBytes, randomUUID } from 'node:crypto'
import { commitmentOf } from '../../anchor/commitment.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import { type Contribution, SALT_BYTES, type SaltedPayload, saltPayload, toItem } from './contribute.ts'

const COMMITMENT_SALT_BYTES = 32

export interface CommitOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** The account that will sign the batch. */
  readonly account: string
  /** The registered source that sends it; it needs the permission for ContributionCommitted. */
  readonly source: string
  /** 1 to 1,000 items, in the order of the batch. */
  readonly items: readonly Contribution[]
  /** Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
  /** Source of salts, 16 bytes a call, and 32 for that of the commitment. Default: the system's random bytes. */
  readonly randomSalt?: (bytes: number) => Uint8Array
}

/** What was committed to: give both to `contribute`, with the same account, within ten epochs. Lose neither. */
export interface Committed {
  readonly items: readonly SaltedPayload[]
  readonly commitmentSalt: Uint8Array
}

/**
 * Says that an account has a batch, without a word about what is in it. The batch that is revealed in time has the priority of
 * this record: whoever contributes the same, or nearly, in between is the copy.
 */
export function commit(options: CommitOptions): { id: string; record: OutgoingRecord } & Committed {
  const id = options.id ?? randomUUID()
  const salt = options.randomSalt ?? randomBytes
  const items = options.items.map((item) => saltPayload(item, item.salt ?? salt(SALT_BYTES)))
  const commitmentSalt = salt(COMMITMENT_SALT_BYTES)
  const account = fromHex(toAddress(options.account))
  const { ledgerId, source } = options
  const commitment = commitmentOf({ ledgerId, account, items: items.map(toItem), salt: commitmentSalt })
  const event = { type: 'ContributionCommitted', source, id, body: { account, commitment } } as const
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()), items, commitmentSalt }
}
