import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { DataDirectory } from '../data-directory.ts'
import type { Invocation } from '../invocation.ts'
import { paint } from '../output.ts'
import { AnsweredError, IngestBusyError, IngestLostError } from './errors.ts'
import {
  type AnswerLine,
  type AskOptions,
  encodeRequest,
  REFUSED,
  type Refusal,
  toRequest,
  VERB_PATH,
} from './protocol.ts'
import { findSocket } from './socket-place.ts'

/** Errors of connecting that mean that nobody listens: no file, or one that a dead process left. */
const NOBODY: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED'])
/** Its queue of connections is full. */
const BUSY: ReadonlySet<string | undefined> = new Set(['EAGAIN'])
const REFUSAL_BYTES_MAX = 1024 * 1024

export interface Ask extends Omit<AskOptions, 'columns' | 'hasColours'> {
  readonly directory: DataDirectory
  readonly output: Invocation['output']
  /** One document is printed whole or not at all, and no remark. */
  readonly json: boolean
}

/**
 * Has the process that holds the warehouse run this command line, when there is one, and prints what it prints.
 *
 * @returns its exit code; undefined when nobody listens, and the caller runs the verb itself
 * @throws AnsweredError when it refuses; IngestLostError when it dies on the way; SocketForeignError
 */
export async function askRunningIngest(ask: Ask): Promise<number | undefined> {
  const path = findSocket(ask.directory)
  if (path === undefined) return undefined
  const { columns, hasColours } = ask.output
  const response = await post(path, encodeRequest(toRequest({ ...ask, columns, hasColours })))
  if (response === undefined) return undefined
  if (response.statusCode === REFUSED) throw new AnsweredError(await readRefusal(response, path))
  return relay(response, path, ask)
}

function post(path: string, body: string): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = httpRequest({ socketPath: path, path: VERB_PATH, method: 'POST', headers, agent: false })
    sent.once('response', resolve)
    sent.once('error', (error: NodeJS.ErrnoException) => {
      if (NOBODY.has(error.code)) resolve(undefined)
      else if (BUSY.has(error.code)) reject(new IngestBusyError({ waiting: 0 }))
      else reject(new IngestLostError({ path, pid: null }, error))
    })
    sent.end(body)
  })
}

async function readRefusal(response: IncomingMessage, path: string): Promise<Refusal['error']> {
  let text = ''
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk
      if (text.length > REFUSAL_BYTES_MAX) throw new RangeError('The refusal does not end.')
    }
    return (JSON.parse(text) as Refusal).error
  } catch (cause) {
    throw new IngestLostError({ path, pid: null }, cause)
  }
}

async function relay(response: IncomingMessage, path: string, { json, output }: Ask): Promise<number> {
  let pid: number | null = null
  let exit: number | undefined
  let document = ''
  try {
    for await (const line of linesOf(response)) {
      if ('pid' in line) {
        pid = line.pid
        if (!json) output.stderr(`${paint.dim(`through the running ingest, pid ${pid}`)}\n`)
      } else if ('err' in line) output.stderr(line.err)
      else if ('exit' in line) exit = line.exit
      else if (json) document += line.out
      else output.stdout(line.out)
    }
  } catch (cause) {
    throw new IngestLostError({ path, pid }, cause)
  }
  if (exit === undefined) throw new IngestLostError({ path, pid })
  if (document !== '') output.stdout(document)
  return exit
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<AnswerLine> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) yield JSON.parse(line) as AnswerLine
  }
}
