import { createRequire } from 'node:module'
import { connect } from 'node:net'

const crc32c = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (
  b: Buffer,
) => number

const PRODUCE = 0
const PRODUCE_VERSION = 3
const TIMEOUT_MS = 10_000

export interface RawBatch {
  /** Records in format v2, one behind the other, as they stand in the batch: compressed already where `codec` says so. */
  readonly records: Buffer
  readonly count: number
  /** 0 none, 1 gzip. */
  readonly codec?: number
}

/** An integer as a zigzag varint. */
export function zigzag(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value < 0 ? -2 * value - 1 : 2 * value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left])
    bytes.push((left % 128) + 128)
  }
}

/** A record in format v2 with these bytes behind its attributes, its time and its offset in the batch. */
export function rawRecord(delta: number, fields: Buffer, length?: number): Buffer {
  const body = Buffer.concat([Buffer.of(0, 0), zigzag(delta), fields])
  return Buffer.concat([zigzag(length ?? body.length), body])
}

/** Sends a batch byte by byte as given, and says what the broker answers: an error code (0: taken) and the first offset. */
export async function produceRaw(
  broker: string,
  topic: string,
  batch: RawBatch,
): Promise<[code: number, offset: bigint]> {
  const response = await ask(broker, produceRequest(topic, batchBytes(batch)))
  const partition = 4 + 4 + 2 + topic.length + 4
  return [response.readInt16BE(partition + 4), response.readBigInt64BE(partition + 6)]
}

function batchBytes({ records, count, codec = 0 }: RawBatch): Buffer {
  const now = BigInt(Date.now())
  const checked = Buffer.concat([
    int16(codec),
    int32(count - 1),
    int64(now),
    int64(now),
    int64(-1n), // no producer id,
    int16(-1), // epoch,
    int32(-1), // sequence
    int32(count),
    records,
  ])
  const rest = Buffer.concat([int32(-1), Buffer.of(2), int32(crc32c(checked) | 0), checked])
  return Buffer.concat([int64(0n), int32(rest.length), rest])
}

function produceRequest(topic: string, batch: Buffer): Buffer {
  const request = Buffer.concat([
    int16(PRODUCE),
    int16(PRODUCE_VERSION),
    int32(1), // correlation id
    text('raw'),
    int16(-1), // no transaction
    int16(-1), // acks: all
    int32(TIMEOUT_MS),
    int32(1),
    text(topic),
    int32(1),
    int32(0), // the partition
    int32(batch.length),
    batch,
  ])
  return Buffer.concat([int32(request.length), request])
}

/** One request, one response without its size. */
function ask(broker: string, request: Buffer): Promise<Buffer> {
  const [host, port] = broker.split(':') as [string, string]
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const socket = connect(Number(port), host, () => socket.write(request))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('The broker closed the connection.')))
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      resolve(received.subarray(4))
      socket.destroy()
    })
  })
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

function text(value: string): Buffer {
  return Buffer.concat([int16(value.length), Buffer.from(value)])
}
