import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { builtCli } from './built-cli.ts'
import type { Ended } from './tally.ts'

/** A running `tally ingest --follow`. */
export interface Follower {
  readonly pid: number
  /** Of /metrics. */
  readonly metrics: string
  /** Ends it with a signal, and waits for its end. May be called again. */
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<Ended>
}

export interface FollowerOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
}

/** Starts `tally ingest --follow` on a ledger; it takes commands when this resolves. */
export async function startFollower(data: string, options: FollowerOptions = {}): Promise<Follower> {
  const { PATH = '', TMPDIR } = process.env
  const argv = ['ingest', '--follow', '--data', data, '--metrics-port', '0', ...(options.flags ?? [])]
  const child = spawn(process.execPath, [await builtCli(), ...argv], {
    cwd: options.cwd,
    env: { PATH, ...(TMPDIR === undefined ? {} : { TMPDIR }), NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  const metrics = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
      const url = /^metrics: (\S+)$/m.exec(stderr)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', (code) => reject(new Error(`It ended with ${code}: ${stderr}`)))
  })
  return {
    pid: child.pid!,
    metrics,
    async end(signal) {
      child.kill(signal)
      const [code, by] = await exited
      return { end: code ?? by!, stdout, stderr }
    },
  }
}
