export interface NpyOptions {
  readonly version?: 1 | 2 | 3
  readonly descr?: '<f2' | '<f4' | '<f8' | '|i1'
  /** In place of the header that the values ask for. */
  readonly header?: string
}

/** A file as numpy.save writes it: the header padded with spaces to a multiple of 64 bytes, and a line end. */
export function npyBytes(rows: readonly (readonly number[])[], options: NpyOptions = {}): Buffer {
  const { version = 1, descr = '<f4' } = options
  const shape = `(${rows.length}, ${rows[0]?.length ?? 1})`
  const header = options.header ?? `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`
  const prefix = version === 1 ? 10 : 12
  const length = Math.ceil((prefix + header.length + 1) / 64) * 64 - prefix
  const start = Buffer.alloc(prefix)
  start.write('\x93NUMPY', 'latin1')
  start[6] = version
  if (version === 1) start.writeUInt16LE(length, 8)
  else start.writeUInt32LE(length, 8)
  const values = rows.flat()
  const body = Buffer.alloc(values.length * Number(descr[2]))
  for (const [at, value] of values.entries()) {
    if (descr === '<f2') body.writeUInt16LE(value, 2 * at)
    else if (descr === '<f4') body.writeFloatLE(value, 4 * at)
    else if (descr === '<f8') body.writeDoubleLE(value, 8 * at)
    else body.writeInt8(value, at)
  }
  return Buffer.concat([start, Buffer.from(`${header.padEnd(length - 1)}\n`, 'latin1'), body])
}
