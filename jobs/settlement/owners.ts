import { LIST, listValue, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { compareText } from '../funding/channels.ts'

const ownersAtStart = readSql(new URL('./owners-at-start.sql', import.meta.url))
const ownerChanges = readSql(new URL('./owner-changes.sql', import.meta.url))

export interface Owner {
  readonly account: string
  /** Millionths. */
  readonly parts: bigint
}

interface Change {
  /** Place of the transfer in the accept order of the epoch. */
  readonly ordinal: bigint
  readonly account: string
  readonly delta: number
}

interface Ownership {
  readonly atStart: ReadonlyMap<string, number>
  readonly changes: readonly Change[]
}

/** Who owned some assets during an epoch. A place in its accept order is a version: it holds until the next transfer. */
export class Owners {
  readonly #assets: ReadonlyMap<string, Ownership>

  private constructor(assets: ReadonlyMap<string, Ownership>) {
    this.#assets = assets
  }

  static async load(warehouse: Database, epoch: number, assets: readonly string[]): Promise<Owners> {
    const values = { epoch, assets: listValue([...assets]) }
    const types = { assets: LIST(VARCHAR) }
    const loaded = new Map(
      assets.map((asset) => [asset, { atStart: new Map<string, number>(), changes: [] as Change[] }]),
    )
    for (const row of await warehouse.all(ownersAtStart, values, types))
      loaded.get(row.asset as string)!.atStart.set(row.account as string, Number(row.parts))
    for (const row of await warehouse.all(ownerChanges, values, types))
      loaded.get(row.asset as string)!.changes.push({
        ordinal: row.ordinal as bigint,
        account: row.account as string,
        delta: row.delta as number,
      })
    return new Owners(loaded)
  }

  /** Place of the last transfer of the asset up to and including `place`; -1 when there is none. */
  versionAt(asset: string, place: bigint): bigint {
    const { changes } = this.#assets.get(asset)!
    let [low, high] = [0, changes.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (changes[middle]!.ordinal <= place) low = middle + 1
      else high = middle
    }
    return changes[low - 1]?.ordinal ?? -1n
  }

  /** Owners of the asset in these versions, which ascend, one after another; ascending by account. */
  *in(asset: string, versions: readonly bigint[]): Generator<Owner[]> {
    const { atStart, changes } = this.#assets.get(asset)!
    const parts = new Map(atStart)
    let next = 0
    for (const version of versions) {
      for (; next < changes.length && changes[next]!.ordinal <= version; next++) {
        const { account, delta } = changes[next]!
        const after = (parts.get(account) ?? 0) + delta
        if (after === 0) parts.delete(account)
        else parts.set(account, after)
      }
      yield [...parts]
        .map(([account, own]) => ({ account, parts: BigInt(own) }))
        .sort((a, b) => compareText(a.account, b.account))
    }
  }
}
