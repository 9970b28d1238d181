import type { ErasedMessage } from '../../pipelines/record-source.ts'
import { isRewriteDue } from '../../pipelines/warehouse/rewrite-file.ts'
import { removeCorpora } from '../attribution/text/ledger/corpora-folder.ts'
import { CacheFolder } from '../cache-folder.ts'
import type { Ledger } from '../ledger.ts'
import { removeScratch } from '../rerun/scratch.ts'
import { eraseRows } from './erase-rows.ts'
import { erasedItemsOf } from './erased-items.ts'
import { erasedMessagesOf } from './log-places.ts'
import { CACHE_KINDS, SCRATCH_FOLDERS } from './places.ts'
import { rewriteBundles } from './rewrite-bundles.ts'

/** Where payloads lie with their salts. When `erase` has resolved, nothing is left under the hash, after a crash either. */
export interface ErasablePayloads {
  /** @returns whether something was there */
  erase(contentHash: Uint8Array): Promise<boolean>
}

/** A log that can be written. What was erased stays erased; all of one call, or none. */
export interface ErasableLog {
  /** @returns how many messages were erased by this call */
  erase(messages: readonly ErasedMessage[]): Promise<number>
}

export interface EraseOptions {
  readonly ledger: Ledger
  /** See {@link erasedItemsOf}. */
  readonly isAnchored: boolean
  /** Folder of all bundles. */
  readonly bundles: string
  readonly payloads: ErasablePayloads
  /** The log, when it can be written: the embedded one. On a broker what it keeps has a deadline. */
  readonly log?: ErasableLog
  /** Unix milliseconds; shown as the time of erasures, never used. */
  readonly clock: () => bigint
  readonly onProgress?: (text: string) => void
}

export interface ErasureDone {
  /** Items whose order is ripe, of this run and earlier ones. */
  readonly items: number
  /** Items whose order waits for its epoch to be published, or for those before it to be final. */
  readonly waiting: number
  /** Of this run: payloads, records that lost their values, messages of the log, bundles written again, caches removed. */
  readonly payloads: number
  readonly records: number
  readonly messages: number
  readonly bundles: readonly number[]
  /** Bundles of vetoed attempts that were written again: below the folder of all bundles. */
  readonly vetoed: readonly string[]
  readonly caches: number
  /** Records that name a batch of these items and cannot be read: look at them with `tally dlq show`. */
  readonly unreadable: readonly bigint[]
}

/**
 * Carries out every erasure whose order is ripe ({@link erasedItemsOf}). Each step finds what is left to do by itself, so that a run that was killed,
 * wherever, is finished by the next one; a run with nothing to do changes nothing.
 *
 * 1. Rows: curvature, features, values of records, in one transaction. Killed before COMMIT: nothing happened.
 * 2. Payloads with their salts, file by file.
 * 3. Caches of explanations, copies of reruns that were stopped, and those that killed simulations left: they are made again when they
 *    are asked for. Removed before the files are written again, and therefore before nothing is due any more.
 * 4. Messages of the embedded log, in one transaction. On Kafka: nothing, retention is the deadline.
 * 5. Bundles, of vetoed attempts too, one after the other.
 *
 * The files of warehouse and log may hold the bytes until they are rewritten (`rewriteDatabase`), which needs them closed.
 */
export async function erase(options: EraseOptions): Promise<ErasureDone> {
  const { ledger, isAnchored, bundles, payloads, log, clock, onProgress } = options
  const all = await erasedItemsOf(ledger.warehouse, isAnchored)
  const items = all.filter(({ isRipe }) => isRipe)
  onProgress?.('rows of the warehouse')
  const rows = await eraseRows(ledger.warehouse, items, clock())
  onProgress?.('payloads')
  let erased = 0
  for (const { contentHash } of items) if (await payloads.erase(contentHash)) erased++
  // Not by what this run erased: one before it may have been killed here.
  const caches = (await isRewriteDue(ledger.warehouse)) ? await removeCopies(ledger) : 0
  onProgress?.('log')
  const messages = log === undefined ? 0 : await log.erase(await erasedMessagesOf(ledger.warehouse))
  const rewritten = await rewriteBundles(ledger, bundles, onProgress)
  return {
    items: items.length,
    waiting: all.length - items.length,
    payloads: erased,
    records: rows.records,
    messages,
    bundles: rewritten.epochs,
    vetoed: rewritten.vetoed.map(({ path }) => path),
    caches,
    unreadable: rows.unreadable,
  }
}

/** A rerun that was stopped begins anew then, or is refused. @returns how many caches there were */
async function removeCopies({ warehouse }: Ledger): Promise<number> {
  for (const name of SCRATCH_FOLDERS) removeScratch(warehouse, name)
  removeCorpora(warehouse)
  const cache = CacheFolder.beside(warehouse)
  let removed = 0
  for (const kind of CACHE_KINDS) removed += await cache.removeAll(kind)
  return removed
}
