import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bundleEpoch, VETOED_FOLDER } from '../publish/write-bundle.ts'

/** A bundle that a retry set aside: of an attempt that was vetoed, or of a later epoch that stood on it. */
export interface VetoedBundle {
  readonly epoch: number
  /** Below the folder of all bundles. */
  readonly path: string
}

/** All that were set aside, by attempt and epoch. Close decided their records once, for all attempts. */
export function vetoedBundles(bundles: string): VetoedBundle[] {
  return foldersIn(join(bundles, VETOED_FOLDER)).flatMap((attempt) =>
    foldersIn(join(bundles, VETOED_FOLDER, attempt)).flatMap((name) => {
      const epoch = bundleEpoch(name)
      return epoch === undefined ? [] : [{ epoch, path: join(VETOED_FOLDER, attempt, name) }]
    }),
  )
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return []
  const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return entries.map(({ name }) => name).sort()
}
