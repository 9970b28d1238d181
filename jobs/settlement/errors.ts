import { TallyError } from '../../schemas/errors.ts'

export class ConservationError extends TallyError {
  override readonly code = 'CONSERVATION'
  constructor(facts: { epoch: number; token: string; into: bigint; out: bigint }) {
    super(`Epoch ${facts.epoch}, token ${facts.token}: ${facts.into} came in, ${facts.out} would go out.`, {
      facts,
      hint: 'This is a fault of Tallystick. Nothing was settled; please report it with the bundle of the epoch before.',
    })
  }
}

export class NettedTooMuchError extends TallyError {
  override readonly code = 'NETTED_TOO_MUCH'
  constructor(facts: { account: string; token: string; earned: bigint; netted: bigint }) {
    super(`${facts.netted} of ${facts.token} were to be netted from ${facts.account}, which earned ${facts.earned}.`, {
      facts,
      hint: 'Nothing was written. This is a fault of Tallystick: please report it with these facts.',
    })
  }
}

export class AdjustmentNotRerunError extends TallyError {
  override readonly code = 'ADJUSTMENT_NOT_RERUN'
  constructor(facts: { epoch: number; adjustment: string }) {
    super(`Epoch ${facts.epoch} holds adjustment ${facts.adjustment}, whose epochs were not settled again yet.`, {
      facts,
      hint: 'Run `tally attribute` first: it does that, and goes on where it was stopped. Nothing was written.',
    })
  }
}
