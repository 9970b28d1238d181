import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { FEATURE_WAIT_EPOCHS_MAX } from '../../schemas/limits.ts'
import { movedOf, type WaitingPart } from '../carry-state.ts'
import { compareText } from '../funding/channels.ts'
import { USE_EPOCHS_MAX } from '../funding/held-fees.ts'
import { addTo } from './lines.ts'

const lateFees = readSql(new URL('./late-fees.sql', import.meta.url))

/** What became of the data parts that waited for features. */
export interface Waited {
  /** Still waiting; ascending by (epoch, model, token). */
  readonly waiting: readonly WaitingPart[]
  /** `model/token` → what moves into the period, because features came in this epoch. */
  readonly joined: ReadonlyMap<string, bigint>
  /** token → what waited in vain. */
  readonly unattributed: ReadonlyMap<string, bigint>
}

/**
 * Moves what waited into the periods that its features join, and gives up what has waited long enough (docs/formats.md#settlement
 * rule 4). `fallback` of a policy is always `unattributed` so far.
 *
 * @param before waiting since earlier epochs
 * @param added  by this epoch's fees without features
 */
export async function settleWaiting(
  warehouse: Database,
  epoch: number,
  before: readonly WaitingPart[],
  added: readonly WaitingPart[],
): Promise<Waited> {
  const late = await loadLateFees(warehouse, epoch)
  const waiting: WaitingPart[] = []
  const joined = new Map<string, bigint>()
  const unattributed = new Map<string, bigint>()
  for (const each of [...before, ...added]) {
    const { model, token, until } = each
    const featured = BigInt(each.featured) + (late.get(keyOf(each)) ?? 0n)
    const after = { ...each, featured: featured.toString() }
    addTo(joined, `${model}/${token}`, movedOf(after) - movedOf(each))
    if (after.featured === after.fees) continue
    if (until > epoch) waiting.push(after)
    else addTo(unattributed, token, BigInt(after.part) - movedOf(after))
  }
  waiting.sort((a, b) => a.epoch - b.epoch || compareText(a.model, b.model) || compareText(a.token, b.token))
  return { waiting, joined, unattributed }
}

async function loadLateFees(warehouse: Database, epoch: number): Promise<Map<string, bigint>> {
  const rows = await warehouse.all<{ epoch: number; model: string; token: string; fees: bigint }>(lateFees, {
    epoch,
    featureWaitMax: FEATURE_WAIT_EPOCHS_MAX,
    useEpochsMax: USE_EPOCHS_MAX,
  })
  return new Map(rows.map((row) => [keyOf(row), row.fees]))
}

function keyOf({ epoch, model, token }: Pick<WaitingPart, 'epoch' | 'model' | 'token'>): string {
  return `${epoch}/${model}/${token}`
}
