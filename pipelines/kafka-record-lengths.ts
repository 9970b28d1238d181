import { VarintReader, varint } from './kafka-varint.ts'

const ATTRIBUTES_BYTES = 1
const TIME_BYTES_MAX = 10

/**
 * The records of a decompressed batch, each with the length that it really has.
 *
 * A broker that takes a compressed batch goes from record to record by their fields and never looks at the length in front of
 * each (Kafka 4.3, DefaultRecord.readPartiallyFrom); kafkajs goes by that length alone. A producer could so have it read
 * other records than were sent, at offsets of its choice. The same bytes come back when all lengths are right.
 *
 * @param count how many records the header of the batch says
 * @throws RangeError when these are not `count` records and nothing else, which a broker refuses
 */
export function withTrueLengths(records: Buffer, count: number): Buffer {
  const reader = new VarintReader(records)
  const bodies: [start: number, end: number][] = []
  let lied = false
  for (let record = 0; record < count; record++) {
    const length = reader.int()
    const start = reader.at
    skipBody(reader)
    if (reader.broken) throw new RangeError(`record ${record} of ${count} is none`)
    if (length !== reader.at - start) lied = true
    bodies.push([start, reader.at])
  }
  if (reader.at !== records.length)
    throw new RangeError(`${records.length - reader.at} bytes follow its ${count} records`)
  if (!lied) return records
  return Buffer.concat(bodies.flatMap(([start, end]) => [varint(end - start), records.subarray(start, end)]))
}

/** Attributes, time, offset, key, value, headers (record format v2, KIP-98). */
function skipBody(reader: VarintReader): void {
  reader.skip(ATTRIBUTES_BYTES)
  reader.skipInt(TIME_BYTES_MAX)
  reader.int()
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
