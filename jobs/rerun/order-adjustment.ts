import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import type { RecordSink } from '../../pipelines/record-source.ts'
import { encodeEvent } from '../../schemas/encode-record.ts'
import { TallyError } from '../../schemas/errors.ts'
import { toHex } from '../../schemas/ids.ts'
import { ADJUSTED_EPOCHS_MAX, METHODS } from '../../schemas/limits.ts'
import { FeaturesErasedError } from '../attribution/features/require-features.ts'
import type { Ledger } from '../ledger.ts'
import { requireSettled } from './require-settled.ts'

export class AdjustmentExistsError extends TallyError {
  override readonly code = 'ADJUSTMENT_EXISTS'
  constructor(facts: { adjustment: string; epoch: number }) {
    super(`Adjustment ${facts.adjustment} was accepted in epoch ${facts.epoch}.`, {
      facts,
      hint: 'Give another one with --name; nothing was sent.',
    })
  }
}

export class MethodNotGatedError extends TallyError {
  override readonly code = 'METHOD_NOT_GATED'
  constructor(facts: { method: string; known: string }) {
    super(`${facts.method} has no record of passed gates: nobody is paid by it.`, {
      facts,
      hint: `Use ${facts.known}, or look only: \`tally rerun\` takes any method. docs/quality.md says how a method gets its record.`,
    })
  }
}

export class TooManyEpochsError extends TallyError {
  override readonly code = 'USAGE'
  constructor(facts: { from: number; to: number }) {
    super(`An adjustment settles at most ${ADJUSTED_EPOCHS_MAX} epochs again.`, {
      facts,
      hint: 'Order several, one after the other.',
    })
  }
}

/** What is to be set right. */
export interface Adjustment {
  readonly adjustment: string
  readonly fromEpoch: number
  readonly toEpoch: number
  /** Empty: that of the policies that were in force. */
  readonly method: string
  readonly note: string
}

/**
 * Refuses what close would refuse.
 *
 * @throws AdjustmentExistsError, MethodNotGatedError, TooManyEpochsError, EpochsNotSettledError, FeaturesErasedError
 */
export async function requireOrderable(ledger: Ledger, order: Adjustment): Promise<void> {
  const { adjustment, fromEpoch, toEpoch, method } = order
  if (method !== '' && !METHODS.some((known) => known === method))
    throw new MethodNotGatedError({ method, known: METHODS.join(', ') })
  if (toEpoch - fromEpoch >= ADJUSTED_EPOCHS_MAX) throw new TooManyEpochsError({ from: fromEpoch, to: toEpoch })
  await requireSettled(ledger, fromEpoch, toEpoch)
  await requireNoOrderAfter(ledger, fromEpoch)
  const row = await ledger.warehouse.one<{ epoch: number }>(
    'SELECT epoch FROM adjustment WHERE adjustment = $adjustment',
    { adjustment },
  )
  if (row !== undefined) throw new AdjustmentExistsError({ adjustment, epoch: row.epoch })
}

/** What was erased cannot be computed again. */
async function requireNoOrderAfter({ warehouse }: Ledger, epoch: number): Promise<void> {
  const row = await warehouse.one<{ newest: number | null }>('SELECT max(epoch) AS newest FROM contribution_erased')
  const from = row?.newest ?? 0
  if (from > epoch) throw new FeaturesErasedError({ epoch, from })
}

/**
 * Appends an AdjustmentOrdered signed by the operator. Its id follows from the adjustment's: sent again with the same content, it is a
 * duplicate.
 *
 * @param time RFC 3339; shown to people
 */
export async function orderAdjustment(
  { ledgerId }: Ledger,
  sink: RecordSink,
  signer: TypedDataSigner,
  order: Adjustment,
  time: string,
): Promise<void> {
  const event = await signEvent(ledgerId, signer, {
    type: 'AdjustmentOrdered',
    source: `urn:tallystick:${toHex(ledgerId)}`,
    id: `adjustment-${order.adjustment}`.slice(0, 128),
    body: { ...order },
  })
  await sink.append([encodeEvent(event, time)])
}
