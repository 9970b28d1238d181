import { type Command, InvalidArgumentError } from 'commander'
import { type Config, loadConfig } from './config.ts'
import { EXIT, Progress, printJson, reportError } from './output.ts'
import { Session } from './session.ts'

export interface GlobalFlags {
  readonly data?: string
  readonly config?: string
  readonly rpc?: string
  readonly json?: boolean
}

/** What a verb gets: its session, where to show progress, and how to answer. */
export interface VerbContext {
  readonly config: Config
  readonly session: Session
  readonly progress: Progress
  readonly json: boolean
  /** Prints `document` with --json, else calls `text`. */
  answer(document: unknown, text: () => void): void
}

/** Adds the flags that every verb has. */
export function withGlobalFlags(command: Command): Command {
  return command
    .option('--data <dir>', 'folder of the ledger (default: tally-data, or TALLY_DATA)')
    .option('--config <file>', 'configuration (default: tally.config.json if it is there)')
    .option('--rpc <url>', 'JSON-RPC endpoint of the chain (default: RPC_URL, else an embedded local chain)')
    .option('--json', 'print one JSON document and nothing else')
}

/** Reads the value of a flag. @throws InvalidArgumentError, which names the flag and ends with exit code 2 */
export function wholeNumber(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be a whole number.')
  return number
}

/** Runs a verb with a session: whatever happens, the session is closed and the exit code set. */
export async function runVerb(
  verb: string,
  flags: GlobalFlags,
  work: (context: VerbContext) => Promise<number | undefined>,
): Promise<void> {
  const json = flags.json === true
  let session: Session | undefined
  let isAnswered = false
  const progress = new Progress({ quiet: json })
  try {
    const config = loadConfig({
      environment: process.env,
      file: flags.config,
      flags: { data: flags.data, rpc: flags.rpc },
    })
    session = new Session({ config, verb: `tally ${verb}` })
    const answer = (document: unknown, text: () => void) => {
      progress.clear()
      isAnswered = true
      if (json) printJson(document)
      else text()
    }
    process.exitCode = (await work({ config, session, progress, json, answer })) ?? EXIT.ok
  } catch (error) {
    progress.clear()
    process.exitCode = reportError(error, json)
  } finally {
    await closeSession(session, json && !isAnswered)
  }
}

async function closeSession(session: Session | undefined, json: boolean): Promise<void> {
  try {
    await session?.close()
  } catch (error) {
    process.exitCode = reportError(error, json)
  }
}
