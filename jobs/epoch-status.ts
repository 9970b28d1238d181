import type { Manifest } from '../anchor/manifest.ts'
import type { Database } from '../pipelines/warehouse/database.ts'
import { readSql } from '../pipelines/warehouse/read-sql.ts'
import { reasonOfCode } from '../schemas/rejection.ts'
import type { EpochState } from './epochs.ts'
import { countOutcomes } from './publish/build-manifest.ts'
import type { SettlementDraft } from './settlement/settle-epoch.ts'
import { type Liability, liabilities } from './statement/claims.ts'
import { firstUncutRid } from './uncut.ts'

const waitingRecords = readSql(new URL('./waiting-records.sql', import.meta.url))

export interface EpochStatus {
  readonly epochs: readonly {
    readonly epoch: number
    readonly state: EpochState
    readonly cutTime: string
    readonly treeSize: string | null
    readonly counts: Manifest['counts']
    /** Of each token what became of the fees of its uses; null before the epoch is settled. */
    readonly fees: readonly FeeSums[] | null
  }[]
  /** Of each token what accounts earned and were not paid so far, as of the last settled epoch: it is below the minimum. */
  readonly small: readonly { readonly token: string; readonly amount: bigint; readonly accounts: number }[]
  /** Of each token what adjustments found and nobody has paid yet, as of the last settled epoch. */
  readonly adjusted: readonly Liability[]
  /** Records that were ingested and belong to no epoch yet. */
  readonly waiting: {
    readonly records: number
    readonly rejected: number
    readonly reasons: Readonly<Record<string, number>>
  }
}

export type FeeSums = Pick<Manifest['conservation'][number], (typeof FEE_SUMS)[number]>

const FEE_SUMS = ['token', 'funded', 'outside', 'released', 'refunded', 'unfunded', 'reported'] as const

/** Where every epoch stands, and what was rejected and why: nothing disappears unseen. */
export async function epochStatus(warehouse: Database): Promise<EpochStatus> {
  const rows = await warehouse.all(
    'SELECT epoch, state, cut_time_ms, tree_size, settlement_json FROM epoch ORDER BY epoch',
  )
  const epochs: EpochStatus['epochs'][number][] = []
  for (const row of rows) {
    epochs.push({
      epoch: row.epoch as number,
      state: row.state as EpochState,
      cutTime: new Date(Number(row.cut_time_ms)).toISOString(),
      treeSize: row.tree_size === null ? null : String(row.tree_size),
      counts: await countOutcomes(warehouse, row.epoch as number),
      fees: row.settlement_json === null ? null : feesOf(JSON.parse(row.settlement_json as string)),
    })
  }
  const first = await firstUncutRid(warehouse)
  const waiting = { records: 0, rejected: 0, reasons: {} as Record<string, number> }
  for (const { reason, records } of await warehouse.all<{ reason: number; records: number }>(waitingRecords, {
    first,
  })) {
    waiting.records += records
    if (reason === 0) continue
    waiting.rejected += records
    waiting.reasons[reasonOfCode(reason)!] = records
  }
  return { epochs, small: await smallOf(warehouse), adjusted: await liabilities(warehouse), waiting }
}

async function smallOf(warehouse: Database): Promise<EpochStatus['small']> {
  const rows = await warehouse.all<{ token: string; amount: bigint; accounts: bigint }>(
    `SELECT token, sum(small)::HUGEINT AS amount, count(*) AS accounts FROM account_total
     WHERE epoch = (SELECT max(epoch) FROM account_total) AND small > 0 GROUP BY token ORDER BY token`,
  )
  return rows.map(({ accounts, ...sum }) => ({ ...sum, accounts: Number(accounts) }))
}

function feesOf({ conservation }: SettlementDraft): FeeSums[] {
  return conservation.map((flow) => Object.fromEntries(FEE_SUMS.map((name) => [name, flow[name]])) as FeeSums)
}
