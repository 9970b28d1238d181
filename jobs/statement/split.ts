import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import { type CarryState, loadState, movedOf } from '../carry-state.ts'
import { type Policy, policyInForce } from '../funding/policy.ts'
import { splitSum } from '../settlement/pools.ts'
import { loadUpstream, type Upstream } from '../settlement/upstream.ts'
import type { EpochRange } from './epochs.ts'

const feeSums = readSql(new URL('./fee-sums.sql', import.meta.url))
const linesByPool = readSql(new URL('./lines-by-pool.sql', import.meta.url))

/** A pool that fees were divided into, and where it went: fromFees + before = yours + others + held + unattributed. */
export interface SplitPool {
  readonly kind: PoolKind
  /** Whose pool: the model for `data`, the asset, the policy for `treasury`; empty for `outcome`, which agents share. */
  readonly asset: string
  readonly fromFees: bigint
  /** Held for it when the first of these epochs began. */
  readonly before: bigint
  readonly yours: bigint
  readonly others: bigint
  /** Held for it when the last of these epochs ended: for later, or until somebody has rated. */
  readonly held: bigint
  /** Nobody's. */
  readonly unattributed: bigint
}

type PoolKind = 'data' | 'model' | 'royalty' | 'agent' | 'outcome' | 'infrastructure' | 'treasury'

/** The fees of what an account had a part in, in one token, and who got what of them. */
export interface TokenSplit {
  readonly token: string
  readonly uses: number
  readonly fees: bigint
  /** Σ fromFees = fees. */
  readonly pools: readonly SplitPool[]
  /** What the account earned otherwise: of shares that it sold, or of pools that got nothing of these fees. */
  readonly apart: readonly { readonly kind: string; readonly asset: string; readonly amount: bigint }[]
}

interface FeeSum {
  readonly epoch: number
  readonly policy: string
  readonly model: string
  readonly infrastructure: string
  readonly agent: string
  readonly token: string
  readonly uses: bigint
  readonly fees: bigint
}

interface PoolLines {
  readonly token: string
  readonly kind: string
  readonly asset: string
  readonly yours: bigint
  readonly paid: bigint
}

/** Of a token: which pools the account was paid from. */
interface Part {
  readonly kinds: ReadonlySet<string>
  has(kind: string, asset: string): boolean
}

/**
 * Who got what of the fees of everything that an account was paid for in some epochs: a fee belongs to them when any pool
 * that it was divided into paid the account. Divided as settlement divides them (docs/formats.md#settlement rule 3).
 *
 * @returns one a token in which the account earned something, ascending: Σ yours + Σ apart = all that it earned
 */
export async function splitFor(warehouse: Database, account: Address, range: EpochRange): Promise<TokenSplit[]> {
  if (range.to < range.from) return []
  const values = { first: range.from, last: range.to }
  const lines = await warehouse.all<PoolLines>(linesByPool, { ...values, account })
  const states = [await loadState(warehouse, range.from - 1), await loadState(warehouse, range.to)] as const
  const divided = await divideSums(warehouse, await warehouse.all<FeeSum>(feeSums, values))
  const tokens = [...new Set(lines.filter(({ yours }) => yours > 0n).map(({ token }) => token))].sort()
  return tokens.map((token) => {
    const ofToken = lines.filter((each) => each.token === token)
    const part = partOf(ofToken)
    const sums = divided.filter((sum) => sum.token === token && belongs(sum, part))
    const fees = sums.reduce((total, sum) => total + sum.fees, 0n)
    const uses = sums.reduce((total, sum) => total + Number(sum.uses), 0)
    const pools = poolsOf(sums, { token, part, lines: ofToken, states })
    return { token, uses, fees, pools, apart: ofToken.filter((line) => isApart(line, pools)).map(apartOf) }
  })
}

/** A sum of fees with the pools that it was divided into. */
interface DividedSum extends FeeSum {
  readonly pools: readonly { readonly kind: PoolKind; readonly asset: string; readonly amount: bigint }[]
}

async function divideSums(warehouse: Database, sums: readonly FeeSum[]): Promise<DividedSum[]> {
  const policies = new Map<string, Policy>()
  const upstream = new Map<string, Upstream>()
  const divided: DividedSum[] = []
  for (const sum of sums) {
    // There was one: without a policy nothing is funded.
    const policy = policies.get(sum.policy) ?? (await policyInForce(warehouse, sum.epoch))!
    policies.set(sum.policy, policy)
    // What a model is derived from never changes.
    const above = upstream.get(sum.model) ?? (await loadUpstream(warehouse, sum.epoch))
    upstream.set(sum.model, above)
    divided.push({ ...sum, pools: divide(sum, policy, above) })
  }
  return divided
}

function divide(sum: FeeSum, policy: Policy, upstream: Upstream): DividedSum['pools'] {
  const { data, outcome, treasury, pools } = splitSum(sum, sum.fees, policy, upstream)
  const all = [
    { kind: 'data', asset: sum.model, amount: data },
    ...pools,
    { kind: 'outcome', asset: '', amount: outcome },
    { kind: 'treasury', asset: policy.policy, amount: treasury },
  ] as DividedSum['pools']
  return all.filter(({ amount }) => amount > 0n)
}

function partOf(lines: readonly PoolLines[]): Part {
  const paid = lines.filter(({ yours }) => yours > 0n)
  const names = new Set(paid.map(({ kind, asset }) => `${kind}/${asset}`))
  return {
    kinds: new Set(paid.map(({ kind }) => kind)),
    has: (kind, asset) => names.has(`${kind}/${asset}`),
  }
}

/** What agents are paid by outcome comes from pools that all agents of a payer share. */
function belongs({ pools }: DividedSum, part: Part): boolean {
  return pools.some(({ kind, asset }) => (kind === 'outcome' ? part.kinds.has(kind) : part.has(kind, asset)))
}

function isApart({ kind, asset, yours }: PoolLines, pools: readonly SplitPool[]): boolean {
  return yours > 0n && !pools.some((pool) => pool.kind === kind && (kind === 'outcome' || pool.asset === asset))
}

function apartOf({ kind, asset, yours }: PoolLines): TokenSplit['apart'][number] {
  return { kind, asset, amount: yours }
}

interface PoolContext {
  readonly token: string
  readonly part: Part
  readonly lines: readonly PoolLines[]
  /** At the beginning and at the end. */
  readonly states: readonly [CarryState, CarryState]
}

const ORDER: readonly PoolKind[] = ['data', 'model', 'royalty', 'agent', 'outcome', 'infrastructure', 'treasury']

function poolsOf(sums: readonly DividedSum[], context: PoolContext): SplitPool[] {
  const fromFees = new Map<string, { kind: PoolKind; asset: string; amount: bigint }>()
  for (const { pools } of sums)
    for (const { kind, asset, amount } of pools) {
      const key = `${kind}/${asset}`
      fromFees.set(key, { kind, asset, amount: (fromFees.get(key)?.amount ?? 0n) + amount })
    }
  return [...fromFees.values()]
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.asset < b.asset ? -1 : 1))
    .map((pool) => whereItWent(pool, context))
}

function whereItWent(
  { kind, asset, amount }: { readonly kind: PoolKind; readonly asset: string; readonly amount: bigint },
  { token, part, lines, states }: PoolContext,
): SplitPool {
  const [first, last] = states
  const isShared = (kind === 'data' && part.has(kind, asset)) || (kind === 'outcome' && part.kinds.has(kind))
  const own = lines.filter((line) => line.kind === kind && (kind === 'outcome' || line.asset === asset))
  const yours = own.reduce((sum, line) => sum + line.yours, 0n)
  const of = { kind, asset, fromFees: amount, yours }
  // The fees here are all of what such a pool was paid of, or what it did with them cannot be told apart.
  if (!isShared) return { ...of, before: 0n, others: amount - yours, held: 0n, unattributed: 0n }
  const others = own.reduce((sum, line) => sum + line.paid, 0n) - yours
  const held = heldOf(last, kind, asset, token)
  const before = heldOf(first, kind, asset, token)
  const left = before + amount - yours - others - held
  // A pool that gave more than it was given here was given it by a correction of what came before.
  return { ...of, before: left < 0n ? before - left : before, others, held, unattributed: left < 0n ? 0n : left }
}

function heldOf(state: CarryState, kind: PoolKind, asset: string, token: string): bigint {
  if (kind === 'outcome')
    return sumOf(state.outcomes.filter((pool) => pool.token === token).map(({ part }) => BigInt(part)))
  const isOf = (each: { readonly model: string; readonly token: string }) =>
    each.model === asset && each.token === token
  return sumOf([
    ...state.periods.filter(isOf).map(({ pool }) => BigInt(pool)),
    ...state.reserves.filter(isOf).map(({ amount }) => BigInt(amount)),
    ...state.waiting.filter(isOf).map((each) => BigInt(each.part) - movedOf(each)),
  ])
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}
