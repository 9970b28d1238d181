import { type DuckDBValue, LIST, listValue, VARCHAR } from '@duckdb/node-api'
import { buildLineTree } from '../../anchor/lines/line-tree.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { type Influence, influenceChecksum, type Receipt } from '../../anchor/verify/receipt.ts'
import type { SignedCheckpoint } from '../../anchor/verify/signed-checkpoint.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, type Hash32, toHex } from '../../schemas/ids.ts'
import { lastPublishedEpoch } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { type AccountRow, accountRow, loadManifest, scoreRow } from '../publish/build-manifest.ts'
import { proveRow } from '../publish/row-blocks.ts'
import { type Line, type LineKind, lineBytes, lineRow } from '../settlement/lines.ts'
import { provePayouts } from './payout-proof.ts'
import { signedCheckpointOf } from './signed-checkpoint.ts'

const accountPlace = readSql(new URL('./account-place.sql', import.meta.url))
const scorePlace = readSql(new URL('./score-place.sql', import.meta.url))
const accountInfluence = readSql(new URL('./account-influence.sql', import.meta.url))

/** So many contributions are named unless asked otherwise. */
export const INFLUENCES_SHOWN = 10

export interface ReceiptOptions {
  /** Default: the newest published one. */
  readonly epoch?: number
  /** Lines to show; all unless given. */
  readonly lines?: readonly LineName[]
  /** How many of the most influential contributions to name. */
  readonly top?: number
  /** Verifier key of the log, when it is served. */
  readonly logKey?: string | undefined
}

/** A line of an account in an epoch. */
export interface LineName {
  readonly kind: LineKind
  readonly asset: string
}

export class NoReceiptError extends TallyError {
  override readonly code = 'NO_RECEIPT'
  constructor(facts: { account: string; epoch: number }) {
    super(`There is no receipt for ${facts.account} in epoch ${facts.epoch}.`, {
      facts,
      hint: 'A receipt exists for each account that ever earned something, once an epoch is published; see `tally epoch status`.',
    })
  }
}

export class NoLineError extends TallyError {
  override readonly code = 'NO_LINE'
  constructor(facts: { line: string; epoch: number; lines: string }) {
    super(`The account has no line ${facts.line} in epoch ${facts.epoch}; it has ${facts.lines || 'none'}.`, {
      facts,
      hint: 'A line is named kind:asset, for example data:digit-reader.',
    })
  }
}

/**
 * Receipts of an account, one for each token (docs/formats.md#receipt): the machine's half of a statement, verified with
 * nothing but the document. Of the tables one block of rows is read for each proof, however large they are.
 *
 * @throws NoReceiptError, NoLineError
 */
export async function receiptsOf(ledger: Ledger, account: Address, options: ReceiptOptions = {}): Promise<Receipt[]> {
  const { warehouse } = ledger
  const newest = (await lastPublishedEpoch(warehouse)) ?? 0
  const epoch = options.epoch ?? newest
  const places = epoch < 1 || epoch > newest ? [] : await warehouse.all(accountPlace, { epoch, account })
  if (places.length === 0) throw new NoReceiptError({ account, epoch })
  const manifest = await loadManifest(warehouse, epoch)
  const checkpoint = await signedCheckpointOf(warehouse, manifest, options.logKey)
  const rows = places.map((row) => ({ row: accountRow(row), index: Number(row.place) }))
  const payouts = await provePayouts(
    ledger,
    manifest,
    rows.map(({ row }) => row),
  )
  const receipts: Receipt[] = []
  for (const [place, own] of rows.entries())
    receipts.push(await receiptOf({ ledger, manifest, checkpoint, ...own, payout: payouts[place]!, options }))
  return receipts
}

interface ReceiptParts {
  readonly ledger: Ledger
  readonly manifest: Manifest
  readonly checkpoint: SignedCheckpoint | null
  readonly row: AccountRow
  readonly index: number
  readonly payout: Receipt['payout']
  readonly options: ReceiptOptions
}

async function receiptOf(parts: ReceiptParts): Promise<Receipt> {
  const { ledger, manifest, checkpoint, row, index, payout, options } = parts
  const { warehouse } = ledger
  const { account, token } = row as Receipt['row']
  const rowProof = await proveRow({
    warehouse,
    manifest,
    table: 'accounts',
    index,
    read: pagesOf(ledger, manifest, 'account_total', 'account, token', accountRow),
  })
  const lines = await linesOf(parts)
  const models = lines.filter(({ line }) => line.kind === 'data').map(({ line }) => line.asset)
  const scores: Receipt['scores'] = []
  for (const model of models) scores.push(await scoreOf(parts, model))
  const items = await influencesOf(parts, models, options.top ?? INFLUENCES_SHOWN)
  return {
    format: 'tallystick-receipt/1',
    account,
    token,
    manifest,
    payout,
    row: row as Receipt['row'],
    rowIndex: index,
    rowProof,
    lines,
    scores,
    checkpoint,
    influenceNotPayment: { items, checksum: influenceChecksum(items) },
  }
}

/** The lines that are asked for, with their proofs in the account's line tree. */
async function linesOf({ ledger, manifest: { epoch }, row, options }: ReceiptParts): Promise<Receipt['lines']> {
  const lines = await ledger.warehouse.all<Line>(
    `SELECT account, token, kind, asset, amount FROM settlement_line
     WHERE epoch = $epoch AND account = $account AND token = $token ORDER BY kind, asset`,
    { epoch, account: row.account, token: row.token },
  )
  const wanted = options.lines?.map((name) => placeOfLine(lines, name, epoch))
  const tree = buildLineTree(lines.map((line) => lineBytes(line, epoch)))
  const shown = wanted === undefined ? [...lines.keys()] : [...new Set(wanted)].sort((a, b) => a - b)
  return shown.map((index) => ({
    index,
    line: lineRow(lines[index]!, epoch) as Receipt['lines'][number]['line'],
    proof: tree.proofOf(index).map((node) => toHex(node) as Hash32),
  }))
}

function placeOfLine(lines: readonly Line[], { kind, asset }: LineName, epoch: number): number {
  const index = lines.findIndex((line) => line.kind === kind && line.asset === asset)
  if (index !== -1) return index
  const names = lines.map((line) => `${line.kind}:${line.asset}`).join(', ')
  throw new NoLineError({ line: `${kind}:${asset}`, epoch, lines: names })
}

async function scoreOf({ ledger, manifest, row }: ReceiptParts, model: string): Promise<Receipt['scores'][number]> {
  const { warehouse } = ledger
  const { epoch } = manifest
  const key = { epoch, model, token: row.token, account: row.account }
  const found = (await warehouse.one(scorePlace, key))!
  const index = Number(found.place)
  const proof = await proveRow({
    warehouse,
    manifest,
    table: 'scores',
    index,
    read: pagesOf(ledger, manifest, 'score', 'model, token, account', scoreRow),
  })
  return { index, row: scoreRow(found) as Receipt['scores'][number]['row'], proof }
}

/** Reads rows of an epoch's table, in the order in which it is committed to. */
function pagesOf<Row>(
  { warehouse }: Ledger,
  { epoch }: Manifest,
  table: 'account_total' | 'score',
  order: string,
  toRow: (row: Readonly<Record<string, DuckDBValue>>) => Row,
): (limit: number, offset: number) => Promise<Row[]> {
  const page = `SELECT * FROM ${table} WHERE epoch = $epoch ORDER BY ${order} LIMIT $limit OFFSET $offset`
  return async (limit, offset) => (await warehouse.all(page, { epoch, limit, offset })).map(toRow)
}

async function influencesOf(
  { ledger, manifest: { epoch }, row }: ReceiptParts,
  models: readonly string[],
  top: number,
): Promise<Influence[]> {
  const rows = await ledger.warehouse.all(
    accountInfluence,
    { epoch, account: row.account, token: row.token, models: listValue([...models]), top },
    { models: LIST(VARCHAR) },
  )
  return rows.map((each) => ({
    batch: { source: each.source as string, id: each.batch_id as string },
    index: each.item_index as number,
    model: each.model as string,
    value: String(each.value),
  }))
}
