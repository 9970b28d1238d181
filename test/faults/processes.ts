import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** The program as users run it; `node scripts/build.mjs` makes it. */
export const TALLY = join(ROOT, 'dist', 'cli', 'main.js')

/** No verb takes so long, but with --follow. */
const ENDED_MS_MAX = 120_000
const COMPLAINT_CHARACTERS_MAX = 1_000

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface Started {
  readonly child: ChildProcess
  /** What it wrote to stdout so far. */
  readonly output: () => string
  /** The last of what it wrote to stderr. */
  readonly complaint: () => string
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

let started = 0

/**
 * Starts a program whose output goes into a file of its own in `logs`. It dies with this process.
 *
 * @param environment the whole environment but PATH, HOME and TMPDIR: nothing of the machine's own settings gets in
 */
export function start(
  command: string,
  args: readonly string[],
  { logs, name, environment }: { logs: string; name: string; environment: Readonly<Record<string, string>> },
): Started {
  mkdirSync(logs, { recursive: true })
  const log = createWriteStream(join(logs, `${String(++started).padStart(3, '0')}-${name}.log`))
  const own = ['PATH', 'HOME', 'TMPDIR'].flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : []))
  const child = spawn(command, args, {
    cwd: logs, // no tally.config.json of whoever runs this
    env: { ...Object.fromEntries(own), NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    log.write(chunk)
  })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-COMPLAINT_CHARACTERS_MAX)
    log.write(chunk)
  })
  const ended = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
    running.delete(child)
    log.end(`\nended: ${code ?? signal}\n`)
    return (code ?? signal) as number | NodeJS.Signals
  })
  return { child, output: () => output, complaint: () => complaint, ended }
}

/** Exit code, or the signal that ended it. @throws when it takes too long; it is killed then */
export async function endOf({ child, ended }: Started): Promise<number | NodeJS.Signals> {
  const timer = new AbortController()
  const late = sleep(ENDED_MS_MAX, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const)
  const end = await Promise.race([ended, late])
  timer.abort()
  if (end !== 'late') return end
  child.kill('SIGKILL')
  throw new Error(`${child.spawnargs.slice(2).join(' ')} did not end in ${ENDED_MS_MAX / 1000} s.`)
}
