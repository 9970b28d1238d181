import type { EventBodies } from './events.ts'
import * as limits from './limits.ts'
import { amount, bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

const INT_MAX = 0x7fffffff

export function taskOutcome(body: EventBodies['TaskOutcome']): RangeFault | undefined {
  return first(
    identifier('inferenceSource', body.inferenceSource),
    identifier('inferenceId', body.inferenceId),
    bytes('rater', body.rater, 20),
    range('score', body.score, 0, limits.SCORE_MAX),
    bytes('signature', body.signature, 65),
  )
}

export function agentStep(body: EventBodies['AgentStep']): RangeFault | undefined {
  return first(
    amount(body.cost),
    identifier('agent', body.agent),
    bytes('account', body.account, 20),
    bytes('run', body.run, limits.RUN_BYTES),
    range('step', body.step, 0, INT_MAX),
    bytes('previous', body.previous, 32),
    bytes('inputHash', body.inputHash, 32),
    bytes('outputHash', body.outputHash, 32),
    body.model === '' ? undefined : identifier('model', body.model),
    usedInference(body),
    bytes('token', body.token, 20),
    bytes('signature', body.signature, 65),
  )
}

/** Of a model, and whole: a source without an id says nothing. */
function usedInference({ model, inferenceSource, inferenceId }: EventBodies['AgentStep']): RangeFault | undefined {
  if (inferenceSource === '' && inferenceId === '') return undefined
  if (model === '') return field('An inference is one of a model: name it.')
  return identifier('inferenceSource', inferenceSource) ?? identifier('inferenceId', inferenceId)
}
