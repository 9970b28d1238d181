import { toHex } from '../../schemas/ids.ts'
import { encodeUtf8 } from '../bytes.ts'
import { HASH_BYTES } from '../hash.ts'
import { leafHash } from '../log/leaf-hash.ts'
import { rootHash } from '../log/root-hash.ts'
import { ledgerDomain } from '../signatures/typed-data.ts'

/** Where an uploaded record stands in the log, and what it is. */
export interface UploadItem {
  /** As in a ledger leaf: 0, raised each time the topic was made again. u32. */
  readonly incarnation: number
  readonly topic: string
  /** u32. */
  readonly partition: number
  /** u64. */
  readonly offset: bigint
  /** 32 bytes, see {@link contentHash}. */
  readonly content: Uint8Array
}

const ITEM_VERSION = 1

/**
 * Leaf hash of `u8 version = 1 | u32 incarnation | u16 length + topic | u32 partition | u64 offset | 32-byte content`
 * (docs/formats.md#uploads).
 */
function uploadItemHash({ incarnation, topic, partition, offset, content }: UploadItem): Uint8Array {
  const name = encodeUtf8(topic, 'Topic')
  const bytes = new Uint8Array(1 + 4 + 2 + name.length + 4 + 8 + HASH_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, ITEM_VERSION)
  view.setUint32(1, incarnation)
  view.setUint16(5, name.length)
  bytes.set(name, 7)
  view.setUint32(7 + name.length, partition)
  view.setBigUint64(11 + name.length, offset)
  bytes.set(content, 19 + name.length)
  return leafHash(bytes)
}

/** What the operator signs for one upload: the root over its items in their order, and how many there are. */
export function uploadReceiptTypedData(ledgerId: Uint8Array, items: readonly UploadItem[]) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      UploadReceipt: [
        { name: 'itemsRoot', type: 'bytes32' },
        { name: 'count', type: 'uint32' },
      ],
    },
    primaryType: 'UploadReceipt',
    message: { itemsRoot: toHex(rootHash(items.map(uploadItemHash))), count: items.length },
  } as const
}

/** What a source signs to send records in its name: the root over their content hashes in order, and how many there are. */
export function uploadTypedData(ledgerId: Uint8Array, source: string, contents: readonly Uint8Array[]) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      Upload: [
        { name: 'source', type: 'string' },
        { name: 'contentsRoot', type: 'bytes32' },
        { name: 'count', type: 'uint32' },
      ],
    },
    primaryType: 'Upload',
    message: { source, contentsRoot: toHex(rootHash(contents.map(leafHash))), count: contents.length },
  } as const
}
