import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { DATA_CHANNELS } from '../../schemas/limits.ts'
import { movedOf, type WaitingPart } from '../carry-state.ts'
import { compareText } from '../funding/channels.ts'
import type { DataChannel } from '../funding/policy.ts'
import { apportion } from './apportion.ts'
import type { ChannelParts } from './channel-parts.ts'
import { addTo } from './lines.ts'

const takenFees = readSql(new URL('./taken-fees.sql', import.meta.url))

/** What became of the data parts that waited for a channel. */
export interface Waited {
  /** Still waiting; ascending by (epoch, model, token), what had nothing retrieved first. */
  readonly waiting: readonly WaitingPart[]
  /** token → what waited in vain. */
  readonly unattributed: ReadonlyMap<string, bigint>
}

/**
 * Moves what waited to the channels that took its uses in this epoch, and gives up what has waited long enough
 * (docs/formats.md#settlement rule 4).
 *
 * @param before waiting since earlier epochs
 * @param added  by this epoch's fees that no channel took
 * @param parts  of the channels; what moves is added
 */
export async function settleWaiting(
  warehouse: Database,
  epoch: number,
  before: readonly WaitingPart[],
  added: readonly WaitingPart[],
  parts: ChannelParts,
): Promise<Waited> {
  const taken = await loadTakenFees(warehouse, epoch)
  const waiting: WaitingPart[] = [...added]
  const unattributed = new Map<string, bigint>()
  for (const each of before) {
    const fees = taken.get(keyOf(each)) ?? new Map<DataChannel, bigint>()
    const sum = [...fees.values()].reduce((total, fee) => total + fee, BigInt(each.taken))
    const after = { ...each, taken: sum.toString() }
    moveTo(parts, each, movedOf(after) - movedOf(each), fees)
    if (after.taken === after.fees) continue
    if (each.until > epoch) waiting.push(after)
    else addTo(unattributed, each.token, BigInt(after.part) - movedOf(after))
  }
  waiting.sort(compareEntries)
  return { waiting, unattributed }
}

/** What moved goes to the channels by the fees that each took. */
function moveTo(parts: ChannelParts, of: WaitingPart, moved: bigint, fees: ReadonlyMap<DataChannel, bigint>): void {
  const amounts = apportion(
    moved,
    DATA_CHANNELS.map((channel) => fees.get(channel) ?? 0n),
  )
  for (const [index, channel] of DATA_CHANNELS.entries()) parts.add(channel, of, amounts[index]!)
}

type EntryKey = Pick<WaitingPart, 'epoch' | 'model' | 'token' | 'retrieved'>

async function loadTakenFees(warehouse: Database, epoch: number): Promise<Map<string, Map<DataChannel, bigint>>> {
  const rows = await warehouse.all<EntryKey & { channel: DataChannel; fees: bigint }>(takenFees, { epoch })
  const taken = new Map<string, Map<DataChannel, bigint>>()
  for (const row of rows) {
    const own = taken.get(keyOf(row)) ?? new Map<DataChannel, bigint>()
    taken.set(keyOf(row), own.set(row.channel, row.fees))
  }
  return taken
}

function compareEntries(a: EntryKey, b: EntryKey): number {
  return (
    a.epoch - b.epoch ||
    compareText(a.model, b.model) ||
    compareText(a.token, b.token) ||
    Number(a.retrieved) - Number(b.retrieved)
  )
}

function keyOf({ epoch, model, token, retrieved }: EntryKey): string {
  return `${epoch}/${model}/${token}/${retrieved}`
}
