import { TallyError } from '../../schemas/errors.ts'

export class EpochNotVetoedError extends TallyError {
  override readonly code = 'EPOCH_NOT_VETOED'
  constructor(facts: { epoch: number; attempt: number; state: string }) {
    super(`Attempt ${facts.attempt} at epoch ${facts.epoch} was not vetoed: in a final block it is ${facts.state}.`, {
      facts,
      hint: 'Only what the guardian vetoed is tried again. `tally anchor status` shows what the chain has.',
    })
  }
}

export class NothingToClaimError extends TallyError {
  override readonly code = 'NOTHING_TO_CLAIM'
  constructor(facts: { account: string; epoch: number }) {
    const epochs = facts.epoch === 0 ? 'no epoch is finalized yet' : `no epoch up to ${facts.epoch} pays it`
    super(`There is nothing to claim for ${facts.account}: ${epochs}.`, {
      facts,
      hint: '`tally statement ACCOUNT` shows what it earned and what is held; `tally epoch status` what is finalized.',
    })
  }
}
