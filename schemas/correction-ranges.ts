import type { EventBodies } from './events.ts'
import * as limits from './limits.ts'
import { amount, bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

export function correction(body: EventBodies['CorrectionRecorded']): RangeFault | undefined {
  return first(
    amount(body.fee),
    identifier('inferenceSource', body.inferenceSource),
    identifier('inferenceId', body.inferenceId),
    body.kind === 'void' && body.fee !== 0n ? field('What is void costs nothing.') : undefined,
    range('characters of reason', body.reason.length, 1, limits.CORRECTION_REASON_CHARACTERS_MAX),
  )
}

export function retirement(body: EventBodies['ModelRetired']): RangeFault | undefined {
  return first(
    identifier('model', body.model),
    bytes('registrant', body.registrant, 20),
    bytes('signature', body.signature, 65),
  )
}
