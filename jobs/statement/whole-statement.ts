import { TallyError } from '../../schemas/errors.ts'
import { type Address, type Hash32, toHex } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'
import type { EpochRange } from './epochs.ts'
import { type HeldSum, heldFor } from './held.ts'
import { type Nothing, nothingFor } from './nothing.ts'
import { type Claimable, claimableBy, type EpochProof, proofsOf } from './proofs.ts'
import { splitFor, type TokenSplit } from './split.ts'
import { type Statement, statementOf } from './statement.ts'
import { type AssetUses, usesOf } from './uses.ts'

/** A statement with everything that a person needs to understand it, and to check it (docs/formats.md#statement). */
export interface WholeStatement extends Statement {
  readonly format: 'tallystick-statement/1'
  /** Which ledger, and the contract that pays. */
  readonly ledger: {
    readonly ledgerId: Hash32
    readonly name: string
    readonly chainId: number
    readonly distributor: Address
  }
  /** The settled epochs that it is about; null: none is settled yet. */
  readonly range: EpochRange | null
  readonly uses: readonly AssetUses[]
  /** Why something earned or paid nothing in these epochs. */
  readonly nothing: readonly Nothing[]
  /** At the end of the last of these epochs. */
  readonly held: readonly HeldSum[]
  readonly split: readonly TokenSplit[]
  /** Of the epochs in which something is told, and the last one. */
  readonly proofs: readonly EpochProof[]
  /** As of now, whatever epochs are told. */
  readonly claimable: readonly Claimable[]
}

export class EpochsNotToldError extends TallyError {
  override readonly code = 'EPOCHS_NOT_SETTLED'
  constructor(facts: { from: number; to: number; settled: number }) {
    super(`Epochs ${facts.from} to ${facts.to} are not all settled; ${lastSettled(facts.settled)}`, {
      facts,
      hint: 'A statement tells settled epochs: leave --epochs out for all of them; `tally epoch status` shows them.',
    })
  }
}

function lastSettled(epoch: number): string {
  return epoch === 0 ? 'no epoch is.' : `epoch ${epoch} is the last that is.`
}

/**
 * The statement of an account over some epochs.
 *
 * @param range settled epochs; default: all that are
 * @throws EpochsNotToldError, AccountUnknownError
 */
export async function wholeStatementOf(ledger: Ledger, account: Address, range?: EpochRange): Promise<WholeStatement> {
  const { warehouse, genesis, ledgerId } = ledger
  const last = await warehouse.one<{ epoch: number | null }>(
    'SELECT max(epoch) AS epoch FROM epoch WHERE settlement_json IS NOT NULL',
  )
  const settled = last?.epoch ?? 0
  if (range !== undefined && range.to > settled) throw new EpochsNotToldError({ ...range, settled })
  const told = range ?? { from: 1, to: settled }
  const statement = await statementOf(warehouse, account, told)
  const uses = await usesOf(warehouse, account, told)
  const named = new Set([...statement.epochs, ...uses].map(({ epoch }) => epoch))
  if (told.to > 0) named.add(told.to)
  return {
    format: 'tallystick-statement/1',
    ledger: {
      ...{ ledgerId: toHex(ledgerId) as Hash32, name: genesis.name },
      ...{ chainId: genesis.chainId, distributor: genesis.distributor },
    },
    range: settled === 0 ? null : told,
    ...statement,
    uses,
    nothing: settled === 0 ? [] : await nothingFor(warehouse, account, told, statement.epochs),
    held: await heldFor(warehouse, account, told.to),
    split: await splitFor(warehouse, account, told),
    proofs: await proofsOf(
      ledger,
      [...named].sort((a, b) => a - b),
    ),
    claimable: await claimableBy(ledger, account),
  }
}
