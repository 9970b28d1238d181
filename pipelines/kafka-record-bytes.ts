import { VarintReader, varint } from './kafka-varint.ts'

const ATTRIBUTES_BYTES = 1
const TIME_BYTES_MAX = 10

/** What the header of a batch says of its records. */
export interface DeclaredRecords {
  readonly records: number
  /** Of the last record when the batch was appended, counted from the first; compaction may have taken records since. */
  readonly lastDelta: number
}

/** Where one record lies in its batch. */
interface Place {
  /** Of its attributes, behind its length. */
  readonly start: number
  readonly deltaAt: number
  readonly deltaEnd: number
  readonly end: number
}

/**
 * The records of a batch, each with the length and the offset that it really has.
 *
 * kafkajs goes by the length in front of each record, at which a broker never looks in a compressed batch, and by the offset
 * in each record, at which a broker never looks in an uncompressed one (Kafka 4.3: LogValidator,
 * DefaultRecord.readPartiallyFrom). A producer could so have it read other records than were sent, or go on at an offset of
 * the producer's choice. A broker goes from record to record by their fields and counts offsets itself; so does this. The same
 * bytes come back when nothing is wrong with them.
 *
 * @param bytes not compressed
 * @throws RangeError when these are not that many records and nothing else, which a broker refuses
 */
export function trueRecords(bytes: Buffer, { records, lastDelta }: DeclaredRecords): Buffer {
  const reader = new VarintReader(bytes)
  const compacted = records !== lastDelta + 1
  const places: Place[] = []
  let lied = false
  let before = -1
  for (let record = 0; record < records; record++) {
    const length = reader.int()
    const start = reader.at
    reader.skip(ATTRIBUTES_BYTES)
    reader.skipInt(TIME_BYTES_MAX)
    const deltaAt = reader.at
    const delta = reader.int()
    const deltaEnd = reader.at
    skipContent(reader)
    if (reader.broken) throw new RangeError(`record ${record} of ${records} is none`)
    if (compacted && (delta <= before || delta > lastDelta)) throw new RangeError(`record ${record} has no offset`)
    before = delta
    if (length !== reader.at - start || (!compacted && delta !== record)) lied = true
    places.push({ start, deltaAt, deltaEnd, end: reader.at })
  }
  if (reader.at !== bytes.length)
    throw new RangeError(`${bytes.length - reader.at} bytes follow its ${records} records`)
  return lied ? rewritten(bytes, places, compacted) : bytes
}

/** Key, value, headers (record format v2, KIP-98). */
function skipContent(reader: VarintReader): void {
  reader.skip(reader.int())
  reader.skip(reader.int())
  const headers = reader.int()
  if (headers < 0) reader.broken = true
  for (let header = 0; header < headers && !reader.broken; header++) {
    const name = reader.int()
    if (name < 0) reader.broken = true
    reader.skip(name)
    reader.skip(reader.int())
  }
}

function rewritten(bytes: Buffer, places: readonly Place[], compacted: boolean): Buffer {
  const parts = places.flatMap(({ start, deltaAt, deltaEnd, end }, record) => {
    const delta = compacted ? bytes.subarray(deltaAt, deltaEnd) : varint(record)
    const length = deltaAt - start + delta.length + end - deltaEnd
    return [varint(length), bytes.subarray(start, deltaAt), delta, bytes.subarray(deltaEnd, end)]
  })
  return Buffer.concat(parts)
}
