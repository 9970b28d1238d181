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
