import { attributeEpoch } from '../../../jobs/attribution/attribute-epoch.ts'
import type { Ledger } from '../../../jobs/ledger.ts'
import { makeScratch } from '../../../jobs/rerun/scratch.ts'
import type { SettlementDraft } from '../../../jobs/settlement/settle-epoch.ts'
import { settleEpoch } from '../../../jobs/settlement/settle-epoch.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import type { Influence } from '../../oracle/economy/naive-ledger.ts'
import type { InfluenceAgain } from '../../oracle/economy/whole-ledger.ts'
import type { SmallLedger } from './small-ledger.ts'

const countCorrections = readSql(new URL('../../../jobs/rerun/count-corrections.sql', import.meta.url))

/** What attribution came to in a settled epoch: the scores of each open period. */
export async function influenceOf({ warehouse }: Ledger, epoch: number): Promise<Influence[]> {
  const rows = await warehouse.all<{ model: string; token: string; account: string; s: bigint }>(
    'SELECT model, token, account, s FROM score WHERE epoch = $epoch AND s > 0 ORDER BY account',
    { epoch },
  )
  const row = await warehouse.one<{ settlement: string }>(
    'SELECT settlement_json AS settlement FROM epoch WHERE epoch = $epoch',
    { epoch },
  )
  const { periods } = JSON.parse(row!.settlement) as SettlementDraft
  return periods.map(({ model, token, state, denominator, sumPositive }) => ({
    ...{ model, token, state },
    scores: rows
      .filter((each) => each.model === model && each.token === token)
      .map(({ account, s }) => ({ account, score: s })),
    rest: BigInt(denominator ?? 0) - BigInt(sumPositive ?? 0),
  }))
}

interface Adjustment {
  readonly adjustment: string
  readonly from: number
  readonly to: number
}

/** The same in the reruns of the adjustments that were accepted in an epoch, each once more in a copy of its own. */
export async function influenceAgain(
  { ledger, folder }: SmallLedger,
  epoch: number,
): Promise<ReadonlyMap<string, InfluenceAgain>> {
  const adjustments = await ledger.warehouse.all<Adjustment & Record<string, string | number>>(
    'SELECT adjustment, from_epoch AS "from", to_epoch AS "to" FROM adjustment WHERE epoch = $epoch',
    { epoch },
  )
  const again = new Map<string, InfluenceAgain>()
  for (const each of adjustments) again.set(each.adjustment, await rerunInfluence(ledger, folder, each, epoch))
  return again
}

async function rerunInfluence(
  ledger: Ledger,
  folder: string,
  { from, to }: Adjustment,
  correctionsTo: number,
): Promise<InfluenceAgain> {
  const scratch = await makeScratch(ledger, folder, {
    ...{ decided: 'influence', from, to, correctionsTo, verb: 'test' },
    prepare: async (warehouse) => {
      await warehouse.run(countCorrections.replaceAll('$from', String(from)).replaceAll('$to', String(to)))
    },
  })
  const influence = new Map<number, Influence[]>()
  try {
    for (let epoch = from; epoch <= to; epoch++) {
      await attributeEpoch({ ledger: scratch.ledger, rerun: { method: undefined } })
      await settleEpoch({ ledger: scratch.ledger, isRerun: true })
      influence.set(epoch, await influenceOf(scratch.ledger, epoch))
    }
  } finally {
    scratch.remove()
  }
  return influence
}
