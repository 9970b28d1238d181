import { appendLeaves, type Frontier, frontierRoot } from '../anchor/log/frontier.ts'
import { toHex } from '../schemas/ids.ts'
import { OUTCOMES, reasonOfCode } from '../schemas/rejection.ts'
import { type EpochBundle, openLeaves, TABLES } from './bundle.ts'
import { assertSame, type DifferenceFound, differ, differenceOf } from './difference.ts'
import type { CurrentRecord } from './records/current-record.ts'
import { bytesOfDigest, DIGEST_BYTES } from './records/digest.ts'
import type { EpochRecords } from './records/epoch-records.ts'

/** The leaves of an epoch, one behind the other. */
export interface EpochLeaves {
  readonly count: number
  /** 32 bytes each. */
  readonly hashes: Uint8Array
}

/**
 * Reads leaves.parquet and holds it to the tree of the manifest.
 *
 * @param frontier of the ledger before this epoch; undefined when it is not known, and then the root is taken on trust
 * @returns        the leaves, and the frontier after this epoch
 * @throws         DifferenceFound
 */
export async function checkTree(
  bundle: Pick<EpochBundle, 'folder' | 'manifest'>,
  frontier: Frontier | undefined,
): Promise<{ readonly leaves: EpochLeaves; readonly frontier: Frontier | undefined }> {
  const { size, root, previousSize } = bundle.manifest.tree
  if (frontier !== undefined) assertSame('tree', 'manifest.json tree.previousSize', String(frontier.size), previousSize)
  const table = await openLeaves(bundle)
  try {
    // Before any is read: whoever claims more rows than the tree has leaves gets no memory for them.
    assertSame('tree', 'manifest.json tree.size', (BigInt(previousSize) + BigInt(table.rows)).toString(), size)
    const hashes = new Uint8Array(table.rows * DIGEST_BYTES)
    let next = frontier
    for await (const { firstRow, rows, columns } of table.groups()) {
      const { leaf_index: indexes, leaf_hash: leaf } = columns
      for (let i = 0; i < rows; i++) {
        const where = `${TABLES.leaves} row ${firstRow + i}`
        const [index, bytes] = [indexes.values[i]!, leaf.ends[i]! - leaf.starts[i]!]
        if (index !== BigInt(previousSize) + BigInt(firstRow + i))
          differ('tree', `${where} leaf_index`, BigInt(previousSize) + BigInt(firstRow + i), index)
        if (bytes !== DIGEST_BYTES) differ('tree', `${where} leaf_hash (bytes)`, DIGEST_BYTES, bytes)
        hashes.set(leaf.bytes.subarray(leaf.starts[i], leaf.ends[i]), (firstRow + i) * DIGEST_BYTES)
      }
      if (next !== undefined) next = appendLeaves(next, leavesIn(hashes, firstRow, rows))
    }
    if (next !== undefined) assertSame('tree', 'manifest.json tree.root', toHex(frontierRoot(next)), root)
    return { leaves: { count: table.rows, hashes }, frontier: next }
  } finally {
    await table.close()
  }
}

/** One by one, without copying. */
export function leavesIn(hashes: Uint8Array, first: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    hashes.subarray((first + i) * DIGEST_BYTES, (first + i + 1) * DIGEST_BYTES),
  )
}

/**
 * Holds leaves.parquet to the records with their published outcomes and reasons, as they are read. Whether those are right is
 * not asked here.
 */
export class LeafChecker {
  readonly #leaves: EpochLeaves
  #records = 0
  #wrong: DifferenceFound | undefined

  constructor(leaves: EpochLeaves) {
    this.#leaves = leaves
  }

  /** The first leaf that is wrong is kept for {@link end}: a false outcome makes a false leaf too, and is what to name. */
  add(record: CurrentRecord): void {
    this.#records++
    const hash = record.leafDigest()
    const { count, hashes } = this.#leaves
    const at = record.row * DIGEST_BYTES
    if (this.#wrong !== undefined || (record.row < count && isSame(hash, hashes, at))) return
    const where = `${TABLES.leaves} row ${record.row} (${record.place()}) leaf_hash`
    const found = record.row < count ? toHex(hashes.subarray(at, at + DIGEST_BYTES)) : undefined
    this.#wrong = differenceOf('leaves', where, toHex(bytesOfDigest(hash)), found)
  }

  /** @throws DifferenceFound */
  end(): void {
    if (this.#wrong !== undefined) throw this.#wrong
    assertSame('leaves', `${TABLES.leaves} rows against ${TABLES.records}`, this.#records, this.#leaves.count)
  }
}

function isSame(hash: string, hashes: Uint8Array, at: number): boolean {
  for (let i = 0; i < DIGEST_BYTES; i++) if (hash.charCodeAt(i) !== hashes[at + i]) return false
  return true
}

/** Holds the manifest's counts to the decisions. @throws DifferenceFound */
export function checkCounts({ manifest }: EpochBundle, records: EpochRecords): void {
  const reasons = new Map<string, number>()
  const counts = { accepted: 0, duplicate: 0, rejected: 0, gap: 0 }
  let late = 0
  const names = Object.fromEntries(Object.entries(OUTCOMES).map(([name, code]) => [code, name as keyof typeof counts]))
  for (let row = 0; row < records.rows; row++) {
    const { outcome, reason } = records.decisionOf(row)
    counts[names[outcome]!]++
    if (outcome === OUTCOMES.accepted && records.isLate(row)) late++
    if (reason === 0) continue
    const name = reasonOfCode(reason) ?? String(reason)
    reasons.set(name, (reasons.get(name) ?? 0) + 1)
  }
  for (const outcome of ['accepted', 'duplicate', 'rejected'] as const) {
    assertSame('counts', `manifest.json counts.${outcome}`, counts[outcome], manifest.counts[outcome])
  }
  assertSame('counts', 'manifest.json counts.late', late, manifest.counts.late)
  for (const reason of new Set([...reasons.keys(), ...Object.keys(manifest.counts.reasons)])) {
    assertSame('counts', `manifest.json counts.reasons.${reason}`, reasons.get(reason), manifest.counts.reasons[reason])
  }
}
