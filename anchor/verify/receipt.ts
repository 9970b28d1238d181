import { z } from 'zod'
import { TallyError } from '../../schemas/errors.ts'
import type { Address, Hash32 } from '../../schemas/ids.ts'
import { bytesToHex, type Hex, hexToBytes } from '../bytes.ts'
import { type CanonicalJson, canonicalJson } from '../canonical-json.ts'
import { HASH_BYTES, sha256 } from '../hash.ts'
import { verifyLine } from '../lines/verify-line.ts'
import { verifyInclusion } from '../log/verify-inclusion.ts'
import { encodeManifest, manifestShape } from '../manifest.ts'
import { verifyPayout } from '../payout/verify-payout.ts'
import { address, amount, count, hash32, integer, proof, readDocument } from '../shapes.ts'
import { rowHash } from '../table-root.ts'
import { checkPay } from './payout-rule.ts'
import { checkpointChecks, signedCheckpointShape, type Trust, type Vouched, vouchedBy } from './signed-checkpoint.ts'
import { assertBetween, assertEqual, type Check, ReceiptMismatchError, type ReceiptStep, runChecks } from './steps.ts'

export const RECEIPT_FORMAT = 'tallystick-receipt/1'

/** A receipt with its years of lines is far smaller; a larger one is not read. */
export const RECEIPT_BYTES_MAX = 16 * 1024 * 1024
const INFLUENCES_MAX = 1_000
const TEXT_MAX = 1_024

/** What a line of pay may be for. */
export const LINE_KINDS = [
  'data',
  'retrieval',
  'text',
  'model',
  'royalty',
  'agent',
  'outcome',
  'infrastructure',
  'treasury',
  'sale',
  'licence',
  'adjustment',
  'released',
  'award',
  'bond',
] as const

const line = z.strictObject({
  account: address,
  amount,
  asset: z.string().max(TEXT_MAX),
  epoch: z.number().int().positive(),
  kind: z.enum(LINE_KINDS),
  token: address,
})

const score = z.strictObject({
  account: address,
  duplicates: count,
  heldBack: amount,
  items: count,
  model: z.string().max(TEXT_MAX),
  pay: amount,
  s: integer,
  token: address,
})

const influence = z.strictObject({
  batch: z.strictObject({ source: z.string().max(TEXT_MAX), id: z.string().max(TEXT_MAX) }),
  index: count,
  model: z.string().max(TEXT_MAX),
  value: integer,
})

/** @see docs/formats.md#receipt */
export const receiptShape = z.strictObject({
  format: z.literal(RECEIPT_FORMAT),
  account: address,
  token: address,
  manifest: manifestShape,
  /** Null while nothing was paid out. */
  payout: z
    .strictObject({
      chainId: z.number().int().positive(),
      distributor: address,
      account: address,
      token: address,
      cumulative: amount,
      proof,
    })
    .nullable(),
  row: z.strictObject({
    account: address,
    before: amount,
    cumulative: amount,
    disputed: amount,
    earned: amount,
    lines: count,
    linesRoot: hash32,
    netted: amount,
    small: amount,
    smallBefore: amount,
    token: address,
  }),
  rowIndex: count,
  rowProof: proof,
  /** Lines that are shown, ascending by index; all of the account's, or some. */
  lines: z.array(z.strictObject({ index: count, line, proof })),
  /** One for each line of kind data that is shown, in the order of the lines. */
  scores: z.array(z.strictObject({ index: count, row: score, proof })),
  checkpoint: signedCheckpointShape.nullable(),
  /** Told by whoever made the receipt; the checksum finds damage, and nothing else. */
  influenceNotPayment: z.strictObject({ items: z.array(influence).max(INFLUENCES_MAX), checksum: hash32 }),
})

/** A receipt of the right shape; nothing in it is checked yet. */
export type Receipt = z.infer<typeof receiptShape>
/** A contribution and how much it moved what was paid for, a whole number without a unit. Influence, not payment. */
export type Influence = z.infer<typeof influence>

/** This is no receipt at all, so that nothing can be checked. */
export class InvalidReceiptError extends TallyError {
  override readonly code = 'INVALID_RECEIPT'
  constructor(detail: string, cause?: unknown) {
    super(`This is no receipt: ${detail}`, { cause, hint: 'Its shape is in docs/formats.md#receipt.' })
  }
}

/** The checks in their order; each rests on the ones before. */
export type ReceiptCheck =
  | 'manifest'
  | 'payout'
  | 'row'
  | 'lines'
  | 'earned'
  | 'cumulative'
  | 'leaf'
  | 'scores'
  | 'checkpoint'
  | 'log key'
  | 'influence'

export interface VerifiedReceipt {
  readonly ok: boolean
  readonly epoch: number
  readonly account: Address
  readonly token: Address
  /** Smallest unit of the token: earned in this epoch, and paid out since the first. */
  readonly earned: bigint
  readonly cumulative: bigint
  /** Earned and not paid out yet: with it the account has less than the minimum. */
  readonly small: bigint
  /** Of the account's lines in this epoch. */
  readonly lines: { readonly shown: number; readonly of: number }
  /** What the chain must have anchored for the epoch. */
  readonly manifestHash: Hash32
  /** Who answers for the manifest when the chain is not asked; `nobody` unless `ok`. */
  readonly vouched: Vouched
  /** Up to the first that failed. */
  readonly steps: readonly ReceiptStep<ReceiptCheck>[]
  /** What the receipt lists as most influential. Influence, not payment; no step checks it. */
  readonly influenceNotPayment: readonly Influence[]
}

/**
 * Reads a receipt from its bytes or from the parsed document. Runs in a browser.
 *
 * @throws {@link InvalidReceiptError}
 */
export function readReceipt(value: unknown): Receipt {
  return readDocument(value, {
    shape: receiptShape,
    bytesMax: RECEIPT_BYTES_MAX,
    refuse: (detail, cause) => new InvalidReceiptError(detail, cause),
  })
}

/**
 * Everything about a receipt that can be checked without the chain, in the order of docs/formats.md#receipt. It proves the
 * amounts to whoever trusts `manifestHash`, or who `vouched` for it; that the chain anchored it is a further step. Runs in a
 * browser.
 */
export async function verifyReceiptOffline(document: Receipt, trust: Trust = {}): Promise<VerifiedReceipt> {
  const { manifest, account, token, row, lines, checkpoint } = document
  const manifestHash = bytesToHex(sha256(encodeManifest(manifest))) as Hash32
  const of = (check: (receipt: Receipt) => string): Check => {
    return () => check(document)
  }
  const steps = await runChecks<ReceiptCheck>([
    ['manifest', () => `The manifest of epoch ${manifest.epoch} has the hash ${manifestHash}.`],
    ['payout', of(checkPayout)],
    ['row', of(checkRow)],
    ['lines', of(checkLines)],
    ['earned', of(checkEarned)],
    ['cumulative', of(checkCumulative)],
    ['leaf', of(checkLeaf)],
    ...(lines.some((each) => each.line.kind === 'data') || document.scores.length > 0
      ? [['scores', of(checkScores)] as const]
      : []),
    ...checkpointChecks(manifest, checkpoint, trust),
    ['influence', of(checkInfluence)],
  ])
  const ok = steps.every((step) => step.ok)
  return {
    ok,
    epoch: manifest.epoch,
    account,
    token,
    earned: BigInt(row.earned),
    cumulative: BigInt(row.cumulative),
    small: BigInt(row.small),
    lines: { shown: lines.length, of: row.lines },
    manifestHash,
    vouched: ok ? vouchedBy(checkpoint, trust) : 'nobody',
    steps,
    influenceNotPayment: document.influenceNotPayment.items,
  }
}

/** SHA-256 of the canonical JSON of the list. */
export function influenceChecksum(items: readonly Influence[]): Hash32 {
  return bytesToHex(sha256(canonicalJson(items as unknown as CanonicalJson))) as Hash32
}

function checkPayout({ manifest, account, token, payout, row }: Receipt): string {
  if (payout === null) {
    assertEqual('row.cumulative without a payout', '0', row.cumulative)
    return 'Nothing was paid out yet, so there is no leaf.'
  }
  assertEqual('payout.chainId', manifest.payout.chainId, payout.chainId)
  assertEqual('payout.distributor', manifest.payout.distributor, payout.distributor)
  assertEqual('payout.account', account, payout.account)
  assertEqual('payout.token', token, payout.token)
  const { proof: nodes, ...leaf } = payout
  verifyPayout({
    root: manifest.payout.root,
    leaf: { ...leaf, chainId: BigInt(leaf.chainId), cumulative: BigInt(leaf.cumulative) },
    proof: nodes,
  })
  return `The payout root ${manifest.payout.root} pays ${payout.cumulative} in all.`
}

function checkRow({ manifest, account, token, row, rowIndex, rowProof }: Receipt): string {
  assertEqual('row.account', account, row.account)
  assertEqual('row.token', token, row.token)
  const { rows } = manifest.tables.accounts
  verifyRow(manifest.tables.accounts, { index: rowIndex, row, proof: rowProof })
  return `The account's row is number ${rowIndex} of the ${rows} that the manifest commits to.`
}

/** Each line stands in the account's line tree at its own place. */
function checkLines({ manifest, account, token, row, lines }: Receipt): string {
  let last = -1
  for (const [place, { index, line: shown, proof: nodes }] of lines.entries()) {
    assertEqual(`lines[${place}].account`, account, shown.account)
    assertEqual(`lines[${place}].token`, token, shown.token)
    assertEqual(`lines[${place}].epoch`, manifest.epoch, shown.epoch)
    if (index <= last) throw new ReceiptMismatchError(`lines[${place}].index`, `more than ${last}`, index)
    last = index
    verifyLine({
      line: canonicalJson(shown),
      index,
      size: row.lines,
      proof: nodes.map(nodeBytes),
      root: nodeBytes(row.linesRoot),
    })
  }
  if (lines.length === row.lines) return `These are all lines of the account in the epoch: ${row.lines}.`
  return `${lines.length} of ${row.lines} lines shown; each is one of the account's.`
}

/** Amounts of lines are above 0, so some of them never come to more than all. */
function checkEarned({ row, lines }: Receipt): string {
  const sum = lines.reduce((total, { line: shown }) => total + BigInt(shown.amount), 0n)
  if (lines.length === row.lines) {
    assertEqual('sum of the lines', BigInt(row.earned), sum)
    return `The lines sum to what was earned in the epoch, ${row.earned}.`
  }
  assertBetween('sum of the lines shown', sum, 0n, BigInt(row.earned))
  return `The lines shown come to ${sum} of the ${row.earned} earned in the epoch.`
}

/** What is earned and not netted for what the account owes is paid as a whole, or carried as a whole: by the minimum that the manifest names. */
function checkCumulative({ manifest, row, token }: Receipt): string {
  const flow = manifest.conservation.find((each) => each.token === token)
  if (flow === undefined) throw new ReceiptMismatchError(`conservation of ${token}`, 'an entry', 'none')
  const [before, minimum] = [BigInt(row.before), BigInt(flow.minimumPayout)]
  assertBetween('row.netted', BigInt(row.netted), 0n, BigInt(row.earned))
  const due = BigInt(row.smallBefore) + BigInt(row.earned) - BigInt(row.netted) - BigInt(row.disputed)
  if (due < 0n) throw new ReceiptMismatchError('row.disputed', 'at most what was earned and carried', row.disputed)
  const isSmall = due < minimum
  assertEqual('row.cumulative', isSmall ? before : before + due, BigInt(row.cumulative))
  assertEqual('row.small', isSmall ? due : 0n, BigInt(row.small))
  const netted = row.netted === '0' ? '' : `, less ${row.netted} netted for what it owes,`
  const disputed = row.disputed === '0' ? '' : `, less ${row.disputed} disputed,`
  const whence = `${row.earned} in the epoch${netted}${row.smallBefore === '0' ? '' : ` with ${row.smallBefore} carried before`}${disputed}`
  if (isSmall) return `${whence}: ${due} is carried on, below the minimum of ${minimum}; ${before} was paid before.`
  return `${before} before and ${whence} make ${row.cumulative}.`
}

function checkLeaf({ row, payout }: Receipt): string {
  if (payout === null) return 'The row names no amount, and there is no payout leaf.'
  assertEqual('amount of the payout leaf', row.cumulative, payout.cumulative)
  return 'The row and the payout leaf name the same amount.'
}

/** Behind each data line stand a period of the manifest and the account's score in it. */
function checkScores({ manifest, account, token, lines, scores }: Receipt): string {
  const data = lines.filter((each) => each.line.kind === 'data')
  assertEqual('number of scores', data.length, scores.length)
  const found = data.map(({ line: shown }, place) => {
    const { index, row, proof: nodes } = scores[place]!
    const where = `scores[${place}]`
    assertEqual(`${where}.account`, account, row.account)
    assertEqual(`${where}.token`, token, row.token)
    assertEqual(`${where}.model`, shown.asset, row.model)
    assertEqual(`${where}.pay`, shown.amount, row.pay)
    verifyRow(manifest.tables.scores, { index, row, proof: nodes })
    const period = manifest.periods.find((each) => each.model === row.model && each.token === token)
    if (period === undefined) throw new ReceiptMismatchError(`period of ${where}`, `one of ${row.model}`, 'none')
    return `${shown.asset}: ${checkPay(period, row)}`
  })
  return `${found.join('; ')}.`
}

function checkInfluence({ influenceNotPayment: { items, checksum } }: Receipt): string {
  assertEqual('checksum of the list', checksum, influenceChecksum(items))
  return `The list of ${items.length} contributions is whole. It is influence, not payment, and not checked by this receipt.`
}

interface ProvenRow {
  readonly index: number
  readonly row: object
  readonly proof: readonly Hex[]
}

/** @throws as {@link verifyInclusion} */
function verifyRow(table: { readonly rows: number; readonly root: Hash32 }, { index, row, proof: nodes }: ProvenRow) {
  verifyInclusion({
    leafHash: rowHash(row as CanonicalJson),
    index,
    treeSize: table.rows,
    proof: nodes.map(nodeBytes),
    rootHash: nodeBytes(table.root),
  })
}

function nodeBytes(hex: Hex): Uint8Array {
  return hexToBytes(hex, HASH_BYTES, 'A node')
}
