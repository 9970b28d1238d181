import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { attributeEpoch } from '../attribution/attribute-epoch.ts'
import { requireFeatures } from '../attribution/features/require-features.ts'
import type { Ledger } from '../ledger.ts'
import { settleEpoch } from '../settlement/settle-epoch.ts'
import { resumeScratch, type Scratch, type ScratchOptions, scratchFolder } from './scratch.ts'

const countCorrections = readSql(new URL('./count-corrections.sql', import.meta.url))
const rerunLines = readSql(new URL('./lines-of-epoch.sql', import.meta.url))

/** What is settled again, and how. */
export interface Rerun {
  /** Its name, by which it goes on after it was stopped. */
  readonly rerun: string
  /** Which it is of; null: somebody only looks. */
  readonly adjustment: string | null
  readonly from: number
  readonly to: number
  /** Empty: that of the policies that were in force. */
  readonly method: string
  /** Corrections accepted up to this epoch count. */
  readonly correctionsTo: number
}

export interface RerunOptions {
  readonly ledger: Ledger
  readonly rerun: Rerun
  /** Stops it between two epochs or in one; the next call goes on. */
  readonly signal?: AbortSignal
  readonly onProgress?: (text: string) => void
}

/**
 * Settles epochs again beside the original: with the same funding, by another method, or with what corrections say. Works in a copy
 * beside the warehouse, epoch by epoch, and writes to the ledger nothing but the lines that each would have had (`rerun_line`).
 * Killed at any instant, the next call with the same rerun goes on with the epoch at which it was.
 *
 * @throws FeaturesErasedError of epochs in which erased features took part
 */
export async function runRerun(options: RerunOptions): Promise<void> {
  const { ledger, rerun, signal, onProgress } = options
  await enter(ledger.warehouse, rerun)
  if (await isDone(ledger.warehouse, rerun)) return
  await requireFeatures(ledger.warehouse, rerun.from)
  const progress = (text: string) => onProgress?.(`epochs ${rerun.from} to ${rerun.to}: ${text}`)
  const scratch = await openScratch(options, progress)
  const stop = () => scratch.ledger.warehouse.interrupt()
  signal?.addEventListener('abort', stop)
  try {
    for (let epoch = rerun.from; epoch <= rerun.to; epoch++) {
      signal?.throwIfAborted()
      progress(`epoch ${epoch}`)
      await settleAgain(scratch.ledger, rerun, epoch, (text) => progress(`epoch ${epoch}: ${text}`))
      // Killed before this is written: the epoch is settled in the copy, and its lines are written by the next call.
      await keepLines(ledger.warehouse, scratch.ledger.warehouse, rerun, epoch)
    }
  } catch (error) {
    scratch.close()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  // All of it is written: killed here, a copy is left that the next call of the same rerun does not open.
  scratch.remove()
}

async function enter(
  warehouse: Database,
  { rerun, adjustment, from, to, method, correctionsTo }: Rerun,
): Promise<void> {
  await warehouse.run(
    `INSERT INTO rerun
     SELECT $rerun, $adjustment, $from, $to, $method, $correctionsTo, $from - 1
     WHERE NOT EXISTS (SELECT 1 FROM rerun WHERE rerun = $rerun)`,
    { rerun, adjustment, from, to, method, correctionsTo },
    { adjustment: VARCHAR },
  )
}

async function isDone(warehouse: Database, { rerun }: Rerun): Promise<boolean> {
  const row = await warehouse.one('SELECT 1 FROM rerun WHERE rerun = $rerun AND done_to = to_epoch', { rerun })
  return row !== undefined
}

function openScratch({ ledger, rerun }: RerunOptions, onProgress: (text: string) => void): Promise<Scratch> {
  const name = createHash('sha256').update(rerun.rerun).digest('hex').slice(0, 32)
  const folder = join(scratchFolder(ledger.warehouse, 'reruns'), name)
  const { from, to, correctionsTo } = rerun
  return resumeScratch(ledger, folder, {
    ...{ decided: 'influence', from, to, correctionsTo },
    ...{ verb: 'tally rerun', onProgress, prepare },
  })
}

/** What is left of fees after corrections is what the copy's epochs were paid. */
async function prepare(warehouse: Database, { from, to }: Pick<ScratchOptions, 'from' | 'to'>): Promise<void> {
  // Several statements take no parameters: both are numbers.
  await warehouse.run(countCorrections.replaceAll('$from', String(from)).replaceAll('$to', String(to)))
}

/** Both steps, or the one that is left of them. */
async function settleAgain(
  ledger: Ledger,
  { method }: Rerun,
  epoch: number,
  onProgress: (text: string) => void,
): Promise<void> {
  const state = async () => {
    const row = await ledger.warehouse.one<{ state: string }>('SELECT state FROM epoch WHERE epoch = $epoch', { epoch })
    return row!.state
  }
  if ((await state()) === 'closed')
    await attributeEpoch({ ledger, onProgress, rerun: { method: method === '' ? undefined : method } })
  if ((await state()) === 'attributed') await settleEpoch({ ledger, isRerun: true })
}

async function keepLines(warehouse: Database, scratch: Database, { rerun }: Rerun, epoch: number): Promise<void> {
  const lines = await scratch.all<Record<'account' | 'token' | 'kind' | 'asset', string> & { amount: bigint }>(
    rerunLines,
    { epoch },
  )
  await warehouse.transaction(async () => {
    await warehouse.run('DELETE FROM rerun_line WHERE rerun = $rerun AND for_epoch = $epoch', { rerun, epoch })
    await warehouse.append(
      'rerun_line',
      [VARCHAR, INTEGER, VARCHAR, VARCHAR, VARCHAR, VARCHAR, HUGEINT],
      lines.map(({ account, token, kind, asset, amount }) => [rerun, epoch, account, token, kind, asset, amount]),
    )
    await warehouse.run('UPDATE rerun SET done_to = $epoch WHERE rerun = $rerun', { rerun, epoch })
  })
}
