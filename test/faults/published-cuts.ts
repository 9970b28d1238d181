import { decodeValue } from '../../schemas/wire-format.ts'
import type { LoggedRecord } from './read-log.ts'

/** A cut as it stands on tally.epochs, partitions in ascending order. */
export interface PublishedCut {
  readonly epoch: number
  readonly cutTimeMs: bigint
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly incarnation: number
    readonly fromOffset: bigint
    readonly toOffset: bigint
  }[]
}

/** The cuts that count: the first one of each epoch. A close that was killed may have published another one behind it. */
export function publishedCuts(records: readonly LoggedRecord[]): PublishedCut[] {
  const first = new Map<number, PublishedCut>()
  for (const { value, offset } of [...records].sort((a, b) => Number(a.offset - b.offset))) {
    const decoded = decodeValue(value ?? Buffer.alloc(0))
    if (decoded.outcome !== 'decoded' || decoded.type !== 'CutPublished')
      throw new Error(`What stands at offset ${offset} of tally.epochs is no cut.`)
    const cut = decoded.body as PublishedCut
    if (!first.has(cut.epoch)) first.set(cut.epoch, cut)
  }
  return [...first.values()]
}
