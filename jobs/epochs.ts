import type { Database } from '../pipelines/warehouse/database.ts'

/** The states of an epoch, in order (DESIGN §4); `published` means that its bundle lies on disk. */
export const EPOCH_STATES = ['open', 'closed', 'attributed', 'settled', 'published', 'proposed', 'finalized'] as const
export type EpochState = (typeof EPOCH_STATES)[number]

export interface EpochRow {
  readonly epoch: number
  readonly attempt: number
  readonly state: EpochState
  readonly cutTimeMs: bigint
}

/** What a step did: it is a value, because "nothing to do" is an expected outcome of running a step twice. */
export type StepResult =
  | { readonly did: 'done'; readonly epoch: number; readonly detail: string }
  | { readonly did: 'nothing'; readonly epoch: number | null; readonly detail: string }
  | { readonly did: 'waiting'; readonly epoch: number; readonly detail: string; readonly untilMs: bigint }

/** The oldest epoch in `state`, if any. */
export async function firstEpochIn(warehouse: Database, state: EpochState): Promise<EpochRow | undefined> {
  const row = await warehouse.one(
    'SELECT epoch, attempt, state, cut_time_ms FROM epoch WHERE state = $state ORDER BY epoch LIMIT 1',
    { state },
  )
  return row === undefined ? undefined : toEpochRow(row)
}

export async function lastEpoch(warehouse: Database): Promise<EpochRow | undefined> {
  const row = await warehouse.one('SELECT epoch, attempt, state, cut_time_ms FROM epoch ORDER BY epoch DESC LIMIT 1')
  return row === undefined ? undefined : toEpochRow(row)
}

/** Moves an epoch on; part of the transaction that wrote the results of the step. */
export async function setState(warehouse: Database, epoch: number, from: EpochState, to: EpochState): Promise<void> {
  const moved = await warehouse.all(
    'UPDATE epoch SET state = $to WHERE epoch = $epoch AND state = $from RETURNING epoch',
    { epoch, from, to },
  )
  if (moved.length !== 1) throw new RangeError(`Epoch ${epoch} is not ${from}.`)
}

function toEpochRow(row: Readonly<Record<string, unknown>>): EpochRow {
  return {
    epoch: row.epoch as number,
    attempt: row.attempt as number,
    state: row.state as EpochState,
    cutTimeMs: row.cut_time_ms as bigint,
  }
}

/** The newest epoch whose bundle lies on disk. */
export async function lastPublishedEpoch(warehouse: Database): Promise<number | undefined> {
  const row = await warehouse.one<{ epoch: number }>(
    `SELECT epoch FROM epoch WHERE state IN ('published', 'proposed', 'finalized') ORDER BY epoch DESC LIMIT 1`,
  )
  return row?.epoch
}
