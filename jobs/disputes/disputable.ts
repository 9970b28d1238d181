import type { Database } from '../../pipelines/warehouse/database.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { Address } from '../../schemas/ids.ts'
import { lastEpoch } from '../epochs.ts'
import { policyInForce } from '../funding/policy.ts'
import { type DisputeView, disputeNamed } from './disputes.ts'

export interface NamedLine {
  readonly epoch: number
  readonly account: Address
  readonly token: Address
  readonly kind: string
  readonly asset: string
}

export class LineUnknownError extends TallyError {
  override readonly code = 'LINE_UNKNOWN'
  constructor(facts: { epoch: number; account: string; token: string; kind: string; asset: string }) {
    super(
      `No line of kind ${facts.kind} for ${facts.asset === '' ? 'no asset' : facts.asset} pays ${facts.account} in epoch ${facts.epoch}.`,
      {
        facts,
        hint: 'Nothing was sent. `tally statement ACCOUNT --json` lists the lines of an account, epoch by epoch.',
      },
    )
  }
}

export class NotDisputableError extends TallyError {
  override readonly code = 'NOT_DISPUTABLE'
  constructor(facts: { epoch: number; openEpoch: number; window: number; bond: string | null }) {
    const isLate = facts.epoch + facts.window < facts.openEpoch
    const why = isLate
      ? `its policy lets lines be disputed for ${facts.window} epochs after their own, and this is epoch ${facts.openEpoch}`
      : 'its policy names no bond for this token, so nobody but its account can dispute it'
    super(`A line of epoch ${facts.epoch} cannot be disputed: ${why}.`, {
      facts,
      hint: `Nothing was sent. \`tally policy show --at ${facts.epoch}\` shows the rules.`,
    })
  }
}

export class DisputeNotOpenError extends TallyError {
  override readonly code = 'DISPUTE_NOT_OPEN'
  constructor(facts: { dispute: string; state: string }) {
    super(`Dispute ${facts.dispute} is ${facts.state}: there is nothing to decide.`, {
      facts,
      hint: 'Nothing was sent. `tally dispute list` shows those that are open.',
    })
  }
}

/** A line, and what it costs to dispute it. */
export interface DisputableLine {
  readonly amount: bigint
  /** 0 for the account of the line itself. */
  readonly bond: bigint
}

/**
 * Whether a line may be disputed by the opener now, so that nothing is sent that would be refused.
 *
 * @throws LineUnknownError, NotDisputableError
 */
export async function requireDisputable(
  warehouse: Database,
  line: NamedLine,
  opener: Address,
): Promise<DisputableLine> {
  const row = await warehouse.one<{ amount: bigint }>(
    `SELECT amount FROM settlement_line
     WHERE epoch = $epoch AND account = $account AND token = $token AND kind = $kind AND asset = $asset`,
    { ...line },
  )
  if (row === undefined) throw new LineUnknownError({ ...line })
  const policy = await policyInForce(warehouse, line.epoch)
  const bond = opener === line.account ? 0n : policy?.disputeBonds.get(line.token)
  const openEpoch = ((await lastEpoch(warehouse))?.epoch ?? 0) + 1
  const window = policy?.disputeWindowEpochs ?? 0
  if (line.epoch + window < openEpoch || bond === undefined)
    throw new NotDisputableError({ epoch: line.epoch, openEpoch, window, bond: bond?.toString() ?? null })
  return { amount: row.amount, bond }
}

/** @throws DisputeUnknownError, DisputeNotOpenError */
export async function requireOpen(warehouse: Database, dispute: string): Promise<DisputeView> {
  const found = await disputeNamed(warehouse, dispute)
  const isDecided = found.decision !== null
  if ((found.state !== 'open' && found.state !== 'waiting') || isDecided)
    throw new DisputeNotOpenError({ dispute, state: isDecided ? 'decided' : found.state })
  return found
}
