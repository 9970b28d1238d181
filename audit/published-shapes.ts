import { type EpochBundle, TABLES } from './bundle.ts'
import { differ } from './difference.ts'
import { compareText, firstOf } from './order.ts'
import { compareLines } from './settlement.ts'

/** The distributor keeps totals in 128 bits. */
const AMOUNT_LIMIT = 1n << 128n

/** What a text column may hold, and how to say so. */
interface Shape {
  readonly expected: string
  readonly fits: (text: string) => boolean
}

const ADDRESS: Shape = { expected: 'an address', fits: (text) => /^0x[0-9a-f]{40}$/.test(text) }
const AMOUNT: Shape = {
  expected: 'an amount below 2^128',
  fits: (text) => /^(0|[1-9]\d{0,38})$/.test(text) && BigInt(text) < AMOUNT_LIMIT,
}
const POSITIVE: Shape = { expected: 'an amount above 0', fits: (text) => AMOUNT.fits(text) && text !== '0' }
const WHOLE: Shape = { expected: 'a whole number', fits: (text) => /^(0|-?[1-9]\d{0,77})$/.test(text) }
const KIND: Shape = {
  expected:
    'data, retrieval, text, model, royalty, agent, outcome, infrastructure, treasury, sale, licence, adjustment, released, award or bond',
  fits: (text) =>
    /^(data|retrieval|text|model|royalty|agent|outcome|infrastructure|treasury|sale|licence|adjustment|released|award|bond)$/.test(
      text,
    ),
}

/** Every text column holds what it should, and rows are strictly ascending. @throws DifferenceFound */
export function checkShapes({ accounts, lines, scores, vectors }: EpochBundle): void {
  checkColumns('accounts', TABLES.accounts, accounts, {
    account: ADDRESS,
    token: ADDRESS,
    before: AMOUNT,
    earned: AMOUNT,
    disputed: AMOUNT,
    cumulative: AMOUNT,
    netted: AMOUNT,
    small_before: AMOUNT,
    small: AMOUNT,
  })
  checkColumns('lines', TABLES.lines, lines, { account: ADDRESS, token: ADDRESS, kind: KIND, amount: POSITIVE })
  checkColumns('scores', TABLES.scores, scores, {
    account: ADDRESS,
    token: ADDRESS,
    s: WHOLE,
    pay: AMOUNT,
    held_back: AMOUNT,
  })
  assertAscending('accounts', TABLES.accounts, accounts, (a, b) =>
    firstOf(compareText(a.account, b.account), compareText(a.token, b.token)),
  )
  assertAscending('lines', TABLES.lines, lines, compareLines)
  assertAscending('scores', TABLES.scores, scores, (a, b) =>
    firstOf(comparePeriods(a, b), compareText(a.account, b.account)),
  )
  assertAscending('vectors', TABLES.vectors, vectors, comparePeriods)
}

function checkColumns<Row extends object>(
  check: string,
  table: string,
  rows: readonly Row[],
  shapes: Partial<Record<keyof Row & string, Shape>>,
): void {
  const columns = Object.entries(shapes) as [keyof Row & string, Shape][]
  for (const [index, row] of rows.entries()) {
    for (const [column, { expected, fits }] of columns) {
      const text = String(row[column])
      if (!fits(text)) differ(check, `${table} row ${index} ${column}`, expected, text)
    }
  }
}

type OfPeriod = { readonly model: string; readonly token: string }

function comparePeriods(a: OfPeriod, b: OfPeriod): number {
  return firstOf(compareText(a.model, b.model), compareText(a.token, b.token))
}

/** @throws DifferenceFound naming the first row that does not come after the one before */
export function assertAscending<Row>(
  check: string,
  table: string,
  rows: readonly Row[],
  compare: (a: Row, b: Row) => number,
): void {
  for (let index = 1; index < rows.length; index++) {
    if (compare(rows[index - 1]!, rows[index]!) >= 0) {
      differ(check, `${table} row ${index}`, 'strictly ascending rows', 'a row out of order')
    }
  }
}
