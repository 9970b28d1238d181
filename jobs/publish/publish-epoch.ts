import { encodeManifest, manifestHash } from '../../anchor/manifest.ts'
import { firstEpochIn, type StepResult, setState } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { buildManifest } from './build-manifest.ts'
import { writeBundle } from './write-bundle.ts'

export interface PublishOptions {
  readonly ledger: Ledger
  /** Folder of all bundles. */
  readonly bundles: string
}

/** Publishes the oldest settled epoch: manifest and bundle on disk, then the state. Killed in between, the next call writes the same bytes again. */
export async function publishEpoch(options: PublishOptions): Promise<StepResult> {
  const { ledger } = options
  const row = await firstEpochIn(ledger.warehouse, 'settled')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No settled epoch waits to be published.' }
  const manifest = await buildManifest(ledger, row.epoch)
  const folder = await writeBundle(ledger, options.bundles, manifest)
  await ledger.warehouse.transaction(async () => {
    await ledger.warehouse.run('UPDATE epoch SET manifest_json = $json WHERE epoch = $epoch', {
      epoch: row.epoch,
      json: Buffer.from(encodeManifest(manifest)).toString(),
    })
    await setState(ledger.warehouse, row.epoch, 'settled', 'published')
  })
  return { did: 'done', epoch: row.epoch, detail: `${folder} with manifest ${manifestHash(manifest)}.` }
}
