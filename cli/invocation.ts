import { AsyncLocalStorage } from 'node:async_hooks'
import pc from 'picocolors'
import type { PartitionBounds } from '../pipelines/record-source.ts'
import type { Session } from './session.ts'

/** Where a verb's words go: to this process's own streams, or over the socket to the process of whoever asked. */
export interface Output {
  stdout(text: string): void
  stderr(text: string): void
  /** What the process of whoever asked is to end with; the last call counts. */
  exit(code: number): void
  /** Width of the terminal behind stderr; undefined when it is none. */
  readonly columns: number | undefined
  readonly hasColours: boolean
}

/**
 * What a verb does to the warehouse. `reads`: runs beside anything. `writes`: one after the other. `none`: it opens no
 * warehouse, or holds it for as long as it runs, so it never runs in the process that has it open.
 */
export type VerbKind = 'reads' | 'writes' | 'none'

/** A verb's place in the process that has the warehouse open. */
export interface LivePlace {
  readonly session: Session
  /** Aborts when whoever asked is gone, or the process ends: stop after the step at hand. */
  readonly signal: AbortSignal
  /** Waits until the running ingest has stored everything before these ends. */
  catchUp(wanted: readonly PartitionBounds[]): Promise<void>
  leave(): Promise<void>
}

/** What the process that has the warehouse open gives to a verb that somebody asked for over its socket. */
export interface LiveHost {
  /** Waits for the verb's turn. */
  enter(verb: string, kind: 'reads' | 'writes', onWait: (holder: string) => void): Promise<LivePlace>
}

/** One command line on its way: what differs between running for this process and running for another one. */
export interface Invocation {
  /** Without the interpreter and the script. */
  readonly argv: readonly string[]
  /** The folder that relative paths on the command line mean. */
  readonly cwd: string
  readonly environment: NodeJS.ProcessEnv
  readonly output: Output
  /** Only in a verb that came over the socket. */
  readonly live?: LiveHost
}

const ofProcess: Invocation = {
  argv: process.argv.slice(2),
  cwd: process.cwd(),
  environment: process.env,
  output: {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    exit: (code) => {
      process.exitCode = code
    },
    get columns() {
      return process.stderr.isTTY === true ? (process.stderr.columns ?? 80) : undefined
    },
    hasColours: pc.isColorSupported,
  },
}

/**
 * The running ingest serves many command lines at once, each with its own output; a verb's code prints where it stands, many
 * calls deep. So the invocation follows the calls (AsyncLocalStorage) instead of being handed to each of them.
 */
const current = new AsyncLocalStorage<Invocation>()

/** Of the command line that the caller works for. */
export function currentInvocation(): Invocation {
  return current.getStore() ?? ofProcess
}

/** Whatever `work` calls, now and later, belongs to `invocation`. */
export function withInvocation<Result>(invocation: Invocation, work: () => Promise<Result>): Promise<Result> {
  return current.run(invocation, work)
}
