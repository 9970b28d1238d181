import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import zstd from '@bokuweb/zstd-wasm'
import kafkajs from 'kafkajs'
import lz4 from 'lz4-napi'
import { lz4SizeMax, snappyChunks, zstdSizeMax } from './kafka-compressed-size.ts'
import { type DeclaredRecords, trueRecords } from './kafka-record-bytes.ts'
import { UnreadableBatchError } from './kafka-source-errors.ts'

/**
 * What one compressed batch may become. A broker bounds the compressed size only (`max.message.bytes`, 1 MiB by default);
 * every codec here can make a thousand times as much of that.
 */
export const BATCH_DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024
/** kafkajs spreads the records of a batch over the stack, which ends at about 120,000. */
export const BATCH_RECORDS_MAX = 100_000
/** What all batches of one fetch may become together, after the first; the rest is fetched again. */
const FETCH_DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024

/** What one reader has fetched. */
export interface FetchBudget {
  /** How much the fetch under way has made of compressed batches; reset when a fetch begins. */
  decompressedBytes: number
  /** Batches that could not be read and were left for the next fetch, so that what stands before is read. */
  readonly unreadable: Set<string>
}

/** The budget of whoever fetches; kafkajs decodes a response in the asynchronous context of its consumer. */
export const fetchBudget = new AsyncLocalStorage<FetchBudget>()

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

const gzipAsync = promisify(gzip)
const gunzipAsync = promisify(gunzip)
const require = createRequire(import.meta.url)
const snappy = (require('kafkajs-snappy') as () => Codec)() // it comes without types

/**
 * kafkajs knows gzip, without a bound, and no other: all four for every client of this process, without native builds. And
 * one for records that are not compressed, which it asks for when it reads: they are looked at in the same place.
 */
export function registerCodecs(): void {
  // Node finds these two in the default export only: kafkajs is CommonJS and defines them by a getter.
  const { CompressionCodecs, CompressionTypes } = kafkajs
  Object.assign(CompressionCodecs, { [CompressionTypes.None]: () => bounded('none', NONE) })
  CompressionCodecs[CompressionTypes.GZIP] = () => bounded('gzip', GZIP)
  CompressionCodecs[CompressionTypes.Snappy] = () => bounded('snappy', SNAPPY)
  CompressionCodecs[CompressionTypes.LZ4] = () => bounded('lz4', LZ4)
  CompressionCodecs[CompressionTypes.ZSTD] = () => bounded('zstd', ZSTD)
}

const NONE: Codec = {
  compress: async ({ buffer }) => buffer,
  decompress: async (bytes) => bytes,
}

const GZIP: Codec = {
  compress: ({ buffer }) => gzipAsync(buffer),
  decompress: (bytes) => gunzipAsync(bytes, { maxOutputLength: BATCH_DECOMPRESSED_BYTES_MAX }),
}

const SNAPPY: Codec = {
  compress: (encoder) => snappy.compress(encoder),
  async decompress(bytes) {
    const { chunks, size } = snappyChunks(bytes)
    assertSize(size)
    return Buffer.concat(await Promise.all(chunks.map((chunk) => snappy.decompress(chunk))))
  },
}

const LZ4: Codec = {
  compress: ({ buffer }) => lz4.compressFrame(buffer),
  async decompress(bytes) {
    assertSize(lz4SizeMax(bytes))
    return lz4.decompressFrame(bytes)
  },
}

let zstdReady: Promise<void> | undefined

const ZSTD: Codec = {
  async compress({ buffer }) {
    zstdReady ??= zstd.init()
    await zstdReady
    return Buffer.from(zstd.compress(buffer))
  },
  async decompress(bytes) {
    const size = zstdSizeMax(bytes)
    assertSize(size)
    zstdReady ??= zstd.init()
    await zstdReady
    return Buffer.from(zstd.decompress(bytes, { defaultHeapSize: size }))
  },
}

class TooLarge extends Error {}

function assertSize(bytes: number): void {
  if (bytes > BATCH_DECOMPRESSED_BYTES_MAX) throw new TooLarge()
}

/** A codec that stops within its bounds, and says which batch it could not read. */
function bounded(name: string, codec: Codec): Codec {
  return {
    compress: (encoder) => codec.compress(encoder),
    async decompress(bytes) {
      const budget = fetchBudget.getStore()
      if (budget !== undefined && budget.decompressedBytes > FETCH_DECOMPRESSED_BYTES_MAX) throw new LeftForNextFetch()
      const header = batchHeader(bytes)
      const batch = header?.batch ?? 'unknown'
      const unreadable = (problem: string) => {
        if (budget === undefined || budget.unreadable.has(batch))
          return new UnreadableBatchError({ offset: header?.baseOffset, codec: name, problem })
        budget.unreadable.add(batch)
        return new LeftForNextFetch()
      }
      if (header !== undefined && header.records > BATCH_RECORDS_MAX)
        throw unreadable(`it holds ${header.records} records, more than ${BATCH_RECORDS_MAX}`)
      try {
        const plain = await codec.decompress(bytes)
        if (codec !== NONE) assertSize(plain.length)
        if (codec !== NONE && budget !== undefined) budget.decompressedBytes += plain.length
        return header === undefined ? plain : trueRecords(plain, header)
      } catch (error) {
        const tooLarge = error instanceof TooLarge || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        if (tooLarge) throw unreadable(`it becomes more than ${BATCH_DECOMPRESSED_BYTES_MAX} bytes`)
        throw unreadable(error instanceof Error ? error.message : String(error))
      }
    },
  }
}

/** kafkajs takes an error of this name for the cut-off tail of a response: it keeps what came before and asks again. */
class LeftForNextFetch extends Error {
  override readonly name = 'KafkaJSPartialMessageError'
}

interface BatchHeader extends DeclaredRecords {
  readonly baseOffset: bigint
  /** Tells it from the batch at the same offset of another partition, by its checksum. */
  readonly batch: string
}

const HEADER_BYTES = 61
const MAGIC_AT = 16
const MAGIC = 2
const CRC_AT = 17
const LAST_DELTA_AT = 23
const RECORDS_AT = 57

/**
 * Of the batch whose records these bytes are: kafkajs hands its codecs a view into the fetched response, where the batch's
 * header stands right before the records (KIP-98, message format 2).
 */
function batchHeader(records: Buffer): BatchHeader | undefined {
  const at = records.byteOffset - HEADER_BYTES
  if (at < 0) return undefined
  const header = Buffer.from(records.buffer, at, HEADER_BYTES)
  if (header[MAGIC_AT] !== MAGIC) return undefined
  const baseOffset = header.readBigInt64BE(0)
  return {
    baseOffset,
    batch: `${baseOffset}/${header.readUInt32BE(CRC_AT)}`,
    records: header.readInt32BE(RECORDS_AT),
    lastDelta: header.readInt32BE(LAST_DELTA_AT),
  }
}
