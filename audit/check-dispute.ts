import { join } from 'node:path'
import { decodeRecord } from '../schemas/decode-record.ts'
import { TallyError } from '../schemas/errors.ts'
import type { DisputeClaim, EventBodies } from '../schemas/events.ts'
import { OUTCOMES } from '../schemas/rejection.ts'
import { TOPICS } from '../schemas/topics.ts'
import { auditBundle, type RecomputedLedger } from './audit.ts'
import { DISPUTES, type DisputeRow, findEpochFolders, openRecords, TABLES } from './bundle.ts'
import { type CheckedItem, checkDuplicates, checkFeatures, type FeaturesToCheck } from './checked-items.ts'
import { readContributions } from './contributions-as-published.ts'
import { type Difference, DifferenceFound } from './difference.ts'
import { readTable } from './parquet/table.ts'
import { readRecordsOfCut } from './records.ts'
import type { AuditReport, AuditStep } from './report.ts'

/** Of the claim: that something is wrong. */
export type DisputeVerdict = 'holds' | 'holds in part' | 'does not hold' | 'undecided'

export interface CheckedDispute {
  readonly dispute: string
  readonly claim: DisputeClaim
  readonly line: Pick<DisputeRow, 'account' | 'token' | 'kind' | 'asset'> & { readonly epoch: number }
  readonly settlement: {
    readonly verdict: 'follows' | 'does not follow' | 'is not there' | 'could not be recomputed'
    /** What the line pays, as published; null when there is none. */
    readonly published: string | null
    readonly difference: Difference | null
  }
  /** What a claim of features or duplicates names. */
  readonly items: readonly CheckedItem[]
  readonly verdict: DisputeVerdict
  /** In a sentence. */
  readonly why: string
}

export interface CheckDisputeOptions {
  /** Needed by a claim of features. */
  readonly features?: FeaturesToCheck
  readonly onProgress?: (step: AuditStep) => void
}

export class DisputeNotGivenError extends TallyError {
  override readonly code = 'DISPUTE_NOT_GIVEN'
  constructor(facts: { dispute: string; path: string }) {
    super(`No epoch in ${facts.path} has a dispute ${JSON.stringify(facts.dispute)}.`, {
      facts,
      hint: 'Give the bundles of all epochs since 1, up to one that was published after the dispute was opened.',
    })
  }
}

/**
 * Replays what a machine can decide of a dispute: everything is recomputed from the records, then what it claims is looked at. A claim
 * about contributions needs their records alone: where something else cannot be recomputed, these are read once more without it, and
 * taken as accepted that were published so. It decides nothing.
 *
 * @param path a folder of epochs
 * @throws BundleNotFoundError, BundleUnreadableError
 * @throws DisputeNotGivenError
 * @throws ExtractorDiffersError when the extractor is that of none of the items' feature maps
 */
export async function checkDispute(
  path: string,
  name: string,
  options: CheckDisputeOptions = {},
): Promise<CheckedDispute> {
  let recomputed: RecomputedLedger | undefined
  const report = await auditBundle(path, {
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    onRecomputed: (ledger) => {
      recomputed = ledger
    },
  })
  const row = await findRow(path, name)
  if (row === undefined) throw new DisputeNotGivenError({ dispute: name, path })
  const { claim, account, token, kind, asset, line_epoch: epoch } = row
  const line = { epoch, account, token, kind, asset }
  const settlement = await checkSettlement(path, line, report)
  const ledger = recomputed ?? (OF_ITEMS.has(claim as DisputeClaim) ? await contributionsOf(path) : undefined)
  const opening = ledger === undefined ? undefined : await findOpening(name, ledger)
  const items = opening === undefined ? [] : await checkItems(opening, ledger!, options.features)
  const told = { dispute: name, claim: claim as DisputeClaim, line, settlement, items }
  const erased = ledger?.history.erasures.counts(ledger.epochs.length).items ?? 0
  return { ...told, ...verdictOf(told, opening !== undefined, erased) }
}

/** Undefined when not even these can be read: the audit has said why. */
async function contributionsOf(path: string): Promise<RecomputedLedger | undefined> {
  try {
    return await readContributions(path)
  } catch (error) {
    if (!(error instanceof DifferenceFound)) throw error
    return undefined
  }
}

/** As it was published last. */
async function findRow(path: string, name: string): Promise<DisputeRow | undefined> {
  for (const folder of (await findEpochFolders(path)).reverse()) {
    try {
      const rows = await readTable(join(folder.path, TABLES.disputes), TABLES.disputes, DISPUTES)
      const found = rows.find(({ dispute }) => dispute === name)
      if (found !== undefined) return found
    } catch (error) {
      // A file that is no table: the audit has said so.
      if (!(error instanceof DifferenceFound)) throw error
    }
  }
  return undefined
}

async function checkSettlement(
  path: string,
  line: CheckedDispute['line'],
  { firstDifference, epochs }: AuditReport,
): Promise<CheckedDispute['settlement']> {
  const published = await publishedAmount(path, line)
  const difference = firstDifference ?? null
  // A damaged file says nothing of who was paid what.
  const isOfAmounts = difference !== null && difference.epoch !== null && difference.check !== 'files'
  if (isOfAmounts && difference.epoch <= line.epoch) return { verdict: 'does not follow', published, difference }
  const isRecomputed = epochs.some(({ epoch, how }) => epoch === line.epoch && how === 'recomputed')
  if (!isRecomputed) return { verdict: 'could not be recomputed', published, difference }
  return { verdict: published === null ? 'is not there' : 'follows', published, difference }
}

const LINES = { account: 'text', token: 'text', kind: 'text', asset: 'text', amount: 'text' } as const

async function publishedAmount(path: string, line: CheckedDispute['line']): Promise<string | null> {
  const folder = (await findEpochFolders(path)).find(({ epoch }) => epoch === line.epoch)
  if (folder === undefined) return null
  try {
    const rows = await readTable(join(folder.path, TABLES.lines), TABLES.lines, LINES)
    const names = ['account', 'token', 'kind', 'asset'] as const
    return rows.find((row) => names.every((name) => row[name] === line[name]))?.amount ?? null
  } catch (error) {
    if (!(error instanceof DifferenceFound)) throw error
    return null
  }
}

/** The record itself: what it is about stands in no table. */
async function findOpening(
  name: string,
  { epochs, history }: RecomputedLedger,
): Promise<EventBodies['DisputeOpened'] | undefined> {
  let found: EventBodies['DisputeOpened'] | undefined
  for (const { folder, manifest } of epochs) {
    const table = await openRecords(folder)
    try {
      await readRecordsOfCut(table, manifest, (record) => {
        if (found !== undefined || record.topic !== TOPICS.disputes || record.outcome !== OUTCOMES.accepted) return
        const decoded = decodeRecord(record.raw(), history.schemas)
        if (decoded.outcome !== 'decoded' || decoded.event.type !== 'DisputeOpened') return
        if (decoded.event.body.dispute === name) found = decoded.event.body
      })
    } finally {
      await table.close()
    }
    if (found !== undefined) return found
  }
  return undefined
}

function checkItems(
  { claim, items }: EventBodies['DisputeOpened'],
  ledger: RecomputedLedger,
  features: FeaturesToCheck | undefined,
): Promise<readonly CheckedItem[]> | readonly CheckedItem[] {
  if (claim === 'duplicate') return checkDuplicates(items, ledger)
  if (claim === 'features') return checkFeatures(items, ledger, features)
  return []
}

type Told = Pick<CheckedDispute, 'claim' | 'settlement' | 'items'>
type Verdict = Pick<CheckedDispute, 'verdict' | 'why'>

/** Claims that are about contributions, whatever was made of them. */
const OF_ITEMS: ReadonlySet<DisputeClaim> = new Set(['features', 'duplicate'])

function verdictOf(told: Told, isOpened: boolean, erased: number): Verdict {
  const { claim, settlement } = told
  if (OF_ITEMS.has(claim) && isOpened) return verdictOfItems(told, erased)
  if (settlement.verdict === 'does not follow')
    return { verdict: 'holds', why: 'What was published by the epoch of the line does not follow from the records.' }
  if (!isOpened || settlement.verdict === 'could not be recomputed')
    return {
      verdict: 'undecided',
      why: 'Not all epochs could be recomputed from their records: `tally audit` says why.',
    }
  if (claim === 'settlement')
    return { verdict: 'does not hold', why: 'The line follows from the records, the features and the policy.' }
  return { verdict: 'undecided', why: 'The line follows from the records; what else is claimed no machine can tell.' }
}

/** By contributions and their features alone: whether the line follows is told beside it. */
function verdictOfItems({ claim, settlement, items }: Told, erased: number): Verdict {
  const count = (wanted: CheckedItem['verdict']) => items.filter(({ verdict }) => verdict === wanted).length
  const [wrong, unknown] = [count('holds'), count('undecided')]
  const of = `of ${items.length} items`
  const [what, missing] =
    claim === 'duplicate'
      ? ['equal or are near earlier ones of other accounts', 'they have no features, or these were erased']
      : ['have other features than were published', 'their payloads, or --payloads and --extractor, are missing']
  const remarks = [
    ...(claim === 'duplicate' && erased > 0
      ? [` Features of ${erased} items were erased: nothing is held to them.`]
      : []),
    ...(settlement.verdict === 'does not follow' ? [' The line itself does not follow from the records.'] : []),
  ].join('')
  if (wrong > 0)
    return {
      verdict: wrong === items.length ? 'holds' : 'holds in part',
      why: `${wrong} ${of} ${what}; ${unknown} could not be looked at.${remarks}`,
    }
  if (unknown > 0)
    return { verdict: 'undecided', why: `${unknown} ${of} could not be looked at: ${missing}.${remarks}` }
  return { verdict: 'does not hold', why: `None ${of} ${what}.${remarks}` }
}
