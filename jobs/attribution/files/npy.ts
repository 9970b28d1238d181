import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { DIMENSION_MAX } from '../../../schemas/limits.ts'
import { FeatureFileError } from './errors.ts'
import { ROWS_MAX } from './feature-files.ts'

const MAGIC = '\x93NUMPY'
const PREFIX_BYTES = 12
/** What NumPy itself refuses to parse is longer than 10,000. */
const HEADER_BYTES_MAX = 1 << 16
/** Rows are read so many bytes at a time. */
const READ_BYTES = 1 << 22
const ENTRY = /\s*'(descr|fortran_order|shape)'\s*:\s*('[^'\\]{0,16}'|True|False|\([\d\s,L]{0,64}\))\s*(?:,|$)/y

/** Little-endian, as every machine that trains writes them: how many bytes, and how one is read. */
const TYPES: Readonly<Record<string, { bytes: number; read(view: DataView, at: number): number }>> = {
  '<f2': { bytes: 2, read: (view, at) => halfOf(view.getUint16(at, true)) },
  '<f4': { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  '|i1': { bytes: 1, read: (view, at) => view.getInt8(at) },
}

/** A matrix in a file of NumPy's format (NEP 1), versions 1 to 3; TRAK's `.mmap` files are of it. */
export class NpyMatrix {
  readonly file: string
  readonly rows: number
  readonly columns: number
  /** Whether its values are signed bytes, which need no scale. */
  readonly isBytes: boolean
  readonly #path: string
  readonly #start: number
  readonly #type: (typeof TYPES)[string]

  private constructor(path: string, header: Header, start: number) {
    this.#path = path
    this.#start = start
    this.file = basename(path)
    this.rows = header.rows
    this.columns = header.columns
    this.#type = TYPES[header.descr]!
    this.isBytes = header.descr === '|i1'
  }

  /** @throws FeatureFileError when it is no matrix of float16, float32, float64 or int8 in C order, or cut short */
  static async open(path: string): Promise<NpyMatrix> {
    const file = basename(path)
    const handle = await opened(path, file)
    try {
      const prefix = await readExactly(handle, 0, PREFIX_BYTES, file)
      const { length, start } = headerPlace(prefix, file)
      const text = (await readExactly(handle, start, length, file)).toString('latin1')
      const matrix = new NpyMatrix(path, parseHeader(text, file), start + length)
      const { size } = await handle.stat()
      const expected = start + length + matrix.rows * matrix.columns * matrix.#type.bytes
      if (size !== expected)
        throw new FeatureFileError(
          `it has ${size} bytes, and its header promises ${expected}.`,
          {
            file,
          },
          { hint: 'Was it copied while it was being written?' },
        )
      return matrix
    } finally {
      await handle.close()
    }
  }

  /** Calls `take` with each row in order; the array is used again. */
  async each(take: (values: Float64Array, row: number) => void): Promise<void> {
    const { columns, rows } = this
    const rowBytes = columns * this.#type.bytes
    const perRead = Math.max(1, Math.floor(READ_BYTES / rowBytes))
    const values = new Float64Array(columns)
    const handle = await opened(this.#path, this.file)
    try {
      for (let from = 0; from < rows; from += perRead) {
        const count = Math.min(perRead, rows - from)
        const bytes = await readExactly(handle, this.#start + from * rowBytes, count * rowBytes, this.file)
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        for (let row = 0; row < count; row++) {
          for (let at = 0; at < columns; at++)
            values[at] = this.#type.read(view, row * rowBytes + at * this.#type.bytes)
          take(values, from + row)
        }
      }
    } finally {
      await handle.close()
    }
  }
}

interface Header {
  readonly descr: string
  readonly rows: number
  readonly columns: number
}

async function opened(path: string, file: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (cause) {
    throw new FeatureFileError('it cannot be opened.', { file }, { cause, hint: 'Is the path right?' })
  }
}

async function readExactly(handle: FileHandle, from: number, length: number, file: string): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let got = 0
  while (got < length) {
    const { bytesRead } = await handle.read(bytes, got, length - got, from + got)
    if (bytesRead === 0) throw new FeatureFileError('it ends too early.', { file })
    got += bytesRead
  }
  return bytes
}

function headerPlace(prefix: Buffer, file: string): { length: number; start: number } {
  if (prefix.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw new FeatureFileError('it is no .npy file.', { file }, { hint: 'Save it with numpy.save, or as TRAK does.' })
  const version = prefix[6]!
  if (version < 1 || version > 3 || prefix[7] !== 0)
    throw new FeatureFileError(`version ${version}.${prefix[7]} is not known.`, { file })
  const start = version === 1 ? 10 : 12
  const length = version === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8)
  if (length > HEADER_BYTES_MAX)
    throw new FeatureFileError(`a header of ${length} bytes is longer than ${HEADER_BYTES_MAX}.`, { file })
  return { length, start }
}

/** A Python dictionary of just three entries, read as text: nothing is evaluated. */
function parseHeader(text: string, file: string): Header {
  const body = /^\{(.*)\}\s*$/s.exec(text)?.[1]?.trim()
  if (body === undefined) throw new FeatureFileError('its header is damaged.', { file })
  const entries = new Map<string, string>()
  ENTRY.lastIndex = 0
  while (ENTRY.lastIndex < body.length) {
    const [, name, value] = ENTRY.exec(body) ?? []
    if (name === undefined || entries.has(name)) throw new FeatureFileError('its header is damaged.', { file })
    entries.set(name, value!)
  }
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((name) => entries.get(name) ?? '')
  const type = descr!.slice(1, -1)
  if (TYPES[type] === undefined)
    throw new FeatureFileError(
      `type ${type === '' ? 'unknown' : type} cannot be taken.`,
      { file },
      {
        hint: 'float16, float32, float64 (little-endian) and int8 can: numpy.save(path, array.astype("<f4")).',
      },
    )
  if (order !== 'False')
    throw new FeatureFileError(
      'it is in Fortran order.',
      { file },
      { hint: 'numpy.save(path, numpy.ascontiguousarray(array)).' },
    )
  const [rows, columns, ...more] = [...shape!.matchAll(/\d+/g)].map(([digits]) => Number(digits))
  if (rows === undefined || columns === undefined || more.length > 0)
    throw new FeatureFileError(`a matrix was expected, found the shape ${shape}.`, { file })
  if (rows > ROWS_MAX || columns < 1 || columns > DIMENSION_MAX)
    throw new FeatureFileError(`up to ${ROWS_MAX} rows of 1 to ${DIMENSION_MAX} values, found ${rows} × ${columns}.`, {
      file,
    })
  return { descr: type, rows, columns }
}

/** IEEE 754 binary16. */
function halfOf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}
