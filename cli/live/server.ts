import { chmodSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { PartitionBounds } from '../../pipelines/record-source.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type LiveHost, type LivePlace, type Output, withInvocation } from '../invocation.ts'
import { EXIT, reportError } from '../output.ts'
import type { Session } from '../session.ts'
import { IngestStoppingError, RequestError, SettingsDifferError } from './errors.ts'
import { Lane } from './lane.ts'
import {
  type AnswerLine,
  differingSettings,
  parseRequest,
  REFUSED,
  REQUEST_BYTES_MAX,
  type Refusal,
  VERB_PATH,
  type VerbRequest,
} from './protocol.ts'
import { placeSocket, removeSocket } from './socket-place.ts'

const SOCKET_MODE = 0o600
const UMASK_OF_SOCKET = 0o177
/** Open at once, from all who ask: further ones are closed without an answer. */
const CONNECTIONS_MAX = 128
/** For a whole request; answers take as long as the verb. */
const REQUEST_LIMIT_MS = 5_000
const REQUEST_CHECK_MS = 1_000
/** What somebody who does not read leaves in this process's memory before it is cut off. */
const UNREAD_BYTES_MAX = 64 * 1024 * 1024
const READERS_AT_ONCE = 4
const WAITING_MAX = 32
/** How long verbs may go on to the end of their step when the process ends, and then to notice that their connection is gone. */
const STEP_LIMIT_MS = 3_000
const ROLLBACK_LIMIT_MS = 2_000

export interface LiveOptions {
  readonly session: Session
  /** Runs a command line of another process; what it prints goes to its invocation. */
  readonly runCommandLine: (argv: readonly string[]) => Promise<void>
  readonly catchUp: (wanted: readonly PartitionBounds[], signal: AbortSignal) => Promise<void>
}

/**
 * Runs verbs for other processes while this one holds the warehouse. Only this user can connect (the socket's mode, on
 * top of its folder's). Verbs that write run one after the other, those that read beside them, each on a connection of its
 * own. Whoever asked may go away: its verb ends after the step at hand.
 */
export class LiveServer {
  readonly #options: LiveOptions
  readonly #server: Server
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #sessions = new Set<Session>()
  readonly #lanes = {
    reads: new Lane({ atOnce: READERS_AT_ONCE, waitingMax: WAITING_MAX }),
    writes: new Lane({ atOnce: 1, waitingMax: WAITING_MAX }),
  }

  private constructor(options: LiveOptions) {
    this.#options = options
    this.#server = createServer(
      {
        headersTimeout: REQUEST_LIMIT_MS,
        requestTimeout: REQUEST_LIMIT_MS,
        connectionsCheckingInterval: REQUEST_CHECK_MS,
        keepAlive: false,
      },
      (request, response) => this.#track(this.#handle(request, response)),
    )
    this.#server.maxConnections = CONNECTIONS_MAX
  }

  /** Listens in the session's folder; the session has the warehouse open. */
  static async listen(options: LiveOptions): Promise<LiveServer> {
    const live = new LiveServer(options)
    const path = placeSocket(options.session.directory)
    await new Promise<void>((resolve, reject) => {
      live.#server.once('error', reject)
      // The socket is made within this call, with nobody else's permissions from the beginning.
      const umask = process.umask(UMASK_OF_SOCKET)
      try {
        live.#server.listen(path, resolve)
      } finally {
        process.umask(umask)
      }
    })
    chmodSync(path, SOCKET_MODE)
    return live
  }

  /**
   * Stops listening, lets every verb come to the end of its step for a few seconds, then rolls back what is left. Nobody
   * listens any more when this resolves; killed on the way, the same holds as for a killed verb.
   */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    removeSocket(this.#options.session.directory)
    this.#stopping.abort(new IngestStoppingError())
    await this.#idleWithin(STEP_LIMIT_MS)
    for (const session of this.#sessions) session.interrupt()
    await this.#idleWithin(ROLLBACK_LIMIT_MS)
    this.#server.closeAllConnections()
    await closed
  }

  /** Runs work of this process among the verbs that write. */
  async alone<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const leave = await this.#lanes.writes.enter(name, this.#stopping.signal, () => undefined)
    try {
      return await work()
    } finally {
      leave()
    }
  }

  #track(work: Promise<void>): void {
    this.#running.add(work)
    work.finally(() => this.#running.delete(work))
  }

  async #idleWithin(limit_ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limit_ms)
    })
    await Promise.race([Promise.all(this.#running), limit])
    clearTimeout(timer)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('connection', 'close')
    const gone = new AbortController()
    response.once('close', () => gone.abort(new IngestStoppingError()))
    // Whoever broke the connection reads no error about it.
    response.on('error', () => gone.abort(new IngestStoppingError()))
    try {
      await this.#run(await this.#admit(request), response, AbortSignal.any([gone.signal, this.#stopping.signal]))
    } catch (error) {
      response.writeHead(REFUSED, { 'content-type': 'application/json' })
      response.end(JSON.stringify(refusalOf(error)))
    }
  }

  async #admit(request: IncomingMessage): Promise<VerbRequest> {
    if (request.method !== 'POST' || request.url !== VERB_PATH) throw new RequestError(`it is no POST of ${VERB_PATH}.`)
    const asked = parseRequest(await readBody(request))
    const differing = differingSettings(asked, this.#options.session.config)
    if (differing.length > 0) throw new SettingsDifferError({ settings: differing.join(', ') })
    this.#stopping.signal.throwIfAborted()
    return asked
  }

  async #run(asked: VerbRequest, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const say = (line: AnswerLine) => {
      if (!response.writable) return
      response.write(`${JSON.stringify(line)}\n`)
      if (response.writableLength > UNREAD_BYTES_MAX) response.destroy()
    }
    let exit: number = EXIT.ok
    const output: Output = {
      stdout: (out) => say({ out }),
      stderr: (err) => say({ err }),
      exit: (code) => {
        exit = code
      },
      columns: asked.columns ?? undefined,
      hasColours: asked.hasColours,
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    say({ pid: process.pid })
    const live: LiveHost = { enter: (verb, kind, onWait) => this.#enter(verb, kind, signal, onWait) }
    // No environment: the settings are this process's own.
    await withInvocation({ argv: asked.argv, cwd: asked.cwd, environment: {}, output, live }, async () => {
      try {
        await this.#options.runCommandLine(asked.argv)
      } catch (error) {
        exit = reportError(error, asked.argv.includes('--json'))
      }
    })
    say({ exit })
    response.end()
  }

  async #enter(
    verb: string,
    kind: 'reads' | 'writes',
    signal: AbortSignal,
    onWait: (holders: string) => void,
  ): Promise<LivePlace> {
    const leave = await this.#lanes[kind].enter(verb, signal, onWait)
    const session = this.#options.session.beside(verb)
    this.#sessions.add(session)
    return {
      session,
      signal,
      catchUp: (wanted) => this.#options.catchUp(wanted, signal),
      leave: async () => {
        try {
          await session.close()
        } finally {
          this.#sessions.delete(session)
          leave()
        }
      },
    }
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > REQUEST_BYTES_MAX) break
      chunks.push(chunk)
    }
  } catch {
    throw new RequestError('it broke off.')
  }
  if (bytes > REQUEST_BYTES_MAX) throw new RequestError(`it has more than ${REQUEST_BYTES_MAX} bytes.`)
  return Buffer.concat(chunks)
}

/** Only what is thrown before the verb runs: its own errors are part of its answer. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof TallyError))
    return { error: { code: 'UNEXPECTED', message: String(error), facts: {}, hint: null, retriable: false } }
  const facts = Object.entries(error.facts).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? String(value) : (value ?? null),
  ])
  const { code, message, hint = null, retriable } = error
  return { error: { code, message, facts: Object.fromEntries(facts), hint, retriable } }
}
