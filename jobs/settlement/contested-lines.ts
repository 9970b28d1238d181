import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { OpenDispute } from '../carry-state.ts'
import { lineOf } from './disputes.ts'
import { addTo, type Lines } from './lines.ts'

const contestedDeltas = readSql(new URL('./contested-deltas.sql', import.meta.url))

interface ContestedDelta extends Row {
  readonly adjustment: string
  readonly line_epoch: number
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  readonly delta: bigint
  readonly taken: bigint
  readonly counted: bigint
}

/**
 * What adjustments that were accepted in an epoch find of lines that disputes are about: what these took for good is not owed once
 * more (docs/formats.md#adjustments). Writes `forfeited` of `adjustment_delta`.
 *
 * @param taken line → what disputes that were upheld in this epoch took of it
 * @returns     line → what its account owes because of it, above 0
 */
export async function weighDeltas(
  warehouse: Database,
  epoch: number,
  taken: ReadonlyMap<string, bigint>,
): Promise<ReadonlyMap<string, bigint>> {
  const counted = new Map<string, bigint>()
  const owes = new Map<string, bigint>()
  for (const row of await warehouse.all<ContestedDelta>(contestedDeltas, { epoch })) {
    const line = lineOf({ ...row, lineEpoch: row.line_epoch })
    const before = counted.get(line) ?? row.counted
    const forfeited = forfeitedOf(row.delta, row.taken + (taken.get(line) ?? 0n), before)
    counted.set(line, before + forfeited)
    addTo(owes, line, -row.delta - forfeited)
    if (forfeited === 0n) continue
    const { adjustment, line_epoch: of, account, token, kind, asset } = row
    await warehouse.run(
      `UPDATE adjustment_delta SET forfeited = $forfeited
       WHERE adjustment = $adjustment AND for_epoch = $of AND account = $account AND token = $token AND kind = $kind
         AND asset = $asset`,
      { forfeited, adjustment, of, account, token, kind, asset },
    )
  }
  return new Map([...owes].filter(([, amount]) => amount > 0n))
}

/** @param taken of the line, for good @param counted of that, in adjustments before */
function forfeitedOf(delta: bigint, taken: bigint, counted: bigint): bigint {
  if (delta > 0n) return delta < counted ? -delta : -counted
  return -delta < taken - counted ? -delta : taken - counted
}

/**
 * What adjustments took of a line, disputes of it cannot hold: they want so much less, and what they hold above that is released, the
 * newest first.
 *
 * @param owes  as {@link weighDeltas} says
 * @param lines of the epoch; what is released is added
 */
export function releaseLowered(
  open: readonly OpenDispute[],
  owes: ReadonlyMap<string, bigint>,
  lines: Lines,
): readonly OpenDispute[] {
  if (owes.size === 0) return open
  const above = new Map<string, bigint>()
  const lowered = open.map((dispute): OpenDispute => {
    const line = lineOf(dispute)
    const [before, less] = [BigInt(dispute.wanted), owes.get(line) ?? 0n]
    if (before === 0n) return dispute
    const wanted = before > less ? before - less : 0n
    if (!above.has(line)) above.set(line, -wanted)
    addTo(above, line, BigInt(dispute.held))
    return { ...dispute, wanted: `${wanted}` }
  })
  const kept: OpenDispute[] = []
  for (const dispute of lowered.reverse()) {
    const [held, excess] = [BigInt(dispute.held), above.get(lineOf(dispute)) ?? 0n]
    const part = held < excess ? held : excess
    kept.push(part > 0n ? { ...dispute, held: `${held - part}` } : dispute)
    if (part <= 0n) continue
    addTo(above, lineOf(dispute), -part)
    const { account, token, asset } = dispute
    lines.add({ account, token, kind: 'released', asset }, part)
  }
  return kept.reverse()
}
