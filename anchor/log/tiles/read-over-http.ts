import { TallyError } from '../../../schemas/errors.ts'
import type { ReadTile } from './tiled-tree.ts'

const ANSWER_LIMIT_MS = 30_000
/** More than any file of a log has: 256 entries of 65,535 bytes. */
const FILE_BYTES_MAX = 256 * (2 + 0xffff)

/** A log could not be asked for a file. */
export class LogUnreachableError extends TallyError {
  override readonly code = 'LOG_UNREACHABLE'
  constructor(facts: { url: string; problem: string }, cause?: unknown) {
    super(`${facts.url} cannot be read: ${facts.problem}.`, {
      facts,
      cause,
      retriable: true,
      hint: 'Check the address: it is the folder in which `checkpoint` and `tile/` lie.',
    })
  }
}

/** Reads the files of a log that is served over HTTP. What is not there is undefined. @throws {@link LogUnreachableError} */
export function readTilesAt(base: string): ReadTile {
  const folder = base.endsWith('/') ? base : `${base}/`
  return async (path) => {
    const url = `${folder}${path}`
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
      if (answer.status === 404) return undefined
      if (!answer.ok) throw new LogUnreachableError({ url, problem: `the answer was ${answer.status}` })
      return await readBody(url, answer)
    } catch (cause) {
      if (cause instanceof TallyError) throw cause
      throw new LogUnreachableError({ url, problem: cause instanceof Error ? cause.message : String(cause) }, cause)
    }
  }
}

/** A stranger's server: more than a file can have is not waited for. */
async function readBody(url: string, answer: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of answer.body ?? []) {
    length += part.length
    if (length > FILE_BYTES_MAX)
      throw new LogUnreachableError({ url, problem: `it has more than ${FILE_BYTES_MAX} bytes` })
    parts.push(part)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
