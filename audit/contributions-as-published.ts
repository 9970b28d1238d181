import { emptyFrontier, type Frontier } from '../anchor/log/frontier.ts'
import type { DecidedEventType } from '../schemas/events.ts'
import type { RecomputedLedger } from './audit.ts'
import { type EpochOfRecords, findEpochFolders, openRecords, readEpochOfRecords } from './bundle.ts'
import { decideEpoch } from './decide.ts'
import { assertSame, differ } from './difference.ts'
import { emptyHistory, type History, isErased } from './history.ts'
import { checkTree, LeafChecker } from './leaves.ts'
import { EpochRecords } from './records/epoch-records.ts'
import { readRecordsOfCut } from './records.ts'

/** What says whose contributions there are, which came first, and what their features are. */
const TYPES: ReadonlySet<DecidedEventType> = new Set([
  ...(['SchemaRegistered', 'SourceRegistered', 'FeatureMapPublished', 'ContributionCommitted'] as const),
  ...(['ContributionBatch', 'ContributionWithdrawn', 'ErasureOrdered', 'ContributionFeatures'] as const),
])

/**
 * Contributions and their features as far as records alone tell them: scores, lines, amounts and states are not looked at and need
 * not be there. Each record is held to its leaf and the leaves to the tree; whether it was rightly accepted is taken as published.
 *
 * @param path a folder of all epochs since 1
 * @throws DifferenceFound, BundleNotFoundError, BundleUnreadableError
 */
export async function readContributions(path: string): Promise<RecomputedLedger> {
  const history = emptyHistory()
  const epochs: EpochOfRecords[] = []
  let frontier: Frontier | undefined = emptyFrontier()
  for (const folder of await findEpochFolders(path)) {
    const bundle = await readEpochOfRecords(folder)
    assertSame('manifest', 'manifest.json epoch', epochs.length + 1, bundle.manifest.epoch)
    frontier = await addEpoch(bundle, history, frontier)
    epochs.push(bundle)
  }
  const found = history.erasures.unordered((record) => isErased(history, record), epochs.length)
  if (found !== undefined) differ('erasures', found.where, found.expected, undefined)
  return { history, epochs }
}

async function addEpoch(
  bundle: EpochOfRecords,
  history: History,
  before: Frontier | undefined,
): Promise<Frontier | undefined> {
  const { folder, manifest, genesis, ledgerId, erasures } = bundle
  const { leaves, frontier } = await checkTree(bundle, before)
  const table = await openRecords(folder)
  try {
    const records = new EpochRecords(table.rows, history, undefined, erasures)
    const checker = new LeafChecker(leaves)
    await readRecordsOfCut(table, manifest, (record) => {
      checker.add(record)
      records.add(record)
    })
    checker.end()
    records.checkErasures()
    for (const [row, said] of records.erased) history.erasures.add(manifest.epoch, row, said)
    const trusting = { outcomes: 'published', onSignature: undefined, types: TYPES } as const
    await decideEpoch(history, { genesis, ledgerId, ...trusting }, manifest.epoch, records)
    return frontier
  } finally {
    await table.close()
  }
}
