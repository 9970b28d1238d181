import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { builtCli } from './built-cli.ts'

export interface TallyOptions {
  readonly cwd?: string
  /** The whole environment but PATH, HOME and TMPDIR: nothing of the machine's own settings gets in. */
  readonly env?: Readonly<Record<string, string>>
  /** Called with each whole line of stdout while it runs. */
  readonly onLine?: (line: string, child: ChildProcess) => void
  /** Called once it runs. */
  readonly onStart?: (child: ChildProcess) => void
}

export interface Ended {
  /** Exit code, or the signal that ended it. */
  readonly end: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built CLI as a person would, with pipes for stdout and stderr. */
export async function tally(args: readonly string[], options: TallyOptions = {}): Promise<Ended> {
  const main = await builtCli()
  const { PATH, HOME, TMPDIR } = process.env
  const own = Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR }).filter(([, value]) => value !== undefined))
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd,
    env: { ...own, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let lines = 0
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    const whole = stdout.split('\n').slice(0, -1)
    for (; lines < whole.length; lines++) options.onLine?.(whole[lines]!, child)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  options.onStart?.(child)
  const exited = once(child, 'exit')
  // A killed `tally` may leave its anvil with the other end of the pipes: their end is waited for only after a real exit.
  const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null]
  if (code !== null) await Promise.all([child.stdout, child.stderr].map((pipe) => pipe.closed || once(pipe, 'close')))
  return { end: code ?? signal!, stdout, stderr }
}

/** The one document that `--json` prints. */
export function documentOf<Document = Readonly<Record<string, unknown>>>({ stdout }: Ended): Document {
  return JSON.parse(stdout) as Document
}

/** The error document of `--json`. */
export function errorOf(ended: Ended): { code: string; message: string; hint: string | null; facts: object } {
  return documentOf<{ error: { code: string; message: string; hint: string | null; facts: object } }>(ended).error
}
