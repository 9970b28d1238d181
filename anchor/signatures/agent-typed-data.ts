import type { AgentStep, TaskOutcome } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import { type EventIdentity, ledgerDomain } from './typed-data.ts'

type Unsigned<Body> = Omit<Body, 'signature'>

/** EIP-712 typed data that a payer signs to rate what an agent did. */
export function outcomeTypedData(ledgerId: Uint8Array, event: EventIdentity, outcome: Unsigned<TaskOutcome>) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      TaskOutcome: [
        { name: 'source', type: 'string' },
        { name: 'id', type: 'string' },
        { name: 'inferenceSource', type: 'string' },
        { name: 'inferenceId', type: 'string' },
        { name: 'rater', type: 'address' },
        { name: 'score', type: 'uint16' },
      ],
    },
    primaryType: 'TaskOutcome',
    message: {
      source: event.source,
      id: event.id,
      inferenceSource: outcome.inferenceSource,
      inferenceId: outcome.inferenceId,
      rater: toHex(outcome.rater),
      score: outcome.score,
    },
  } as const
}

/**
 * EIP-712 typed data that an owner of an agent signs for a step. Its digest is what the next step names as the one before it:
 * so a step binds all steps of its run before it, and the ledger.
 */
export function stepTypedData(ledgerId: Uint8Array, event: EventIdentity, step: Unsigned<AgentStep>) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      AgentStep: [
        { name: 'source', type: 'string' },
        { name: 'id', type: 'string' },
        { name: 'agent', type: 'string' },
        { name: 'account', type: 'address' },
        { name: 'run', type: 'bytes16' },
        { name: 'step', type: 'uint32' },
        { name: 'previous', type: 'bytes32' },
        { name: 'inputHash', type: 'bytes32' },
        { name: 'outputHash', type: 'bytes32' },
        { name: 'model', type: 'string' },
        { name: 'inferenceSource', type: 'string' },
        { name: 'inferenceId', type: 'string' },
        { name: 'token', type: 'address' },
        { name: 'cost', type: 'uint256' },
      ],
    },
    primaryType: 'AgentStep',
    message: {
      source: event.source,
      id: event.id,
      agent: step.agent,
      account: toHex(step.account),
      run: toHex(step.run),
      step: step.step,
      previous: toHex(step.previous),
      inputHash: toHex(step.inputHash),
      outputHash: toHex(step.outputHash),
      model: step.model,
      inferenceSource: step.inferenceSource,
      inferenceId: step.inferenceId,
      token: toHex(step.token),
      cost: step.cost,
    },
  } as const
}
