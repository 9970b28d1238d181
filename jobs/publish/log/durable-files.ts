import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncPath } from '../../../pipelines/warehouse/sync-path.ts'

/** The bytes of a file; undefined when it is not there. */
export async function readOptional(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/**
 * Puts a whole file in place. Killed at any moment: the file is as before or as it shall be, and perhaps a draft lies beside
 * it, which the next call writes again. That the name is durable too takes {@link syncFolders}.
 */
export async function replaceFile(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.new`
  const file = await open(draft, 'w', mode)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}

/** Makes the names in these folders durable, and the names of the folders themselves up to `root`. */
export async function syncFolders(folders: Iterable<string>, root: string): Promise<void> {
  const all = new Set<string>([root])
  for (const folder of folders)
    for (let each = folder; each !== root && each.length > root.length; each = dirname(each)) all.add(each)
  await Promise.all([...all].map(syncPath))
}
