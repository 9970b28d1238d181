import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { PartitionBounds } from '../pipelines/record-source.ts'
import { type Config, readSettings } from './config.ts'
import { dataDirectory } from './data-directory.ts'
import { currentInvocation, type LivePlace, type VerbKind } from './invocation.ts'
import { askRunningIngest } from './live/client.ts'
import { NotThroughIngestError } from './live/errors.ts'
import { EXIT, Progress, printJson, reportError } from './output.ts'
import { Session } from './session.ts'

export interface GlobalFlags {
  readonly data?: string
  readonly config?: string
  readonly rpc?: string
  readonly checkRpc?: string
  readonly json?: boolean
}

/** What a verb gets: its session, where to show progress, and how to answer. */
export interface VerbContext {
  readonly config: Config
  readonly session: Session
  readonly progress: Progress
  readonly json: boolean
  /** Aborts when nobody waits for the answer any more: stop after the step at hand. Never in a process of the verb's own. */
  readonly signal: AbortSignal
  /** In the process that ingests all the time: waits until it has stored everything before these ends. */
  readonly catchUp: ((wanted: readonly PartitionBounds[]) => Promise<void>) | undefined
  /** A path of the command line, made absolute: the process may have another working directory. */
  path(file: string): string
  /** Prints `document` with --json, else calls `text`. */
  answer(document: unknown, text: () => void): void
}

/** Adds the flags that every verb has. */
export function withGlobalFlags(command: Command): Command {
  return command
    .option('--data <dir>', 'folder of the ledger (default: tally-data, or TALLY_DATA)')
    .option('--config <file>', 'configuration (default: tally.config.json if it is there)')
    .option('--rpc <url>', 'JSON-RPC endpoint of the chain (default: RPC_URL, else an embedded local chain)')
    .option(
      '--check-rpc <url>',
      'another node of the chain, asked before anything is called final (default: RPC_CHECK_URL)',
    )
    .option('--json', 'print one JSON document and nothing else')
}

/** Reads the value of a flag. @throws InvalidArgumentError, which names the flag and ends with exit code 2 */
export function wholeNumber(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be a whole number.')
  return number
}

const NEVER = new AbortController().signal

interface Place {
  readonly session: Session
  readonly signal: AbortSignal
  readonly catchUp?: LivePlace['catchUp']
  leave(): Promise<void>
}

type Work = (context: VerbContext) => Promise<number | undefined>

/**
 * Runs a verb with a session: whatever happens, the session is closed and the exit code set. When another process has the
 * warehouse open and listens (`tally ingest --follow`), that one runs the verb, and this one prints what it says. There
 * such verbs run one after the other.
 */
export function runVerb(verb: string, flags: GlobalFlags, work: Work): Promise<void> {
  return run({ verb, flags, kind: 'writes', work })
}

/** {@link runVerb} for a verb that writes nothing into the warehouse: it runs beside any other one. */
export function runReadingVerb(verb: string, flags: GlobalFlags, work: Work): Promise<void> {
  return run({ verb, flags, kind: 'reads', work })
}

/** {@link runVerb} for a verb that opens no warehouse, or holds it for as long as it runs: never in another process. */
export function runVerbAlone(verb: string, flags: GlobalFlags, work: Work): Promise<void> {
  return run({ verb, flags, kind: 'none', work })
}

interface Verb {
  readonly verb: string
  readonly flags: GlobalFlags
  readonly kind: VerbKind
  readonly work: Work
}

async function run({ verb, flags, kind, work }: Verb): Promise<void> {
  const json = flags.json === true
  const { output, cwd } = currentInvocation()
  const progress = new Progress({ quiet: json })
  let place: Place | undefined
  let isAnswered = false
  const answer = (document: unknown, text: () => void) => {
    progress.clear()
    isAnswered = true
    if (json) printJson(document)
    else text()
  }
  const fail = (error: unknown) => {
    progress.clear()
    output.exit(reportError(error, json && !isAnswered))
  }
  try {
    const found = await findPlace(verb, flags, kind, progress)
    if (typeof found === 'number') return output.exit(found)
    place = found
    const { session, signal, catchUp } = place
    const path = (file: string) => resolve(cwd, file)
    const context = { config: session.config, session, progress, json, signal, catchUp, path, answer }
    output.exit((await work(context)) ?? EXIT.ok)
  } catch (error) {
    fail(error)
  } finally {
    await place?.leave().catch(fail)
  }
}

/** Where the verb is to run; or, when another process has run it, its exit code. */
async function findPlace(
  verb: string,
  flags: GlobalFlags,
  kind: VerbKind,
  progress: Progress,
): Promise<Place | number> {
  const { argv, cwd, environment, output, live } = currentInvocation()
  if (live !== undefined) {
    if (kind === 'none') throw new NotThroughIngestError({ verb })
    return live.enter(`tally ${verb}`, kind, (holders) => progress.show(`waits for ${holders}`))
  }
  const { config, given } = readSettings({
    environment,
    file: flags.config,
    flags: { data: flags.data, rpc: flags.rpc, checkRpc: flags.checkRpc },
  })
  if (kind !== 'none') {
    const directory = dataDirectory(config.data)
    const exit = await askRunningIngest({ config, given, argv, cwd, directory, output, json: flags.json === true })
    if (exit !== undefined) return exit
  }
  const session = new Session({ config, verb: `tally ${verb}` })
  return { session, signal: NEVER, leave: () => session.close() }
}
