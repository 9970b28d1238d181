import type { ManifestPeriod } from '../../anchor/manifest.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import type { Kernels } from '../attribution/kernel/kernels.ts'
import { withKernels } from '../attribution/kernel/open-kernels.ts'
import { compareText } from '../funding/channels.ts'
import { EpochsNotSettledError } from '../rerun/require-settled.ts'
import type { SettlementDraft } from '../settlement/settle-epoch.ts'
import { type Concentration, concentrationOf, type Fraction, fraction } from './concentration.ts'
import { simulateCopies, simulateJunk, simulateSplits } from './data-attacks.ts'
import { FeeReturns, usualUse } from './fee-returns.ts'
import { type Loop, loopsOf } from './loops.ts'
import { loadPaidPeriod, type NotSimulated, type PaidPeriod } from './paid-period.ts'
import { simulateSelfDealing, simulateWash } from './purchases.ts'
import { SeededDraws } from './seeded-draws.ts'
import type { Simulated } from './simulated.ts'

/** Of the paid periods of an epoch so many are simulated, those with the highest fees first. */
const PERIODS_MAX = 8

/** A paid period and what dishonest behaviour would have brought in it. */
export interface PeriodIncentives {
  readonly model: string
  readonly token: string
  readonly accounts: number
  readonly items: number
  readonly uses: number
  /** Contributions that were found to be copies: they earned nothing. */
  readonly duplicates: number
  readonly paid: bigint
  readonly simulated: readonly Simulated[]
  /** Why not; null: it was. */
  readonly notSimulated: NotSimulated | 'more periods than are simulated' | null
}

/** What of a token's fees went to the treasury in an epoch. */
export interface TreasuryShare {
  readonly token: string
  /** Those that a licence released in it included. */
  readonly funded: bigint
  readonly treasury: bigint
  /** Null: nothing was funded. */
  readonly share: Fraction | null
}

/** What the rules of money reward, and do not, measured on one epoch (docs/incentives.md). */
export interface IncentiveReport {
  readonly epoch: number
  /** With it everything comes out again. */
  readonly seed: number
  readonly periods: readonly PeriodIncentives[]
  readonly concentration: readonly Concentration[]
  readonly treasury: readonly TreasuryShare[]
  readonly loops: readonly Loop[]
}

export interface IncentiveOptions {
  readonly warehouse: Database
  readonly epoch: number
  readonly seed: number
  /** Stops it between two simulations, with the signal's reason. */
  readonly signal?: AbortSignal
  readonly onProgress?: (text: string) => void
}

/**
 * The incentive report of a settled epoch. Nothing of the ledger changes.
 *
 * @throws EpochsNotSettledError
 */
export async function incentivesOf(options: IncentiveOptions): Promise<IncentiveReport> {
  const { warehouse, epoch, seed, onProgress } = options
  const draft = await settlementOf(warehouse, epoch)
  const returns = await FeeReturns.load(warehouse, epoch)
  const paid = draft.periods.filter(({ state }) => state === 'paid')
  // Before the simulations, which take long.
  const concentration = await concentrationOf(warehouse, epoch)
  const loops = returns === undefined ? [] : await loopsOf(warehouse, epoch, returns)
  const treasury = treasuryShares(draft, concentration)
  const periods =
    returns === undefined || paid.length === 0
      ? []
      : await withKernels(
          (kernels) => simulatePeriods({ ...options, kernels, returns }, paid),
          onProgress === undefined ? {} : { onFallback: onProgress },
        )
  return { epoch, seed, periods, concentration, treasury, loops }
}

async function settlementOf(warehouse: Database, epoch: number): Promise<SettlementDraft> {
  const row = await warehouse.one<{ settlement_json: string | null }>(
    'SELECT settlement_json FROM epoch WHERE epoch = $epoch',
    { epoch },
  )
  if (row !== undefined && row.settlement_json !== null) return JSON.parse(row.settlement_json) as SettlementDraft
  const last = await warehouse.one<{ epoch: number | null }>(
    'SELECT max(epoch) AS epoch FROM epoch WHERE settlement_json IS NOT NULL',
  )
  throw new EpochsNotSettledError({ from: epoch, to: epoch, settled: last?.epoch ?? 0 })
}

function treasuryShares({ conservation }: SettlementDraft, concentration: readonly Concentration[]): TreasuryShare[] {
  return conservation
    .map(({ token, funded: taken, released }) => {
      const funded = BigInt(taken) + BigInt(released)
      const treasury = concentration.find((each) => each.token === token && each.kind === 'treasury')?.amount ?? 0n
      return { token, funded, treasury, share: funded === 0n ? null : fraction(treasury, funded) }
    })
    .sort((a, b) => compareText(a.token, b.token))
}

interface Simulation extends IncentiveOptions {
  readonly kernels: Kernels
  readonly returns: FeeReturns
}

async function simulatePeriods(simulation: Simulation, paid: readonly ManifestPeriod[]): Promise<PeriodIncentives[]> {
  const byFees = [...paid].sort((a, b) => (BigInt(a.fees) > BigInt(b.fees) ? -1 : 1))
  const periods: PeriodIncentives[] = []
  for (const [at, entry] of byFees.entries()) {
    const period =
      at < PERIODS_MAX
        ? await loadPaidPeriod(simulation.warehouse, simulation.kernels, simulation.epoch, entry)
        : 'more periods than are simulated'
    const isLoaded = typeof period !== 'string'
    periods.push({
      ...{ model: entry.model, token: entry.token, items: entry.items, uses: entry.events },
      ...{ duplicates: entry.duplicates, paid: BigInt(entry.paid) },
      accounts: isLoaded ? period.accounts.length : await accountsIn(simulation, entry),
      simulated: isLoaded ? await simulate(simulation, period) : [],
      notSimulated: isLoaded ? null : period,
    })
  }
  return periods
}

async function accountsIn({ warehouse, epoch }: Simulation, { model, token }: ManifestPeriod): Promise<number> {
  const row = await warehouse.one<{ accounts: bigint }>(
    'SELECT count(*) AS accounts FROM score WHERE epoch = $epoch AND model = $model AND token = $token',
    { epoch, model, token },
  )
  return Number(row!.accounts)
}

async function simulate(
  { warehouse, epoch, seed, returns, signal, onProgress }: Simulation,
  period: PaidPeriod,
): Promise<Simulated[]> {
  const { model, token } = period.entry
  const draws = (label: string) => new SeededDraws(seed, `${epoch}/${model}/${token}/${label}`)
  const use = await usualUse(warehouse, model, token, epoch)
  const attacks = [
    { name: 'splits', run: () => simulateSplits(period, draws('split')) },
    { name: 'copies', run: () => simulateCopies(period) },
    { name: 'junk', run: () => simulateJunk(period, draws('junk')) },
    { name: 'wash demand', run: () => simulateWash(period, { returns, use }, draws('wash')) },
    { name: 'self-dealing', run: () => simulateSelfDealing(period, { returns, use }, draws('self')) },
  ]
  const found: Simulated[] = []
  for (const { name, run } of attacks) {
    signal?.throwIfAborted()
    onProgress?.(`${model}: simulates ${name}`)
    found.push(...(await run()))
  }
  return found
}
