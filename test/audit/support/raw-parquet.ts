/** A field of Thrift's compact protocol, as a test wants it: right or wrong. */
export type Field = readonly [
  id: number,
  value: { i32: number } | { i64: number } | { bytes: Uint8Array } | { list: Uint8Array[] } | { struct: Uint8Array },
]

const TYPES = { i32: 5, i64: 6, bytes: 8, list: 9, struct: 12 }

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

/** Fields ascending by id. */
export function struct(...fields: readonly Field[]): Buffer {
  let last = 0
  const parts = fields.map(([id, value]) => {
    const [kind, content] = Object.entries(value)[0]! as [keyof typeof TYPES, never]
    const head = Buffer.from([((id - last) << 4) | TYPES[kind]])
    last = id
    return Buffer.concat([head, encode(kind, content)])
  })
  return Buffer.concat([...parts, Buffer.from([0])])
}

function encode(kind: keyof typeof TYPES, content: unknown): Buffer {
  if (kind === 'i32' || kind === 'i64') return varint((content as number) * 2)
  if (kind === 'bytes') return Buffer.concat([varint((content as Uint8Array).length), content as Uint8Array])
  if (kind === 'struct') return content as Buffer
  const items = content as Uint8Array[]
  return Buffer.concat([Buffer.from([0xf0 | TYPES.struct]), varint(items.length), ...items])
}

export interface Page {
  /** 0: data, 2: dictionary. */
  readonly type?: number
  readonly bytes: Uint8Array
  /** What the header says; default: as it is. */
  readonly size?: number
  readonly values: number
  /** 0: plain, 8: of the dictionary. */
  readonly encoding?: number
}

export interface RawFile {
  /** 0: none, 1: Snappy. */
  readonly codec?: number
  readonly pages: readonly Page[]
  /** What the footer says. */
  readonly rows: number
  readonly chunkStart?: number
  readonly chunkBytes?: number
}

/** A Parquet file of one optional column `blob` in one row group. */
export function rawParquet({ codec = 0, pages, rows, chunkStart = 4, chunkBytes }: RawFile): Buffer {
  const chunk = Buffer.concat(pages.map(pageBytes))
  const path = Buffer.concat([Buffer.from([0x18]), varint(4), Buffer.from('blob')])
  const meta = struct(
    [1, { i32: 6 }],
    // A list of one text; `list` above makes lists of structs.
    [4, { i32: codec }],
    [5, { i64: rows }],
    [7, { i64: chunkBytes ?? chunk.length }],
    [9, { i64: chunkStart }],
  )
  const withPath = Buffer.concat([
    meta.subarray(0, 2),
    Buffer.from([0x29]),
    path,
    Buffer.from([0x15]),
    meta.subarray(3),
  ])
  const group = struct([1, { list: [struct([3, { struct: withPath }])] }], [3, { i64: rows }])
  const root = struct([4, { bytes: Buffer.from('schema') }], [5, { i32: 1 }])
  const column = struct([1, { i32: 6 }], [3, { i32: 1 }], [4, { bytes: Buffer.from('blob') }])
  return wrap(chunk, struct([2, { list: [root, column] }], [3, { i64: rows }], [4, { list: [group] }]))
}

/** `PAR1`, data, footer, its length, `PAR1`. */
export function wrap(data: Uint8Array, footer: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  return Buffer.concat([Buffer.from('PAR1'), data, footer, length, Buffer.from('PAR1')])
}

function pageBytes({ type = 0, bytes, size = bytes.length, values, encoding = 0 }: Page): Buffer {
  const header = struct([1, { i32: values }], [2, { i32: encoding }])
  const own: Field = type === 2 ? [7, { struct: header }] : [5, { struct: header }]
  return Buffer.concat([struct([1, { i32: type }], [2, { i32: size }], [3, { i32: bytes.length }], own), bytes])
}

/** Levels of a page in which every value is there, as one run. */
export function present(count: number): Buffer {
  const runs = Buffer.concat([varint(count * 2), Buffer.from([1])])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(runs.length)
  return Buffer.concat([length, runs])
}

/** A plain value. */
export function plain(...values: readonly string[]): Buffer {
  const parts = values.map((value) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(value.length)
    return Buffer.concat([length, Buffer.from(value)])
  })
  return Buffer.concat(parts)
}
