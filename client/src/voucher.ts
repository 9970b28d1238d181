import { randomUUID } from 'node:crypto'
import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import { AMOUNT_LIMIT } from '../../schemas/limits.ts'

/** What a payer has promised so far to pay for uses of one model in one token. Keep it: the next voucher goes on from it. */
export interface Promised {
  /** In all, in the token's smallest unit; below 2^96. */
  readonly cumulative: bigint
  /** Of the last voucher; what uses cite. */
  readonly sequence: bigint
}

export interface VoucherOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** The payer. */
  readonly signer: TypedDataSigner
  /** A registered source that sends it; it needs the permission for VoucherPresented. */
  readonly source: string
  readonly model: string
  /** Address of the ERC-20. */
  readonly token: string
  /** So much more than was promised before, in the token's smallest unit. */
  readonly amount: bigint
  /** What was promised before. Default: nothing, which is right for the very first voucher alone. */
  readonly after?: Promised
  /** Keep it when you send the voucher again. Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

const NOTHING: Promised = { cumulative: 0n, sequence: 0n }

/**
 * A payer's signed promise: uses of the model that cite its sequence may take up to `cumulative` in all. Without one nobody can be
 * charged, and nobody can be charged twice for one: each voucher says what all uses together may take.
 *
 * @returns the record, and what is promised from now on: store `promised` before you send the record
 * @throws RangeError when the amount is negative or the sum reaches 2^96
 */
export async function voucher(
  options: VoucherOptions,
): Promise<{ id: string; record: OutgoingRecord; promised: Promised }> {
  const { ledgerId, signer, source, model, amount, after = NOTHING } = options
  const promised = { cumulative: after.cumulative + amount, sequence: after.sequence + 1n }
  if (amount < 0n || promised.cumulative >= AMOUNT_LIMIT)
    throw new RangeError('A voucher promises no less than the one before, and less than 2^96.')
  const id = options.id ?? randomUUID()
  const payer = fromHex(toAddress(signer.address))
  const body = { payer, model, token: fromHex(toAddress(options.token)), ...promised }
  const event = await signEvent(ledgerId, signer, { type: 'VoucherPresented', source, id, body })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()), promised }
}
