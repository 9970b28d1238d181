import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Ledger } from '../ledger.ts'
import { loadManifest } from '../publish/build-manifest.ts'
import { isStale, rewriteRecords } from '../publish/rewrite-records.ts'
import { bundleFolder, writeBundle } from '../publish/write-bundle.ts'
import { type VetoedBundle, vetoedBundles } from './vetoed-bundles.ts'

const staleBundles = readSql(new URL('./stale-bundles.sql', import.meta.url))

/** Bundles that do not show yet all that was erased. */
export interface StaleBundles {
  /** Published epochs, ascending. */
  readonly epochs: readonly number[]
  /** Those of vetoed attempts. */
  readonly vetoed: readonly VetoedBundle[]
}

export async function staleBundlesOf(ledger: Ledger, bundles: string): Promise<StaleBundles> {
  const epochs: number[] = []
  for (const { epoch } of await ledger.warehouse.all<{ epoch: number }>(staleBundles)) {
    const folder = bundleFolder(bundles, epoch)
    // The list and the records appear together: a bundle has both of before, or both of now, or is not there.
    if (!existsSync(folder) || (await isStale(ledger, folder, epoch))) epochs.push(epoch)
  }
  const vetoed: VetoedBundle[] = []
  for (const bundle of vetoedBundles(bundles))
    if (await isStale(ledger, join(bundles, bundle.path), bundle.epoch)) vetoed.push(bundle)
  return { epochs, vetoed }
}

/**
 * Writes these bundles again from the warehouse: the same manifest, public part and state, records without what was erased. Killed in
 * between, a bundle is as it was, or is not there, and the next call writes it. Of a vetoed attempt nothing but the records can be
 * made again: there each file takes the place of the one before.
 */
export async function rewriteBundles(
  ledger: Ledger,
  bundles: string,
  onProgress?: (text: string) => void,
): Promise<StaleBundles> {
  removeDrafts(bundles)
  const stale = await staleBundlesOf(ledger, bundles)
  for (const epoch of stale.epochs) {
    onProgress?.(`bundle of epoch ${epoch}`)
    await writeBundle(ledger, bundles, await loadManifest(ledger.warehouse, epoch))
  }
  for (const { epoch, path } of stale.vetoed) {
    onProgress?.(`bundle ${path}`)
    await rewriteRecords(ledger, bundles, join(bundles, path), epoch)
  }
  return stale
}

/** What a publication that was killed left. */
export function bundleDrafts(bundles: string): string[] {
  if (!existsSync(bundles)) return []
  const names = readdirSync(bundles).filter((name) => /^\.epoch-\d+$/.test(name))
  return names.map((name) => join(bundles, name))
}

/** Nobody else publishes while the warehouse is ours. */
function removeDrafts(bundles: string): void {
  for (const path of bundleDrafts(bundles)) rmSync(path, { recursive: true })
}
