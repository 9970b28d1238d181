import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'

const COLUMNS = [
  'section',
  'epoch',
  'token',
  'kind',
  'asset',
  'amount',
  'uses',
  'share',
  'share_low',
  'share_high',
  'held_back',
  'yours',
  'until_epoch',
  'line_index',
  'leaf',
  'manifest_hash',
] as const
type Row = Partial<Record<(typeof COLUMNS)[number], string | number | bigint | null>>

/** RFC 4180. */
const LINE_END = '\r\n'
/** A spreadsheet takes a cell that begins so for a formula, and runs it. */
const FORMULA = /^[=+\-@\t\r]/
const NUMBER = /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/
/** What a terminal would obey, and marks that turn text around. */
const INVISIBLE = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu

/**
 * A statement as CSV (RFC 4180), one fact a row: `section` says which. Amounts are whole numbers of the token's smallest unit; there
 * is no decimal column, since the ledger does not know a token's decimals. A text that a spreadsheet would take for a formula gets a
 * `'` before it.
 *
 * @returns lines that end with CR LF, the names of the columns first
 */
export function statementCsv(statement: WholeStatement): string {
  return [COLUMNS.join(','), ...rowsOf(statement).map((row) => COLUMNS.map((name) => cell(row[name])).join(','))]
    .map((line) => line + LINE_END)
    .join('')
}

function cell(value: Row[keyof Row]): string {
  const text = String(value ?? '').replace(INVISIBLE, '\ufffd')
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function rowsOf(statement: WholeStatement): Row[] {
  const hashes = new Map(statement.proofs.map(({ epoch, manifestHash }) => [epoch, manifestHash]))
  return [
    ...statement.owns.flatMap(({ asset, kind, history }) =>
      history.map(({ epoch, parts }): Row => ({ section: 'owned millionths', epoch, kind, asset, amount: parts })),
    ),
    ...statement.uses.map(
      ({ epoch, token, role, asset, fees, uses }): Row => ({
        ...{ section: 'used', epoch, token, kind: role, asset, amount: fees, uses },
      }),
    ),
    ...statement.epochs.flatMap((each) => epochRows(each, hashes.get(each.epoch) ?? null)),
    ...statement.totals.flatMap(({ token, cumulative, small }): Row[] => [
      { section: 'total', token, kind: 'paid since the first epoch', amount: cumulative },
      { section: 'total', token, kind: 'small', amount: small },
    ]),
    ...statement.held.map(
      ({ bucket, asset, token, since, until, amount, yours, ofYours }): Row => ({
        ...{ section: 'held', epoch: since, token, kind: bucket, asset, amount },
        ...{ held_back: ofYours, yours, until_epoch: until },
      }),
    ),
    ...statement.claimable.map(
      ({ token, epoch, cumulative }): Row => ({ section: 'claimable', epoch, token, amount: cumulative }),
    ),
    ...[...statement.helped, ...statement.hurt].map(
      ({ batchId, index, value }): Row => ({
        ...{ section: 'influence, not payment', kind: value > 0n ? 'helped' : 'hurt' },
        ...{ asset: `${batchId}/${index}`, amount: value },
      }),
    ),
  ]
}

function epochRows({ epoch, lines, payouts }: WholeStatement['epochs'][number], hash: string | null): Row[] {
  const of = { epoch, manifest_hash: hash }
  return [
    ...lines.map(
      ({ token, kind, asset, amount, share, heldBack, index, leaf }): Row => ({
        ...{ ...of, section: 'earned', token, kind, asset, amount, held_back: heldBack, line_index: index, leaf },
        ...(share === null ? {} : { share: share.value, share_low: share.low, share_high: share.high }),
      }),
    ),
    ...payouts.flatMap(({ token, smallBefore, deducted, paid, small, cumulative }): Row[] => [
      { ...of, section: 'payout', token, kind: 'small before', amount: smallBefore },
      ...deducted.map(({ deduction, amount }): Row => ({ ...of, section: 'payout', token, kind: deduction, amount })),
      { ...of, section: 'payout', token, kind: 'paid', amount: paid },
      { ...of, section: 'payout', token, kind: 'small', amount: small },
      { ...of, section: 'payout', token, kind: 'cumulative', amount: cumulative },
    ]),
  ]
}
