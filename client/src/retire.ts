import { randomUUID } from 'node:crypto'
import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'

export interface RetireOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** Owner of more than half of the model. */
  readonly signer: TypedDataSigner
  /** A registered source that sends it; it needs the permission for ModelRetired. */
  readonly source: string
  readonly model: string
  /** Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

/** Ends the use of a model, from the record's place in the ledger on and for ever: another version is another model. */
export async function retireModel(options: RetireOptions): Promise<{ id: string; record: OutgoingRecord }> {
  const { ledgerId, signer, source, model, id = randomUUID() } = options
  const body = { model, registrant: fromHex(toAddress(signer.address)) }
  const event = await signEvent(ledgerId, signer, { type: 'ModelRetired', source, id, body })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()) }
}
