import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type Policy, policyInForce } from '../funding/policy.ts'
import { splitSum } from '../settlement/pools.ts'
import { loadUpstream, type Upstream } from '../settlement/upstream.ts'

const ownersAtEnd = readSql(new URL('./owners-at-end.sql', import.meta.url))
const feeHosts = readSql(new URL('./fee-hosts.sql', import.meta.url))

/** What a use is paid for. */
export interface FeeUse {
  readonly model: string
  readonly infrastructure: string
  /** Empty: none. */
  readonly agent: string
}

/** A part of a fee that comes back to whoever paid it. */
export interface Returned {
  /** As settlement names its lines. */
  readonly kind: string
  readonly asset: string
  /** Atoms; rounded down, where settlement divides sums of many fees exactly. */
  readonly amount: bigint
}

const WHOLE = 1_000_000n

/** Who owned what at the end of an epoch, and how its policy divides a fee. */
export class FeeReturns {
  readonly policy: Policy
  readonly #upstream: Upstream
  readonly #owners: ReadonlyMap<string, ReadonlyMap<string, number>>

  private constructor(policy: Policy, upstream: Upstream, owners: ReadonlyMap<string, ReadonlyMap<string, number>>) {
    this.policy = policy
    this.#upstream = upstream
    this.#owners = owners
  }

  /** @returns undefined when no policy was in force: then nothing was funded */
  static async load(warehouse: Database, epoch: number): Promise<FeeReturns | undefined> {
    const policy = await policyInForce(warehouse, epoch)
    if (policy === undefined) return undefined
    const owners = new Map<string, Map<string, number>>()
    const rows = await warehouse.all<{ asset: string; account: string; parts: number }>(ownersAtEnd, { epoch })
    for (const { asset, account, parts } of rows) {
      const table = owners.get(asset) ?? new Map<string, number>()
      owners.set(asset, table)
      table.set(account, parts)
    }
    return new FeeReturns(policy, await loadUpstream(warehouse, epoch), owners)
  }

  /** What of `fees` comes back to `account`: as an owner of what the uses are paid for, or as the treasury. */
  to(account: string, use: FeeUse, fees: bigint): Returned[] {
    const { treasury, pools } = splitSum(use, fees, this.policy, this.#upstream)
    const returned = pools.map(({ kind, asset, amount }) => {
      const parts = BigInt(this.#owners.get(asset)?.get(account) ?? 0)
      return { kind: kind as string, asset, amount: (amount * parts) / WHOLE }
    })
    if (account === this.policy.treasury)
      returned.push({ kind: 'treasury', asset: this.policy.policy, amount: treasury })
    return returned.filter(({ amount }) => amount > 0n)
  }

  /** Who owns most of an asset. */
  largestOwnerOf(asset: string): string | undefined {
    const [first] = this.#owners.get(asset) ?? []
    return first?.[0]
  }
}

/** The use that is usual for a model: on the infrastructure that most of its fees were paid for, without an agent. */
export async function usualUse(warehouse: Database, model: string, token: string, epoch: number): Promise<FeeUse> {
  const row = await warehouse.one<{ infrastructure: string }>(feeHosts, { model, token, epoch })
  return { model, infrastructure: row?.infrastructure ?? '', agent: '' }
}
