import { randomUUID } from 'node:crypto'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { CORRECTION_REASON_CHARACTERS_MAX } from '../../schemas/limits.ts'

export interface CorrectionOptions {
  /** The registered source that reported the use; it needs the permission for CorrectionRecorded. */
  readonly source: string
  /** `ce_id` of the InferenceRecorded. */
  readonly inferenceId: string
  /** What the use costs, in the token's smallest unit: never more than stands by now. `void`: it is as if it had not been. */
  readonly fee: bigint | 'void'
  /** Why, in 1 to 256 characters, for people. */
  readonly reason: string
  /** Keep it when you send the correction again. Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

/**
 * Takes back something of a use that you reported. In the epoch of the use, or while its fee is held, it counts at once; of what was
 * settled before it is on record, and moves money only with an adjustment.
 *
 * @throws RangeError when the reason has no characters, or too many
 */
export function correctInference(options: CorrectionOptions): { id: string; record: OutgoingRecord } {
  const { source, inferenceId, reason, id = randomUUID() } = options
  if (reason.length < 1 || reason.length > CORRECTION_REASON_CHARACTERS_MAX)
    throw new RangeError(`A reason has 1 to ${CORRECTION_REASON_CHARACTERS_MAX} characters, not ${reason.length}.`)
  const stands =
    options.fee === 'void' ? ({ kind: 'void', fee: 0n } as const) : ({ kind: 'fee', fee: options.fee } as const)
  const body = { inferenceSource: source, inferenceId, ...stands, reason }
  const time = (options.now ?? new Date()).toISOString()
  return { id, record: encodeEvent({ type: 'CorrectionRecorded', source, id, body }, time) }
}
