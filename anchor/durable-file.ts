import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Writes a file that must not exist yet. Killed at any moment, it is there whole or not at all; of two processes that create
 * it at once one does. When this has resolved, the file survives a crash of the machine.
 *
 * @returns false when the file exists already: nothing was written
 */
export async function createWhole(path: string, text: string): Promise<boolean> {
  const draft = await writeDraft(path, text)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    await rm(draft, { force: true })
    await syncFolder(dirname(path))
  }
}

/** Puts a whole file in place, durably. Killed at any moment, it is as before or as it shall be. */
export async function replaceWhole(path: string, text: string): Promise<void> {
  await rename(await writeDraft(path, text), path)
  await syncFolder(dirname(path))
}

/** The text of a file, undefined when there is none. */
export async function readWhole(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Beside the file, under a name of its own: two processes never write into one draft. */
async function writeDraft(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  const draft = join(dirname(path), `.draft-${randomBytes(8).toString('hex')}`)
  const file = await open(draft, 'wx')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return draft
}

async function syncFolder(folder: string): Promise<void> {
  const file = await open(folder, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
