import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SOURCES = ['schemas', 'pipelines', 'jobs', 'api', 'cli', 'anchor', 'audit', 'client/src', 'web/src', 'examples']
/** Copied by the build's last step: without it a build was broken off. */
const LAST_BUILT = 'jobs/waiting-records.sql'
const BUILD_LIMIT_MS = 120_000
const LOCK_POLL_MS = 100

/** A file of the built program. */
export function distPath(path: string): string {
  return join(ROOT, 'dist', path)
}

let built: Promise<string> | undefined

/** Path of the built CLI, built first when it is missing or older than a source. Test files that run at once build once. */
export function builtCli(): Promise<string> {
  built ??= buildIfStale()
  return built
}

async function buildIfStale(): Promise<string> {
  const main = distPath('cli/main.js')
  if (!isStale(main)) return main
  const lock = join(tmpdir(), `tally-build-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}`)
  const deadline = performance.now() + BUILD_LIMIT_MS
  while (!tryLock(lock)) {
    if (performance.now() > deadline) throw new Error(`Somebody builds for ever; remove ${lock} if nobody does.`)
    await sleep(LOCK_POLL_MS)
  }
  try {
    if (isStale(main)) execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')], { stdio: 'pipe' })
    return main
  } finally {
    rmSync(lock, { recursive: true })
  }
}

function isStale(main: string): boolean {
  if (!existsSync(main) || !existsSync(distPath(LAST_BUILT))) return true
  const built_ms = statSync(main).mtimeMs
  return SOURCES.some((folder) => newest(join(ROOT, folder)) > built_ms)
}

function newest(folder: string): number {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter(
    // Not what forge writes below anchor/contracts: it is no part of the build.
    (entry) => entry.isFile() && /\.(ts|sql|avsc)$/.test(entry.name),
  )
  return Math.max(...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs))
}

/** False while a living process holds it. */
function tryLock(lock: string): boolean {
  const owner = join(lock, 'pid')
  try {
    mkdirSync(lock)
    writeFileSync(owner, String(process.pid))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  if (existsSync(owner) && !isAlive(Number(readFileSync(owner, 'utf8')))) rmSync(lock, { recursive: true, force: true })
  return false
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
