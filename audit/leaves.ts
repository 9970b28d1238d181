import { ENTRY_OUTCOMES, encodeEntry, type LedgerEntry } from '../anchor/log/entry.ts'
import { appendLeaves, type Frontier, frontierRoot } from '../anchor/log/frontier.ts'
import { leafHash } from '../anchor/log/leaf-hash.ts'
import { toHex } from '../schemas/ids.ts'
import { type EpochBundle, TABLES } from './bundle.ts'
import type { Decision } from './decide.ts'
import { assertSame, differ } from './difference.ts'
import type { AuditRecord } from './records.ts'

/** A leaf has 16 bits for it. */
const REASON_MAX = 0xffff

/**
 * Holds leaves.parquet to the tree of the manifest.
 *
 * @param frontier of the ledger before this epoch; undefined when it is not known, and then the root is taken on trust
 * @returns        the frontier after this epoch
 * @throws         DifferenceFound
 */
export function checkTree({ manifest, leaves }: EpochBundle, frontier: Frontier | undefined): Frontier | undefined {
  const { size, root, previousSize } = manifest.tree
  if (frontier !== undefined) assertSame('tree', 'manifest.json tree.previousSize', String(frontier.size), previousSize)
  for (const [index, leaf] of leaves.entries()) {
    const where = `${TABLES.leaves} row ${index}`
    assertSame('tree', `${where} leaf_index`, BigInt(previousSize) + BigInt(index), leaf.leaf_index)
    assertSame('tree', `${where} leaf_hash (bytes)`, 32, leaf.leaf_hash.length)
  }
  assertSame('tree', 'manifest.json tree.size', (BigInt(previousSize) + BigInt(leaves.length)).toString(), size)
  if (frontier === undefined) return undefined
  const next = appendLeaves(
    frontier,
    leaves.map(({ leaf_hash }) => leaf_hash),
  )
  assertSame('tree', 'manifest.json tree.root', toHex(frontierRoot(next)), root)
  return next
}

/**
 * Holds leaves.parquet to the records with their published outcomes and reasons. Whether those are right is not asked here.
 *
 * @throws DifferenceFound
 */
export function checkLeaves({ leaves }: EpochBundle, records: readonly AuditRecord[]): void {
  for (const record of records) {
    const hash = leafOf(record)
    const leaf = leaves[record.row]
    const place = `${record.topic}/${record.partition} offset ${record.offset}`
    const found = leaf === undefined ? undefined : toHex(leaf.leaf_hash)
    assertSame('leaves', `${TABLES.leaves} row ${record.row} (${place}) leaf_hash`, toHex(hash), found)
  }
  assertSame('leaves', `${TABLES.leaves} rows against ${TABLES.records}`, records.length, leaves.length)
}

function leafOf(record: AuditRecord): Uint8Array {
  return leafHash(encodeEntry(entryOf(record)))
}

/** The ledger entry of a record with its published outcome and reason. @throws DifferenceFound they are none */
export function entryOf(record: AuditRecord): LedgerEntry {
  const where = `${TABLES.records} row ${record.row}`
  const outcome =
    ENTRY_OUTCOMES[record.outcome] ??
    differ('leaves', `${where} outcome`, `0 to ${ENTRY_OUTCOMES.length - 1}`, record.outcome)
  if (record.reason < 0 || record.reason > REASON_MAX)
    differ('leaves', `${where} reason`, `0 to ${REASON_MAX}`, record.reason)
  return {
    incarnation: record.incarnation,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    effectiveTimeMs: record.effectiveMs,
    outcome,
    reason: record.reason,
    content: record.contentHash,
  }
}

/** Holds the manifest's counts to the decisions. @throws DifferenceFound */
export function checkCounts({ manifest }: EpochBundle, decisions: readonly Decision[]): void {
  const reasons = new Map<string, number>()
  const counts = { accepted: 0, duplicate: 0, rejected: 0, gap: 0 }
  for (const { outcome, reason } of decisions) {
    counts[outcome]++
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  for (const outcome of ['accepted', 'duplicate', 'rejected'] as const) {
    assertSame('counts', `manifest.json counts.${outcome}`, counts[outcome], manifest.counts[outcome])
  }
  for (const reason of new Set([...reasons.keys(), ...Object.keys(manifest.counts.reasons)])) {
    assertSame('counts', `manifest.json counts.reasons.${reason}`, reasons.get(reason), manifest.counts.reasons[reason])
  }
}
