import { bytesToHex, type Hex } from '../bytes.ts'
import { HASH_BYTES } from '../hash.ts'
import { PayoutNotFoundError, PayoutProofError, StoredPayoutTreeError } from './errors.ts'
import { encodeLeafPrefix, WORD_BYTES } from './payout-leaf-hash.ts'
import { compareBytes } from './payout-node-hash.ts'
import { KEY_BYTES, PAYOUT_ROW_BYTES, payoutAt, payoutKey } from './payout-rows.ts'
import { type PayoutTree, siblingsOf } from './payout-tree.ts'
import { verifyPayout } from './verify-payout.ts'

// The file (docs/formats.md#stored-payout-tree): header | an entry for each leaf, by account and token | all nodes, root first.
const MAGIC = new TextEncoder().encode('tally-payouts/1\n')
const COUNT_AT = MAGIC.length
const PREFIX_AT = COUNT_AT + Uint32Array.BYTES_PER_ELEMENT
const HEADER_BYTES = PREFIX_AT + 2 * WORD_BYTES
/** The row, and which node its leaf is. */
const ENTRY_BYTES = PAYOUT_ROW_BYTES + Uint32Array.BYTES_PER_ELEMENT

/** Entries among which the last ones are looked at together: one read in place of six. */
const ENTRIES_READ = 64
/** Entries or nodes written at a time. */
const CHUNK = 8_192

/** Reads `length` bytes from `at`; fewer at the end of the file. */
export type ReadAt = (at: number, length: number) => Promise<Uint8Array>

/** The file of a tree, 140 bytes a leaf, in pieces of less than a megabyte. The same tree gives the same bytes. */
export function* storedPayoutTree(tree: PayoutTree): Generator<Uint8Array> {
  const { count, rows, slots, treeIndexes, byKey } = tree.parts
  const header = new Uint8Array(HEADER_BYTES)
  header.set(MAGIC)
  new DataView(header.buffer).setUint32(COUNT_AT, count)
  header.set(encodeLeafPrefix(tree), PREFIX_AT)
  yield header
  for (let from = 0; from < count; from += CHUNK) {
    const some = byKey.subarray(from, from + CHUNK)
    const entries = new Uint8Array(some.length * ENTRY_BYTES)
    const view = new DataView(entries.buffer)
    some.forEach((position, at) => {
      const row = position * PAYOUT_ROW_BYTES
      entries.set(rows.subarray(row, row + PAYOUT_ROW_BYTES), at * ENTRY_BYTES)
      view.setUint32(at * ENTRY_BYTES + PAYOUT_ROW_BYTES, treeIndexes[position]!)
    })
    yield entries
  }
  for (let from = HASH_BYTES; from < slots.length; from += CHUNK * HASH_BYTES) {
    // A copy: files do not take memory that threads share.
    yield slots.slice(from, from + CHUNK * HASH_BYTES)
  }
}

export interface StoredPayoutQuery {
  readonly read: ReadAt
  /** What the proof has to lead to: best from a finalized epoch, or a manifest whose hash is anchored. */
  readonly root: Hex
  readonly chainId: bigint
  readonly distributor: Hex
  readonly account: Hex
  readonly token: Hex
}

/** What `claim` takes. */
export interface StoredPayout {
  readonly cumulative: bigint
  /** From the leaf up. */
  readonly proof: Hex[]
}

/**
 * One payout with its proof out of the file of a tree, in about 2 · log2(leaves) reads of at most 5 kB.
 *
 * Nothing in the file is trusted: what comes back leads from this chain, distributor, account and token to `root`.
 *
 * @throws {@link StoredPayoutTreeError} the file is short, damaged, of another kind or of another tree
 * @throws {@link PayoutNotFoundError}   the file has no such payout; that the tree has none it does not prove
 * @throws {@link HexFormatError}, {@link PayoutRangeError} of what was asked, and whatever `read` throws
 */
export async function readStoredPayout(query: StoredPayoutQuery): Promise<StoredPayout> {
  const { root, chainId, distributor, account, token } = query
  const read = readExactly(query.read)
  const leaves = await readHeader(read, query)
  const entry = await findEntry(read, leaves, query)
  const node = new DataView(entry.buffer, entry.byteOffset).getUint32(PAYOUT_ROW_BYTES)
  if (node < leaves - 1 || node > 2 * leaves - 2) {
    throw new StoredPayoutTreeError({ problem: `an entry names node ${node}, which is no leaf` })
  }
  const nodesAt = HEADER_BYTES + leaves * ENTRY_BYTES
  const proof = await Promise.all(
    siblingsOf(node).map(async (each) => bytesToHex(await read(nodesAt + each * HASH_BYTES, HASH_BYTES))),
  )
  const { cumulative } = payoutAt(entry, 0)
  try {
    verifyPayout({ root, leaf: { chainId, distributor, account, token, cumulative }, proof })
  } catch (cause) {
    if (!(cause instanceof PayoutProofError)) throw cause
    throw new StoredPayoutTreeError({ problem: 'its proof does not lead to the root' }, cause)
  }
  return { cumulative, proof }
}

function readExactly(read: ReadAt): ReadAt {
  return async (at, length) => {
    const bytes = await read(at, length)
    if (bytes.length !== length) throw new StoredPayoutTreeError({ problem: `it ends before byte ${at + length}` })
    return bytes
  }
}

/** @returns the number of leaves */
async function readHeader(read: ReadAt, of: StoredPayoutQuery): Promise<number> {
  const header = await read(0, HEADER_BYTES)
  if (compareBytes(header, 0, MAGIC, 0, MAGIC.length) !== 0) {
    throw new StoredPayoutTreeError({ problem: 'it does not begin as one' })
  }
  if (compareBytes(header, PREFIX_AT, encodeLeafPrefix(of), 0, 2 * WORD_BYTES) !== 0) {
    throw new StoredPayoutTreeError({ problem: 'it is of another chain or distributor' })
  }
  return new DataView(header.buffer, header.byteOffset).getUint32(COUNT_AT)
}

/** @throws {@link PayoutNotFoundError} */
async function findEntry(read: ReadAt, leaves: number, { account, token }: StoredPayoutQuery): Promise<Uint8Array> {
  const key = payoutKey(account, token)
  const entryAt = (index: number) => HEADER_BYTES + index * ENTRY_BYTES
  let low = 0
  let end = leaves
  while (end - low > ENTRIES_READ) {
    const middle = Math.floor((low + end) / 2)
    const found = await read(entryAt(middle), KEY_BYTES)
    if (compareBytes(key, 0, found, 0, KEY_BYTES) < 0) end = middle
    else low = middle
  }
  const last = await read(entryAt(low), (end - low) * ENTRY_BYTES)
  for (let at = 0; at < last.length; at += ENTRY_BYTES) {
    if (compareBytes(key, 0, last, at, KEY_BYTES) === 0) return last.subarray(at, at + ENTRY_BYTES)
  }
  throw new PayoutNotFoundError({ account, token })
}
