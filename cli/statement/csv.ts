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
    ...statement.nothing.map(
      ({ of, reason, asset, token, count, amount }): Row => ({
        ...{ section: `nothing: ${of}`, kind: reason, asset, token, amount, uses: count },
      }),
    ),
    ...statement.findings.map(
      ({ epoch, forEpoch, token, kind, asset, delta }): Row => ({
        ...{ section: `found by an adjustment of epoch ${forEpoch}`, epoch, token, kind, asset, amount: delta },
      }),
    ),
    ...statement.claims.map(
      ({ token, model, amount }): Row => ({ section: 'owed by adjustments', token, asset: model, amount }),
    ),
    ...statement.erased.flatMap(({ batchId, indexes, orderedIn }) =>
      indexes.map((index): Row => ({ section: 'erased', epoch: orderedIn, asset: `${batchId}/${index}` })),
    ),
    ...disputeRows(statement.disputes),
    ...payingRows(statement.paying),
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

/** The rows of an epoch and token, of section `row`, sum to its `paid`. */
function epochRows({ epoch, lines, payouts }: WholeStatement['epochs'][number], hash: string | null): Row[] {
  const of = { epoch, manifest_hash: hash }
  return payouts.flatMap(({ token, rows, paid, minimum, cumulative }): Row[] => [
    ...rows.map((row): Row => {
      const line = row.line === null ? undefined : lines.find((each) => each.token === token && each.index === row.line)
      const { kind, asset, amount } = row
      return { ...of, section: 'row', token, kind, asset, amount, ...(line === undefined ? {} : lineCells(line)) }
    }),
    { ...of, section: 'paid', token, amount: paid },
    { ...of, section: 'minimum payout', token, amount: minimum },
    { ...of, section: 'paid since the first epoch', token, amount: cumulative },
  ])
}

function lineCells({ share, heldBack, index, leaf }: WholeStatement['epochs'][number]['lines'][number]): Row {
  const cells = { held_back: heldBack, line_index: index, leaf }
  return share === null ? cells : { ...cells, share: share.value, share_low: share.low, share_high: share.high }
}

/** The movements of a token, of section `balance row`, sum to its `balance`. */
function payingRows(paying: WholeStatement['paying']): Row[] {
  if (paying === null) return []
  const { movements, balances } = paying
  const tokens = [...new Set([...movements, ...balances].map(({ token }) => token))].sort()
  return [
    ...movements.map(
      ({ epoch, token, kind, asset, amount }): Row => ({ section: 'balance row', epoch, token, kind, asset, amount }),
    ),
    ...tokens.map((token): Row => {
      const amount = balances.find((each) => each.token === token)?.amount ?? 0n
      return { section: 'balance', token, amount }
    }),
  ]
}

function disputeRows(disputes: WholeStatement['disputes']): Row[] {
  return disputes.flatMap(({ dispute, epoch, line, state, held, award, bond, bondBecame, until }): Row[] => {
    const of = { epoch, token: line.token, asset: dispute, until_epoch: until }
    return [
      { ...of, section: 'dispute', kind: state, amount: held },
      ...(award > 0n ? [{ ...of, section: 'dispute award', kind: state, amount: award }] : []),
      ...(bond > 0n ? [{ ...of, section: 'dispute bond', kind: bondBecame, amount: bond }] : []),
    ]
  })
}
