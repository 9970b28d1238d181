import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** The program as users run it; `node scripts/build.mjs` makes it. */
export const TALLY = join(ROOT, 'dist', 'cli', 'main.js')

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
