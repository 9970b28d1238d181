import { TallyError } from '../../schemas/errors.ts'
import type { Ledger } from '../ledger.ts'

export class EpochsNotSettledError extends TallyError {
  override readonly code = 'EPOCHS_NOT_SETTLED'
  constructor(facts: { from: number; to: number; settled: number }) {
    super(`Epochs ${facts.from} to ${facts.to} are not all settled; epoch ${facts.settled} is the last that is.`, {
      facts,
      hint: 'Only settled epochs can be settled again: `tally epoch status` shows them.',
    })
  }
}

/** @returns the last settled epoch; 0: none. @throws {@link EpochsNotSettledError} */
export async function requireSettled({ warehouse }: Ledger, from: number, to: number): Promise<number> {
  const row = await warehouse.one<{ epoch: number | null }>(
    'SELECT max(epoch) AS epoch FROM epoch WHERE settlement_json IS NOT NULL',
  )
  const settled = row?.epoch ?? 0
  if (to > settled) throw new EpochsNotSettledError({ from, to, settled })
  return settled
}
