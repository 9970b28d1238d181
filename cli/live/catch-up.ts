import { setTimeout as sleep } from 'node:timers/promises'
import type { PartitionBounds } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { CatchUpStalledError } from './errors.ts'
import { storedPositions } from './stored-positions.ts'

const POLL_MS = 50
/** Longer than a rebalance of the group takes when a member died (its session timeout, and some). */
const STALL_LIMIT_MS = 120_000

/**
 * Waits until somebody else has stored every record before the given ends.
 *
 * @throws CatchUpStalledError when nothing was stored for two minutes and something is missing; the signal's reason
 */
export async function catchUp(
  warehouse: Database,
  wanted: readonly PartitionBounds[],
  signal: AbortSignal,
): Promise<void> {
  let stored_sum = -1n
  let movedAt_ms = performance.now()
  for (;;) {
    signal.throwIfAborted()
    const positions = await storedPositions(warehouse)
    const nextOf = (each: PartitionBounds) => positions.get(`${each.topic}/${each.partition}`)?.nextOffset ?? 0n
    // A partition that never held anything has no position.
    const missing = wanted.find((each) => each.endOffset > each.startOffset && nextOf(each) < each.endOffset)
    if (missing === undefined) return
    const sum = wanted.reduce((all, each) => all + nextOf(each), 0n)
    const now_ms = performance.now()
    if (sum !== stored_sum) {
      stored_sum = sum
      movedAt_ms = now_ms
    } else if (now_ms - movedAt_ms > STALL_LIMIT_MS) {
      const { topic, partition, endOffset } = missing
      const waited_s = Math.round((now_ms - movedAt_ms) / 1_000)
      throw new CatchUpStalledError({ topic, partition, stored: nextOf(missing), wanted: endOffset, waited_s })
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined) // an abort is thrown above
  }
}
