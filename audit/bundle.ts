import { lstat, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { sha256 } from '../anchor/hash.ts'
import { InvalidManifestError, type Manifest, toManifest } from '../anchor/manifest.ts'
import { type Genesis, InvalidGenesisError, toGenesis } from '../schemas/genesis.ts'
import { InvalidIdError, toHex } from '../schemas/ids.ts'
import { causeText, DifferenceFound, differ } from './difference.ts'
import { type ErasedRecord, readErasures } from './erasures.ts'
import { BundleNotFoundError } from './errors.ts'
import {
  type CheckedFiles,
  CORRECTED_USES_FILE,
  ERASURES_FILE,
  parseDocument,
  RECORDS_FILE,
  readDocument,
} from './files.ts'
import { compareText } from './order.ts'
import { type RowOf, readTable, Table } from './parquet/table.ts'
import { RECORDS } from './records/current-record.ts'
import { type State, toState } from './state.ts'

/** Epochs of one folder, so that a stray folder of something else is not walked for ever. */
const EPOCHS_MAX = 999_999

const LEAVES = { leaf_index: 'bigint', leaf_hash: 'bytes' } as const
const ACCOUNTS = {
  account: 'text',
  token: 'text',
  before: 'text',
  earned: 'text',
  disputed: 'text',
  cumulative: 'text',
  lines_root: 'text',
  lines: 'integer',
  netted: 'text',
  small_before: 'text',
  small: 'text',
} as const
const ADJUSTMENTS = {
  adjustment: 'text',
  epoch: 'integer',
  account: 'text',
  token: 'text',
  kind: 'text',
  asset: 'text',
  delta: 'text',
  forfeited: 'text',
} as const
const CORRECTED_USES = { adjustment: 'text', epoch: 'integer', source: 'text', id: 'text', fee: 'text' } as const
const LINES = { account: 'text', token: 'text', kind: 'text', asset: 'text', amount: 'text' } as const
const SCORES = {
  model: 'text',
  token: 'text',
  account: 'text',
  items: 'integer',
  duplicates: 'integer',
  s: 'text',
  pay: 'text',
  held_back: 'text',
} as const
const SALES = {
  offer: 'text',
  source: 'text',
  id: 'text',
  kind: 'text',
  asset: 'text',
  seller: 'text',
  buyer: 'text',
  parts: 'integer',
  token: 'text',
  price: 'text',
  status: 'text',
} as const
export const DISPUTES = {
  dispute: 'text',
  source: 'text',
  id: 'text',
  opener: 'text',
  account: 'text',
  token: 'text',
  kind: 'text',
  asset: 'text',
  line_epoch: 'integer',
  claim: 'text',
  epoch: 'integer',
  until: 'integer',
  bond: 'text',
  wanted: 'text',
  held: 'text',
  award: 'text',
  status: 'text',
} as const
const VECTORS = { model: 'text', token: 'text', v: 'bytes', x: 'bytes' } as const
type AccountRow = RowOf<typeof ACCOUNTS>
export type CorrectedUseRow = RowOf<typeof CORRECTED_USES>
export type AdjustmentRow = RowOf<typeof ADJUSTMENTS>
type LineRow = RowOf<typeof LINES>
export type SaleRow = RowOf<typeof SALES>
export type DisputeRow = RowOf<typeof DISPUTES>
type ScoreRow = RowOf<typeof SCORES>
export type VectorRow = RowOf<typeof VECTORS>

/** Paths of the tables, as differences name them. */
export const TABLES = {
  leaves: 'public/leaves.parquet',
  accounts: 'public/accounts.parquet',
  disputes: 'public/disputes.parquet',
  adjustments: 'public/adjustments.parquet',
  lines: 'public/lines.parquet',
  sales: 'public/sales.parquet',
  scores: 'public/scores.parquet',
  vectors: 'public/vectors.parquet',
  correctedUses: CORRECTED_USES_FILE,
  records: RECORDS_FILE,
} as const

/** An adjustment as the epoch that accepted it names it; what it says is held to the records when these come. */
export type AnnouncedAdjustment = Manifest['adjustments'][number] & {
  readonly correctedUses: readonly CorrectedUseRow[]
}

export interface EpochFolder {
  readonly path: string
  /** From the folder's name; undefined when it is not epoch-NNNNNN. */
  readonly epoch: number | undefined
}

/** One epoch as published, of the right shape, not yet checked: all but its records and leaves, which are read piece by piece. */
export interface EpochBundle {
  readonly folder: EpochFolder
  readonly epoch: number
  readonly manifest: Manifest
  /** SHA-256 of the bytes of manifest.json. */
  readonly manifestHash: string
  readonly genesis: Genesis
  readonly ledgerId: Uint8Array
  readonly state: State
  /** SHA-256 of the bytes of state.json. */
  readonly stateHash: string
  readonly accounts: readonly AccountRow[]
  readonly adjustments: readonly AdjustmentRow[]
  readonly lines: readonly LineRow[]
  readonly sales: readonly SaleRow[]
  readonly disputes: readonly DisputeRow[]
  readonly scores: readonly ScoreRow[]
  readonly vectors: readonly VectorRow[]
  /** Whether the restricted tier is there. */
  readonly hasRecords: boolean
  /** By {@link erasurePlace}; empty when the restricted tier is not there. */
  readonly erasures: ReadonlyMap<string, ErasedRecord>
}

/**
 * The epoch folders at `path`: itself when it has a manifest.json, else its folders epoch-NNNNNN in order.
 *
 * @throws BundleNotFoundError
 */
export async function findEpochFolders(path: string): Promise<EpochFolder[]> {
  const folder = resolve(path)
  const entry = await lstat(folder).catch((cause) => {
    throw new BundleNotFoundError({ path, found: causeText(cause) })
  })
  if (!entry.isDirectory()) throw new BundleNotFoundError({ path, found: 'it is no folder' })
  const names = await readdir(folder)
  if (names.includes('manifest.json') || names.includes('files.json')) {
    return [{ path: folder, epoch: epochOfName(basename(folder)) }]
  }
  const folders = names
    .filter((name) => epochOfName(name) !== undefined)
    .sort(compareText)
    .map((name) => ({ path: join(folder, name), epoch: epochOfName(name) }))
  if (folders.length === 0) throw new BundleNotFoundError({ path, found: 'it holds no folder epoch-NNNNNN' })
  if (folders.length > EPOCHS_MAX) throw new BundleNotFoundError({ path, found: `more than ${EPOCHS_MAX} epochs` })
  for (const { path: epochPath } of folders) {
    if (!(await lstat(epochPath)).isDirectory())
      throw new BundleNotFoundError({ path: epochPath, found: 'it is no folder' })
  }
  return folders
}

function epochOfName(name: string): number | undefined {
  const digits = /^epoch-(\d{6})$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/**
 * What an epoch says of adjustments before its turn has come: nothing, when it cannot be read, which is found then, or when it has no
 * records.
 */
export async function readAnnounced(
  folder: EpochFolder,
  { hasRecords }: CheckedFiles,
): Promise<readonly AnnouncedAdjustment[]> {
  try {
    const { adjustments } = readManifest(await readDocument(folder.path, 'manifest.json'))
    if (adjustments.length === 0 || !hasRecords) return []
    const rows = await readTable(join(folder.path, TABLES.correctedUses), TABLES.correctedUses, CORRECTED_USES)
    return adjustments.map((each) => ({
      ...each,
      correctedUses: rows.filter(({ adjustment }) => adjustment === each.adjustment),
    }))
  } catch (error) {
    if (error instanceof DifferenceFound) return []
    throw error
  }
}

/**
 * Reads an epoch's files after {@link checkFiles} held them to files.json.
 *
 * @throws DifferenceFound a file is not of the shape of docs/formats.md
 */
export async function readEpoch(folder: EpochFolder, files: CheckedFiles): Promise<EpochBundle> {
  const manifestBytes = await readDocument(folder.path, 'manifest.json')
  const manifest = readManifest(manifestBytes)
  if (folder.epoch !== undefined && folder.epoch !== manifest.epoch) {
    differ('manifest', 'manifest.json epoch', `${folder.epoch} (the folder's name)`, manifest.epoch)
  }
  const genesisBytes = await readDocument(folder.path, 'genesis.json')
  const stateBytes = await readDocument(folder.path, 'state.json')
  const at = (where: string) => join(folder.path, where)
  return {
    folder,
    epoch: manifest.epoch,
    manifest,
    manifestHash: toHex(sha256(manifestBytes)),
    genesis: readGenesis(genesisBytes),
    ledgerId: sha256(genesisBytes),
    state: toState(parseDocument('state', 'state.json', stateBytes)),
    stateHash: toHex(sha256(stateBytes)),
    accounts: await readTable(at(TABLES.accounts), TABLES.accounts, ACCOUNTS),
    adjustments: await readTable(at(TABLES.adjustments), TABLES.adjustments, ADJUSTMENTS),
    lines: await readTable(at(TABLES.lines), TABLES.lines, LINES),
    disputes: await readTable(at(TABLES.disputes), TABLES.disputes, DISPUTES),
    sales: await readTable(at(TABLES.sales), TABLES.sales, SALES),
    scores: await readTable(at(TABLES.scores), TABLES.scores, SCORES),
    vectors: await readTable(at(TABLES.vectors), TABLES.vectors, VECTORS),
    hasRecords: files.hasRecords,
    erasures: files.hasErasures
      ? readErasures(manifest.epoch, await readDocument(folder.path, ERASURES_FILE))
      : new Map(),
  }
}

/** What whoever looks at the records of an epoch needs of its bundle, and nothing of influence or amounts. */
export type EpochOfRecords = Pick<EpochBundle, 'folder' | 'manifest' | 'genesis' | 'ledgerId' | 'erasures'>

/**
 * Reads that from an epoch that has its records, whatever else of it is missing or damaged: records are held to the leaves, and
 * these to the tree, all the same.
 *
 * @throws DifferenceFound a file is not of the shape of docs/formats.md; BundleUnreadableError
 */
export async function readEpochOfRecords(folder: EpochFolder): Promise<EpochOfRecords> {
  const manifest = readManifest(await readDocument(folder.path, 'manifest.json'))
  const genesisBytes = await readDocument(folder.path, 'genesis.json')
  const hasErasures = (await lstat(join(folder.path, ERASURES_FILE)).catch(() => undefined)) !== undefined
  return {
    ...{ folder, manifest, genesis: readGenesis(genesisBytes), ledgerId: sha256(genesisBytes) },
    erasures: hasErasures ? readErasures(manifest.epoch, await readDocument(folder.path, ERASURES_FILE)) : new Map(),
  }
}

/** Close it when it is read. @throws as {@link readEpoch} */
export function openLeaves({ folder }: Pick<EpochBundle, 'folder'>): Promise<Table<typeof LEAVES>> {
  return Table.open(join(folder.path, TABLES.leaves), TABLES.leaves, LEAVES)
}

/** The records of an epoch that has its restricted tier. Close it when it is read. @throws as {@link readEpoch} */
export function openRecords(folder: EpochFolder): Promise<Table<typeof RECORDS>> {
  return Table.open(join(folder.path, TABLES.records), TABLES.records, RECORDS)
}

function readManifest(bytes: Uint8Array): Manifest {
  const document = parseDocument('manifest', 'manifest.json', bytes)
  try {
    return toManifest(document)
  } catch (cause) {
    if (!(cause instanceof InvalidManifestError)) throw cause
    return differ('manifest', 'manifest.json', 'the shape of docs/formats.md#manifest', cause.message)
  }
}

function readGenesis(bytes: Uint8Array): Genesis {
  const document = parseDocument('genesis', 'genesis.json', bytes)
  try {
    return toGenesis(document)
  } catch (cause) {
    if (!(cause instanceof InvalidGenesisError || cause instanceof InvalidIdError)) throw cause
    return differ('genesis', 'genesis.json', 'the shape of docs/formats.md#genesis', cause.message)
  }
}
