// How large compressed bytes become, read from their framing before anything is decompressed: none of the three codecs can
// be told to stop. Upper bounds, never below the true size; bytes that are not well formed throw.

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER_BYTES = 16
const XERIAL_CHUNK_BYTES_MAX = 0x7fff_ffff

/** The raw snappy blocks of a batch, which is one block or, from Java, blocks framed as xerial does; and their full size. */
export function snappyChunks(bytes: Buffer): { chunks: Buffer[]; size: number } {
  const chunks: Buffer[] = []
  if (bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
      const length = bytes.readUInt32BE(at)
      if (length > XERIAL_CHUNK_BYTES_MAX || at + 4 + length > bytes.length) throw new RangeError('a block is cut off')
      chunks.push(bytes.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
  } else chunks.push(bytes)
  return { chunks, size: chunks.reduce((sum, chunk) => sum + snappySize(chunk), 0) }
}

/** The length that a raw block begins with, a varint of 32 bits. */
function snappySize(block: Buffer): number {
  let size = 0
  for (let i = 0; i < 5; i++) {
    const byte = block.readUInt8(i)
    size += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return size
  }
  throw new RangeError('a block has no length')
}

const LZ4_MAGIC = 0x184d2204
/** Of bits 4 to 6 of the frame's second byte; the first four have no meaning. */
const LZ4_BLOCK_BYTES = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024]
/** A compressed byte adds at most 255 to the length of a match. */
const LZ4_RATIO_MAX = 255

/** Of one or more LZ4 frames (LZ4 Frame Format 1.6): each block is at most what its frame allows. */
export function lz4SizeMax(bytes: Buffer): number {
  let size = 0
  for (let at = 0; at < bytes.length; ) {
    if (bytes.readUInt32LE(at) !== LZ4_MAGIC) throw new RangeError('it is no LZ4 frame')
    const flags = bytes.readUInt8(at + 4)
    const blockBytes = LZ4_BLOCK_BYTES[(bytes.readUInt8(at + 5) >> 4) & 7]!
    const blockChecksum = (flags >> 4) & 1
    const contentSize = (flags >> 3) & 1
    const contentChecksum = (flags >> 2) & 1
    const dictionary = flags & 1
    at += 7 + 8 * contentSize + 4 * dictionary
    for (;;) {
      const field = bytes.readUInt32LE(at)
      at += 4
      if (field === 0) break
      const length = field & 0x7fff_ffff
      if (at + length > bytes.length) throw new RangeError('a block is cut off')
      size += Math.min(blockBytes, length * LZ4_RATIO_MAX)
      at += length + 4 * blockChecksum
    }
    at += 4 * contentChecksum
  }
  return size
}

const ZSTD_MAGIC = 0xfd2fb528
const ZSTD_BLOCK_BYTES_MAX = 128 * 1024
const ZSTD_COMPRESSED = 2
const ZSTD_RLE = 1

/** Of one Zstandard frame (RFC 8878): blocks say their size, or become at most 128 KiB; a declared size must fit to that. */
export function zstdSizeMax(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== ZSTD_MAGIC) throw new RangeError('it is no Zstandard frame')
  const descriptor = bytes.readUInt8(4)
  const singleSegment = (descriptor >> 5) & 1
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 ? singleSegment : 2 ** sizeFlag
  const sizeAt = 5 + (1 - singleSegment) + dictionaryBytes
  let size = 0
  let last = false
  let at = sizeAt + sizeBytes
  while (!last) {
    const header = bytes.readUIntLE(at, 3)
    last = (header & 1) === 1
    const type = (header >> 1) & 3
    const length = header >> 3
    size += type === ZSTD_COMPRESSED ? ZSTD_BLOCK_BYTES_MAX : length
    at += 3 + (type === ZSTD_RLE ? 1 : length)
    if (at > bytes.length) throw new RangeError('a block is cut off')
  }
  if (sizeBytes === 0) return size
  const declared = declaredSize(bytes, sizeAt, sizeBytes)
  if (declared > BigInt(size)) throw new RangeError('it declares more than its blocks can hold')
  return Number(declared)
}

function declaredSize(bytes: Buffer, at: number, length: number): bigint {
  if (length === 8) return bytes.readBigUInt64LE(at)
  return BigInt(bytes.readUIntLE(at, length)) + (length === 2 ? 256n : 0n)
}
