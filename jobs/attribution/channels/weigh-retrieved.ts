import { BLOB, LIST, listValue } from '@duckdb/node-api'
import { fromBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { toHex } from '../../../schemas/ids.ts'
import { USE_EPOCHS_MAX } from '../../funding/held-fees.ts'
import { shareRetrieved } from './share-retrieved.ts'
import type { AccountWeights, ChannelUse } from './weights.ts'

const retrievedItems = readSql(new URL('./retrieved-items.sql', import.meta.url))

/** A contribution that was retrieved, in rank order. */
interface Retrieved {
  readonly score: number
  /** Null: unknown, withdrawn or erased; its part is nobody's. */
  readonly account: string | null
}

/** The weights of the accounts whose contributions were retrieved for uses, in the order of the uses; what is there is judged at the cut of `epoch`. */
export async function weighRetrieved(
  warehouse: Database,
  epoch: number,
  uses: readonly ChannelUse[],
): Promise<AccountWeights[]> {
  const rows = await warehouse.all<Retrieved & { readonly inference: never }>(
    retrievedItems,
    { epoch, useEpochsMax: USE_EPOCHS_MAX, inferences: listValue(uses.map(({ inference }) => inference)) },
    { inferences: LIST(BLOB) },
  )
  const byUse = new Map<string, Retrieved[]>()
  for (const row of rows) {
    const key = toHex(fromBlob(row.inference))
    const own = byUse.get(key) ?? []
    byUse.set(key, own)
    own.push(row)
  }
  return uses.map(({ inference, retrievalRule }) => {
    const items = byUse.get(toHex(fromBlob(inference))) ?? []
    const parts = shareRetrieved(
      items.map(({ score }) => score),
      retrievalRule,
    )
    const weights = new Map<string, number>()
    for (const [place, { account }] of items.entries())
      if (account !== null) weights.set(account, (weights.get(account) ?? 0) + parts[place]!)
    return [...weights].filter(([, weight]) => weight > 0).map(([account, weight]) => ({ account, weight }))
  })
}
