// How answers are written, a chunk at a time: JSON, CSV, and Arrow's IPC stream (https://arrow.apache.org/docs/format/Columnar.html).
import { DuckDBTypeId, JsonDuckDBValueConverter } from '@duckdb/node-api'
import * as arrow from 'apache-arrow'

/** @returns the values of a chunk's first rows as JSON has them: integers of 64 bits and more, and decimals, as text */
function jsonRows(chunk, count) {
  return chunk.convertRows(JsonDuckDBValueConverter).slice(0, count)
}

function columnsOf(result) {
  const types = result.columnTypes()
  return result.deduplicatedColumnNames().map((name, index) => ({ name, type: types[index] }))
}

async function* json(result, chunks) {
  const columns = columnsOf(result).map(({ name, type }) => ({ name, type: type.toString() }))
  yield `{"columns":${JSON.stringify(columns)},"rows":[`
  let rowCount = 0
  for await (const { chunk, count } of chunks) {
    const rows = jsonRows(chunk, count).map((row) => JSON.stringify(row))
    yield (rowCount === 0 || count === 0 ? '' : ',') + rows.join(',')
    rowCount += count
  }
  yield `],"rowCount":${rowCount},"truncated":${chunks.isTruncated}}\n`
}

/** RFC 4180; NULL is an empty field, an empty text is quoted. */
async function* csv(result, chunks) {
  const line = (fields) => `${fields.map(csvField).join(',')}\r\n`
  yield line(columnsOf(result).map(({ name }) => name))
  for await (const { chunk, count } of chunks)
    yield jsonRows(chunk, count)
      .map((row) => line(row))
      .join('')
}

function csvField(value) {
  if (value === null) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const INTEGERS = {
  [DuckDBTypeId.TINYINT]: () => new arrow.Int8(),
  [DuckDBTypeId.SMALLINT]: () => new arrow.Int16(),
  [DuckDBTypeId.INTEGER]: () => new arrow.Int32(),
  [DuckDBTypeId.BIGINT]: () => new arrow.Int64(),
  [DuckDBTypeId.UTINYINT]: () => new arrow.Uint8(),
  [DuckDBTypeId.USMALLINT]: () => new arrow.Uint16(),
  [DuckDBTypeId.UINTEGER]: () => new arrow.Uint32(),
  [DuckDBTypeId.UBIGINT]: () => new arrow.Uint64(),
}
const same = (value) => value

/** The Arrow type of a column, and how a value of it becomes one of Arrow's; what Arrow has no type for here is text. */
function arrowColumn(type) {
  if (INTEGERS[type.typeId] !== undefined) return { type: INTEGERS[type.typeId](), from: same }
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return { type: new arrow.Bool(), from: same }
    case DuckDBTypeId.FLOAT:
      return { type: new arrow.Float32(), from: same }
    case DuckDBTypeId.DOUBLE:
      return { type: new arrow.Float64(), from: same }
    case DuckDBTypeId.HUGEINT:
      return { type: new arrow.Decimal(0, 38, 128), from: words }
    case DuckDBTypeId.DECIMAL:
      return { type: new arrow.Decimal(type.scale, type.width, 128), from: ({ value }) => words(value) }
    case DuckDBTypeId.BLOB:
      return { type: new arrow.Binary(), from: ({ bytes }) => bytes }
    case DuckDBTypeId.TIMESTAMP:
      // Its builder takes milliseconds as a float: the microseconds go in as what they are kept as.
      return {
        ...{ type: new arrow.Timestamp(arrow.TimeUnit.MICROSECOND, null), kept: new arrow.Int64() },
        from: ({ micros }) => micros,
      }
    default:
      return { type: new arrow.Utf8(), from: String }
  }
}

/** 128 bits, two's complement, least first, as Arrow keeps a decimal. */
function words(value) {
  const left = BigInt.asUintN(128, BigInt(value))
  return Uint32Array.from({ length: 4 }, (_, index) => Number((left >> BigInt(32 * index)) & 0xffffffffn))
}

async function* ipc(result, chunks) {
  const columns = columnsOf(result).map(({ name, type }) => ({ name, ...arrowColumn(type) }))
  const schema = new arrow.Schema(columns.map(({ name, type }) => new arrow.Field(name, type, true)))
  const writer = new arrow.RecordBatchStreamWriter()
  let failure
  const write = async () => {
    writer.reset(undefined, schema)
    for await (const { chunk, count } of chunks) if (count > 0) writer.write(recordBatch(schema, columns, chunk, count))
    writer.finish()
    writer.close()
  }
  write().catch((error) => {
    failure = error
    writer.abort(error)
  })
  try {
    for await (const part of writer) yield part
  } catch (error) {
    // What the writer was aborted with comes wrapped.
    throw failure ?? error
  }
}

function recordBatch(schema, columns, chunk, length) {
  const children = columns.map(({ type, kept = type, from }, index) => {
    const builder = arrow.makeBuilder({ type: kept, nullValues: [null] })
    for (const value of chunk.getColumnValues(index).slice(0, length))
      builder.append(value === null ? null : from(value))
    const data = builder.finish().flush()
    return kept === type ? data : data.clone(type)
  })
  return new arrow.RecordBatch(
    schema,
    arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children }),
  )
}

/** By the name of the format: parts of the answer, as text or bytes. */
export const writers = { json, csv, arrow: ipc }
