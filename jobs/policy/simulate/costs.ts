import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { GAS } from './gas.ts'

const costCounts = readSql(new URL('./cost-counts.sql', import.meta.url))

const MILLIONTHS = 1_000_000n
const ATOMS_PER_ETHER = 10n ** 18n
const MICROSECONDS_PER_HOUR = 3_600_000_000n
const THOUSAND = 1_000n

/** What the caller knows and no record says. */
export interface Prices {
  /** Of one unit of gas. */
  readonly gasPrice_wei?: bigint
  /** Atoms of the token that buy one ether. */
  readonly etherPrice?: bigint
  /** Atoms of the token that an hour of this machine costs. */
  readonly hourPrice?: bigint
}

/** What one settlement of the epochs took, and what it is divided by. */
export interface Costs {
  readonly inferences: number
  /** Accounts that earned or were paid something. */
  readonly payees: number
  /** Attribution and settlement of these epochs, measured in this run. */
  readonly compute_ms: { readonly total: number; readonly perThousand: number; readonly perPayee: number }
  /** Anchoring each epoch; and one claim for each account and token that was paid. */
  readonly gas: {
    readonly anchoring: bigint
    readonly claims: bigint
    readonly perThousand: bigint
    readonly perPayee: bigint
    /** Null without a gas price. */
    readonly wei: bigint | null
  }
  /** Earned and not paid at the end, because it is below the minimum; one entry a token. */
  readonly dust: readonly { readonly token: string; readonly amount: bigint; readonly accounts: number }[]
  /** Atoms, rounded up; null where a price is missing, or where nothing of a fee goes to the treasury. */
  readonly breakEven: {
    /** The mean fee of a use whose treasury's part covers compute and anchoring. */
    readonly fee: bigint | null
    /** A payout that is worth a first claim of its own. */
    readonly payout: bigint | null
  }
}

export interface CostQuestion {
  readonly from: number
  readonly to: number
  readonly compute_ms: number
  /** Millionths of a fee. */
  readonly treasuryParts: number
  readonly prices: Prices
}

/** @param warehouse in which the epochs are settled under the policy that is asked about */
export async function costsOf(warehouse: Database, question: CostQuestion): Promise<Costs> {
  const { from, to, compute_ms, prices } = question
  const counted = await warehouse.one<Record<'inferences' | 'payees' | 'first_claims' | 'later_claims', bigint>>(
    costCounts,
    { from, to },
  )
  const { inferences, payees, first_claims, later_claims } = counted!
  const anchoring = BigInt(to - from + 1) * (GAS.propose + GAS.finalize)
  const claims = first_claims * GAS.firstClaim + later_claims * GAS.laterClaim
  const gas = anchoring + claims
  const dust = await warehouse.all<{ token: string; amount: bigint; accounts: bigint }>(
    `SELECT token, sum(small)::HUGEINT AS amount, count(*) AS accounts FROM account_total
     WHERE epoch = $to AND small > 0 GROUP BY token ORDER BY token`,
    { to },
  )
  return {
    inferences: Number(inferences),
    payees: Number(payees),
    compute_ms: {
      total: compute_ms,
      perThousand: inferences === 0n ? 0 : (compute_ms * 1_000) / Number(inferences),
      perPayee: payees === 0n ? 0 : compute_ms / Number(payees),
    },
    gas: {
      ...{ anchoring, claims },
      perThousand: inferences === 0n ? 0n : upward(gas * THOUSAND, inferences),
      perPayee: payees === 0n ? 0n : upward(gas, payees),
      wei: prices.gasPrice_wei === undefined ? null : gas * prices.gasPrice_wei,
    },
    dust: dust.map(({ token, amount, accounts }) => ({ token, amount, accounts: Number(accounts) })),
    breakEven: breakEvenOf(question, anchoring, inferences),
  }
}

function breakEvenOf(
  { compute_ms, treasuryParts, prices }: CostQuestion,
  anchoring: bigint,
  inferences: bigint,
): Costs['breakEven'] {
  const { gasPrice_wei, etherPrice, hourPrice } = prices
  if (gasPrice_wei === undefined || etherPrice === undefined) return { fee: null, payout: null }
  const payout = upward(GAS.firstClaim * gasPrice_wei * etherPrice, ATOMS_PER_ETHER)
  if (hourPrice === undefined || treasuryParts === 0 || inferences === 0n) return { fee: null, payout }
  const anchored = upward(anchoring * gasPrice_wei * etherPrice, ATOMS_PER_ETHER)
  const computed = upward(BigInt(Math.ceil(compute_ms * 1_000)) * hourPrice, MICROSECONDS_PER_HOUR)
  return { fee: upward((anchored + computed) * MILLIONTHS, inferences * BigInt(treasuryParts)), payout }
}

function upward(amount: bigint, divisor: bigint): bigint {
  return (amount + divisor - 1n) / divisor
}
