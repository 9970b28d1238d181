import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Ledger } from '../ledger.ts'
import { loadManifest } from '../publish/build-manifest.ts'
import { ERASURES_FILE, erasuresOf } from '../publish/erasures.ts'
import { bundleFolder, writeBundle } from '../publish/write-bundle.ts'

const staleBundles = readSql(new URL('./stale-bundles.sql', import.meta.url))

/** Published epochs of which the bundle here does not show yet all that was erased; ascending. */
export async function staleBundlesOf({ warehouse }: Ledger, bundles: string): Promise<number[]> {
  const stale: number[] = []
  for (const { epoch } of await warehouse.all<{ epoch: number }>(staleBundles)) {
    const wanted = (await erasuresOf(warehouse, epoch))!
    const path = join(bundleFolder(bundles, epoch), ERASURES_FILE)
    // The list and the records appear together: a bundle has both of before, or both of now.
    if (!existsSync(path) || !readFileSync(path).equals(wanted)) stale.push(epoch)
  }
  return stale
}

/**
 * Writes these bundles again from the warehouse: the same manifest, public part and state, records without what was erased. Killed in
 * between, a bundle is as it was, or is not there, and the next call writes it.
 */
export async function rewriteBundles(
  ledger: Ledger,
  bundles: string,
  onProgress?: (text: string) => void,
): Promise<readonly number[]> {
  removeDrafts(bundles)
  const stale = await staleBundlesOf(ledger, bundles)
  for (const epoch of stale) {
    onProgress?.(`bundle of epoch ${epoch}`)
    await writeBundle(ledger, bundles, await loadManifest(ledger.warehouse, epoch))
  }
  return stale
}

/** What a publication that was killed left; nobody else publishes while the warehouse is ours. */
function removeDrafts(bundles: string): void {
  if (!existsSync(bundles)) return
  for (const name of readdirSync(bundles))
    if (/^\.epoch-\d+$/.test(name)) rmSync(join(bundles, name), { recursive: true })
}
