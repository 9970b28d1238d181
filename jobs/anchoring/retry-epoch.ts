import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { ActContext } from '../../anchor/chain/act-once.ts'
import { readEpoch } from '../../anchor/chain/distributor.ts'
import { type Manifest, manifestHash } from '../../anchor/manifest.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { syncPathNow } from '../../pipelines/warehouse/sync-path.ts'
import { firstEpochIn, type StepResult } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { loadManifest } from '../publish/build-manifest.ts'
import { bundleName, VETOED_FOLDER } from '../publish/write-bundle.ts'
import { removeScratch } from '../rerun/scratch.ts'
import { EpochNotVetoedError } from './errors.ts'

/** What steps behind close have written of an epoch; each has a column `epoch`. */
const RESULTS = [
  ...['sale', 'funded', 'not_funded', 'held_fee', 'held_fee_ended', 'fee_returned', 'period', 'score'],
  ...[
    'data_chain',
    'channel_use',
    'channel_weight',
    'channel_pool',
    'item_value',
    'dispute_status',
    'dispute_standing',
    'reserve_taken',
    'adjustment_delta',
  ],
  ...['settlement_line', 'account_total', 'row_blocks'],
]

export interface RetryOptions {
  readonly ledger: Ledger
  readonly chain: () => Promise<ActContext>
  /** Folder of all bundles. */
  readonly bundles: string
  /** Why it was vetoed and what is different now, in words: it stands in the manifest of the next attempt. 1 to 256 characters. */
  readonly reason: string
}

/**
 * After a veto: takes the epoch, and what was made on top of it, back to what close decided, so that attribute, settle and publish
 * make the next attempt of the same cut (docs/formats.md#manifest). What was settled on the vetoed attempt is discarded.
 *
 * 1. Bundles of the vetoed attempt and of later epochs move to `vetoed/`. Killed before the end: the next call goes on.
 * 2. Copies of reruns that were stopped are removed. Killed before: the next call does it.
 * 3. Their results go, in one transaction that writes the veto down. Killed before COMMIT: the next call does it.
 *
 * @throws EpochNotVetoedError unless a final block of the chain says that this attempt was vetoed
 */
export async function retryEpoch({ ledger, chain, bundles, reason }: RetryOptions): Promise<StepResult> {
  const { warehouse } = ledger
  const row = await firstEpochIn(warehouse, 'proposed')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No epoch is proposed, so none was vetoed.' }
  const { epoch, attempt } = row
  const record = await readEpoch(await chain(), BigInt(epoch))
  if (record?.state !== 'vetoed' || record.content.attempt !== attempt)
    throw new EpochNotVetoedError({ epoch, attempt, state: record?.state ?? 'not proposed' })
  await takeBack({ ledger, bundles, reason }, await loadManifest(warehouse, epoch))
  const detail = `Attempt ${attempt} was vetoed. Attribute, settle and publish make attempt ${attempt + 1}.`
  return { did: 'done', epoch, detail }
}

/** The three steps of {@link retryEpoch}, once the chain has said that the attempt of this manifest was vetoed. */
export async function takeBack(
  { ledger: { warehouse }, bundles, reason }: Omit<RetryOptions, 'chain'>,
  manifest: Manifest,
): Promise<void> {
  setBundlesAside(bundles, manifest)
  // Each can be made again.
  removeScratch(warehouse, 'reruns')
  await warehouse.transaction(() => discardResults(warehouse, manifest, reason))
}

function setBundlesAside(bundles: string, { epoch, attempt }: Manifest): void {
  const aside = join(bundles, VETOED_FOLDER, `${bundleName(epoch)}-attempt-${attempt}`)
  mkdirSync(aside, { recursive: true })
  const first = bundleName(epoch)
  for (const name of readdirSync(bundles).filter((each) => each.startsWith('epoch-') && each >= first)) {
    // One that was set aside before a crash is whole there.
    if (!existsSync(join(aside, name))) renameSync(join(bundles, name), join(aside, name))
  }
  for (const path of [aside, join(bundles, VETOED_FOLDER), bundles]) syncPathNow(path)
}

/** Part of the transaction of a retry. */
async function discardResults(warehouse: Database, manifest: Manifest, reason: string): Promise<void> {
  const { epoch, attempt, engine, vetoed } = manifest
  // Later epochs were closed on these sales and openings; attribution holds the next attempt to them.
  await warehouse.run(
    `INSERT INTO vetoed_sale SELECT epoch, ordinal, status FROM sale
     WHERE epoch >= $epoch AND (epoch, ordinal) NOT IN (SELECT (epoch, ordinal) FROM vetoed_sale)`,
    { epoch },
  )
  await warehouse.run(
    `INSERT INTO vetoed_opening SELECT dispute, epoch, status FROM dispute_status
     WHERE epoch >= $epoch AND dispute NOT IN (SELECT dispute FROM vetoed_opening)`,
    { epoch },
  )
  await warehouse.run(
    `DELETE FROM ownership_change
     WHERE epoch >= $epoch AND (epoch, ordinal) IN (SELECT (epoch, ordinal) FROM sale)`,
    { epoch },
  )
  // What reruns found rests on what is discarded.
  await warehouse.run(
    'DELETE FROM rerun_line WHERE rerun IN (SELECT rerun FROM rerun WHERE corrections_to >= $epoch)',
    { epoch },
  )
  await warehouse.run('DELETE FROM rerun WHERE corrections_to >= $epoch', { epoch })
  for (const table of RESULTS) await warehouse.run(`DELETE FROM ${table} WHERE epoch >= $epoch`, { epoch })
  await warehouse.run(
    `UPDATE epoch
     SET state = 'closed', policy = NULL, state_json = NULL, settlement_json = NULL, manifest_json = NULL
     WHERE epoch >= $epoch AND state <> 'open'`,
    { epoch },
  )
  const all = [...vetoed, { attempt, engine, manifestHash: manifestHash(manifest), reason }]
  await warehouse.run('UPDATE epoch SET attempt = attempt + 1, vetoed_json = $all WHERE epoch = $epoch', {
    epoch,
    all: JSON.stringify(all),
  })
}
