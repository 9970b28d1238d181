import { encodeManifest, manifestHash } from '../../anchor/manifest.ts'
import { firstEpochIn, type StepResult, setState } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { buildManifest } from './build-manifest.ts'
import { type LogPlaces, publishLog, rememberCheckpoint } from './log/publish-log.ts'
import { payoutTreeOf, storePayoutTree } from './payout-tree.ts'
import { storeBlocks } from './row-blocks.ts'
import { writeBundle } from './write-bundle.ts'

export interface PublishOptions {
  readonly ledger: Ledger
  /** Folder of all bundles. */
  readonly bundles: string
  /** Where the log's static files and its key lie. Without them no checkpoint is signed. */
  readonly log?: LogPlaces
}

/**
 * Publishes the oldest settled epoch: manifest and bundle on disk, the payout tree beside the warehouse for receipts and claims,
 * then the log's tiles and its signed checkpoint, then the state. Killed in between, the next call writes the same bytes again.
 */
export async function publishEpoch(options: PublishOptions): Promise<StepResult> {
  const { ledger } = options
  const row = await firstEpochIn(ledger.warehouse, 'settled')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No settled epoch waits to be published.' }
  const tree = await payoutTreeOf(ledger, row.epoch)
  const { manifest, tables } = await buildManifest(ledger, row.epoch, tree)
  const folder = await writeBundle(ledger, options.bundles, manifest)
  await storePayoutTree(ledger, tree)
  const log =
    options.log === undefined
      ? undefined
      : await publishLog({ ledger, places: options.log, epoch: row.epoch, manifest })
  await ledger.warehouse.transaction(async () => {
    await ledger.warehouse.run('UPDATE epoch SET manifest_json = $json WHERE epoch = $epoch', {
      epoch: row.epoch,
      json: Buffer.from(encodeManifest(manifest)).toString(),
    })
    await storeBlocks(ledger.warehouse, row.epoch, tables)
    if (log?.did === 'signed' || log?.did === 'unchanged')
      await rememberCheckpoint(ledger.warehouse, row.epoch, log.note)
    await setState(ledger.warehouse, row.epoch, 'settled', 'published')
  })
  const detail = `${folder} with manifest ${manifestHash(manifest)}.${log === undefined ? '' : ` ${log.detail}`}`
  return { did: 'done', epoch: row.epoch, detail }
}
