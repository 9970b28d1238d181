import { randomUUID } from 'node:crypto'
import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'

export interface WithdrawOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** The account that contributed the batch. */
  readonly signer: TypedDataSigner
  /** The registered source that sends it; it needs the permission for ContributionWithdrawn. */
  readonly source: string
  /** The batch: the source that sent it and its id. */
  readonly batch: { readonly source: string; readonly id: string }
  /** Positions in the batch, in any order. Default: all of it. */
  readonly indexes?: readonly number[]
  /** Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

/**
 * Takes items of a batch back. From the epoch on in which it is accepted they can lower what their account earns, and never
 * raise it; what was settled stays, and a copy of them still earns nothing.
 */
export async function withdraw(options: WithdrawOptions): Promise<{ id: string; record: OutgoingRecord }> {
  const id = options.id ?? randomUUID()
  const event = await signEvent(options.ledgerId, options.signer, {
    type: 'ContributionWithdrawn',
    source: options.source,
    id,
    body: {
      account: fromHex(toAddress(options.signer.address)),
      batchSource: options.batch.source,
      batchId: options.batch.id,
      indexes: [...new Set(options.indexes ?? [])].sort((a, b) => a - b),
    },
  })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()) }
}
