import { randomUUID } from 'node:crypto'
import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import { SCORE_MAX } from '../../schemas/limits.ts'

export interface RatingOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** Whoever pays for the use. */
  readonly signer: TypedDataSigner
  /** The registered source that sends it; it needs the permission for TaskOutcome. */
  readonly source: string
  /** `ce_source` and `ce_id` of the InferenceRecorded, in which an agent worked. */
  readonly inference: { readonly source: string; readonly id: string }
  /** 0 (of no use) to 1000 (as it should be). */
  readonly score: number
  /** Keep it when you send the rating again. Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

/**
 * Says how well an agent did what you paid for. The outcome part of what you pay for agents in an epoch is divided over them by fee
 * and score, once the policy's time to rate is over; a use is rated once, and what you rate nowhere is nobody's.
 *
 * @throws RangeError when the score is not a whole number from 0 to 1000
 */
export async function rateOutcome(options: RatingOptions): Promise<{ id: string; record: OutgoingRecord }> {
  const { ledgerId, signer, source, inference, score } = options
  if (!Number.isInteger(score) || score < 0 || score > SCORE_MAX)
    throw new RangeError(`A score is a whole number from 0 to ${SCORE_MAX}, not ${score}.`)
  const id = options.id ?? randomUUID()
  const rater = fromHex(toAddress(signer.address))
  const body = { inferenceSource: inference.source, inferenceId: inference.id, rater, score }
  const event = await signEvent(ledgerId, signer, { type: 'TaskOutcome', source, id, body })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()) }
}
