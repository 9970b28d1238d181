import type { Database } from '../../pipelines/warehouse/database.ts'
import { corporaFolder } from '../attribution/text/ledger/corpora-folder.ts'
import type { CacheFolder, Kind } from '../cache-folder.ts'
import { hasScratch, type ScratchFolder, scratchFolder } from '../rerun/scratch.ts'
import { bundleDrafts } from './rewrite-bundles.ts'

/** Caches with gradients, or with a matrix of which they are a part. */
export const CACHE_KINDS: readonly Kind[] = ['items', 'factor']
export const SCRATCH_FOLDERS: readonly ScratchFolder[] = ['reruns', 'simulations']

/** What was derived from features of all items, and is made again when it is asked for: nobody can say of which items it is. */
export interface DerivedPlace {
  readonly what: 'cache' | 'texts' | 'rerun' | 'simulation' | 'draft'
  readonly where: string
}

const SCRATCH_WHAT = { reruns: 'rerun', simulations: 'simulation' } as const

/** What of it is there. */
export async function derivedPlaces(warehouse: Database, cache: CacheFolder, bundles: string): Promise<DerivedPlace[]> {
  const places: DerivedPlace[] = []
  for (const kind of CACHE_KINDS) for (const where of await cache.pathsOf(kind)) places.push({ what: 'cache', where })
  const texts = corporaFolder(warehouse)
  if (texts !== undefined) places.push({ what: 'texts', where: texts })
  for (const name of SCRATCH_FOLDERS)
    if (hasScratch(warehouse, name)) places.push({ what: SCRATCH_WHAT[name], where: scratchFolder(warehouse, name) })
  for (const where of bundleDrafts(bundles)) places.push({ what: 'draft', where })
  return places
}
