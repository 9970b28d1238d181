import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** `.seal-<host>-<pid>-<random>`: the leading dot keeps readers away. */
const DRAFT = /^\.seal-([a-zA-Z0-9._]+)-(\d+)-[0-9a-f-]{36}$/
/** A seal takes seconds. A process that this one cannot see may still write a younger draft of our host's name (containers). */
const ORPHAN_AGE_MS = 10 * 60_000
/** Nobody writes a draft for so long, on whatever machine. */
const ABANDONED_AGE_MS = 24 * 3_600_000

const host = hostname().replaceAll(/[^a-zA-Z0-9._]/g, '_') || 'host'

/** A name under which this process writes a segment that is not there yet. */
export function draftPath(folder: string): string {
  return join(folder, `.seal-${host}-${process.pid}-${randomUUID()}`)
}

/** Removes what killed sealers left in a partition's folder: drafts of a dead process of this machine, and old ones of any. */
export async function removeLeftDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, owner, pid] = DRAFT.exec(name) ?? []
    if (owner === undefined || pid === undefined) continue
    const path = join(folder, name)
    const age_ms = await ageOf(path)
    const isOrphan = owner === host && age_ms > ORPHAN_AGE_MS && !isAlive(Number(pid))
    if (isOrphan || age_ms > ABANDONED_AGE_MS) await rm(path, { force: true })
  }
}

/** 0 for one that is gone: another sealer removed it, or its writer gave it its name. */
async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
