import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { WarehouseLockedError } from './errors.ts'

interface LockHolder {
  readonly pid: number
  /** Start of the process as the kernel tells it, so that a pid used again is not taken for the holder. */
  readonly started: string
  readonly verb: string
  readonly since: string
}

export interface FileLock {
  release(): void
}

/**
 * Takes `path + '.lock'` for this process, or says who holds it. A lock whose holder died (kill -9) is taken over; the
 * same process never gets it twice, because a second opening of one DuckDB file in a process can lose commits.
 *
 * @throws WarehouseLockedError
 */
export function lockFile(path: string, verb: string): FileLock {
  const lockPath = `${path}.lock`
  const holder: LockHolder = {
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    verb,
    since: new Date().toISOString(),
  }
  const folder = mkdtempSync(join(dirname(path), '.lock-'))
  try {
    const draft = join(folder, 'lock')
    writeDurably(draft, JSON.stringify(holder))
    // link() fails when the name exists, so exactly one of two processes gets the lock, with its content complete.
    for (let tries = 0; tries < 3; tries++) {
      if (tryLink(draft, lockPath)) return { release: () => release(lockPath, holder) }
      const other = readHolder(lockPath)
      if (other !== undefined && isAlive(other))
        throw new WarehouseLockedError({ path, pid: other.pid, verb: other.verb, since: other.since })
      // The holder is dead: its lock is moved away under a name of our own. If another process was faster, that moved the
      // lock of a living one, which gets it back; should a third have come in between, DuckDB's own lock refuses one of them.
      const stale = join(folder, `stale-${tries}`)
      if (tryRename(lockPath, stale) && !isSameHolder(readHolder(stale), other)) tryLink(stale, lockPath)
    }
    throw new WarehouseLockedError({ path, pid: 0, verb: 'unknown', since: 'a moment ago' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** Removes our own lock, never another's. */
function release(lockPath: string, own: LockHolder): void {
  if (isSameHolder(readHolder(lockPath), own)) rmSync(lockPath, { force: true })
}

function isSameHolder(one: LockHolder | undefined, other: LockHolder | undefined): boolean {
  return one?.pid === other?.pid && one?.started === other?.started && one?.since === other?.since
}

function readHolder(path: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockHolder
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (missing || error instanceof SyntaxError) return undefined
    throw error
  }
}

function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const started = startOf(holder.pid)
  return started === undefined || started === holder.started
}

/** Field 22 of /proc/PID/stat (start time in ticks since boot); undefined where there is no procfs. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined // no procfs (macOS): the pid alone decides
  }
}
