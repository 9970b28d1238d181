import { ask } from '../chain/connect.ts'
import {
  atFinality,
  type DistributorAt,
  type EpochRecord,
  type ReadAt,
  readEpoch,
  readLastFinalized,
} from '../chain/distributor.ts'

/** What a state of the chain has. */
export interface WatchedState {
  readonly lastFinalized: number
  /** The proposal of the epoch after it. */
  readonly pending: EpochRecord | undefined
}

export interface Watched {
  /** Time of the newest block, in seconds since 1970. */
  readonly now_s: bigint
  readonly latest: WatchedState
  /** At the chain's finality. */
  readonly final: WatchedState
}

/** Reads what a watcher looks at. @throws {@link NoDistributorError} {@link RpcUnreachableError} {@link RpcRefusedError} */
export async function readWatched(at: DistributorAt): Promise<Watched> {
  const { connection } = at
  const final = await stateAt(at, atFinality(connection))
  const latest = await stateAt(at, { blockTag: 'latest' })
  const { timestamp } = await ask(connection, () => connection.client.getBlock())
  return { now_s: timestamp, latest, final }
}

async function stateAt(at: DistributorAt, when: ReadAt): Promise<WatchedState> {
  const lastFinalized = await readLastFinalized(at, when)
  const next = await readEpoch(at, lastFinalized + 1n, when)
  return { lastFinalized: Number(lastFinalized), pending: next?.state === 'proposed' ? next : undefined }
}

/** Block time from which a proposal can be finalized: the end of its window. */
export function deadlineOf({ proposedAt_s, delay_s }: Pick<EpochRecord, 'proposedAt_s' | 'delay_s'>): bigint {
  return proposedAt_s + delay_s
}
