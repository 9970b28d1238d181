import { closeSync, fstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TEXT_UNITS_MAX } from '../../../../schemas/text/tokenizer.ts'
import { TextFileError } from './errors.ts'

/** A file of more bytes holds more UTF-16 units than a text may have. */
const DOCUMENT_BYTES_MAX = 3 * TEXT_UNITS_MAX
const OUTPUTS_BYTES_MAX = 2 ** 31 - 1
const NEW_LINE = 0x0a
const ENCODING_HINT = 'Texts are read as UTF-8: convert the file (iconv -t UTF-8).'
const LENGTH_HINT = `A text has at most ${TEXT_UNITS_MAX} UTF-16 units: cut it into parts.`

/**
 * The names of the documents below a folder, with slashes, in order of their UTF-16 units: every regular file, at any depth. Links are not
 * followed, and what begins with a dot is passed over.
 *
 * @throws TextFileError when there is no such folder or no document in it
 */
export function documentNames(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new TextFileError(
      'there is no such folder',
      { file: folder },
      { hint: 'A corpus is a folder of text files.' },
    )
  const names: string[] = []
  const look = (below: string) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const name = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) look(name)
      else if (entry.isFile()) names.push(name)
    }
  }
  look('')
  if (names.length === 0)
    throw new TextFileError('no document in this folder', { file: folder }, { hint: 'Put one document in each file.' })
  return names.sort((a, b) => (a < b ? -1 : 1))
}

/** @throws TextFileError where it is no UTF-8, or too long */
export function readDocument(folder: string, name: string): string {
  const file = join(folder, name)
  const bytes = readUpTo(file, DOCUMENT_BYTES_MAX)
  const text = decoded(bytes)
  if (text === undefined)
    throw new TextFileError('this is no UTF-8', { file, line: firstBadLine(bytes) }, { hint: ENCODING_HINT })
  if (text.length > TEXT_UNITS_MAX) throw tooLong(file)
  return text
}

/**
 * The outputs of a file, one a line; an empty line is an empty output, and a last line end begins no further one.
 *
 * @throws TextFileError where a line is no UTF-8, or too long; all lines before it were given
 */
export function* readOutputs(file: string): Generator<string> {
  const bytes = readUpTo(file, OUTPUTS_BYTES_MAX)
  let line = 0
  for (let from = 0; from < bytes.length; ) {
    const found = bytes.indexOf(NEW_LINE, from)
    const end = found < 0 ? bytes.length : found
    line++
    const part = bytes.subarray(from, end)
    if (part.length > DOCUMENT_BYTES_MAX) throw tooLong(file, line)
    const text = decoded(part)
    if (text === undefined) throw new TextFileError('this is no UTF-8', { file, line }, { hint: ENCODING_HINT })
    if (text.length > TEXT_UNITS_MAX) throw tooLong(file, line)
    yield text.endsWith('\r') ? text.slice(0, -1) : text
    from = end + 1
  }
}

/** Opened once: what is measured is what is read. */
function readUpTo(file: string, bytesMax: number): Buffer {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (cause) {
    throw new TextFileError('it cannot be opened', { file }, { hint: 'Is the path right, and may it be read?', cause })
  }
  try {
    const status = fstatSync(handle)
    if (status.isDirectory()) throw new TextFileError('this is a folder', { file }, { hint: 'Name a file of text.' })
    if (status.size > bytesMax) throw tooLong(file)
    return readFileSync(handle)
  } finally {
    closeSync(handle)
  }
}

function tooLong(file: string, line?: number): TextFileError {
  return new TextFileError('this is too long', line === undefined ? { file } : { file, line }, { hint: LENGTH_HINT })
}

/** Without a byte order mark; undefined where it is no UTF-8. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return undefined
    throw error
  }
}

/** Line ends are no part of longer characters, so a line is bad by itself. */
function firstBadLine(bytes: Buffer): number {
  let line = 1
  for (let from = 0; from < bytes.length; line++) {
    const found = bytes.indexOf(NEW_LINE, from)
    const end = found < 0 ? bytes.length : found
    if (decoded(bytes.subarray(from, end)) === undefined) return line
    from = end + 1
  }
  return line
}
