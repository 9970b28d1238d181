import type { StatementEpoch, StatementLine, StatementPayout } from '../../jobs/statement/epochs.ts'
import type { PayoutRow } from '../../jobs/statement/payout-rows.ts'
import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { type Html, html, recordText, when } from '../../web/src/markup.ts'
import { barEnd, shareBar } from '../../web/src/share-bar.ts'
import { formatPercent } from '../output.ts'
import { lineProofId, payoutProofId, provenAmount, type Tokens } from './page-numbers.ts'
import { glossary, section, table } from './page-tables.ts'
import { deductionWords, INTERVAL, lineWords, rowWords } from './words.ts'

const MILLION = 1_000_000

/** What was earned and what came off, row by row, with how sure the shares are: the rows of an epoch sum to what was paid. */
export function earnings({ epochs, paidByKind }: WholeStatement, tokens: Tokens): Html {
  const payoutsOfAll = epochs.flatMap(({ payouts: own }) => own)
  if (payoutsOfAll.length === 0)
    return section('earned', 'What you earned', html`<p class="empty">Nothing was earned in these epochs.</p>`)
  const lines = epochs.flatMap((each) => each.lines)
  const end = barEnd(lines.map(({ share }) => (share === null ? null : inMillionths(share))))
  const heads = [
    ...[{ name: 'Epoch' }, { name: 'For' }, { name: 'Asset' }, { name: 'Amount', isNumber: true }],
    ...[{ name: 'Share of what contributors earned' }, { name: 'Held back', isNumber: true }],
  ]
  const words = glossary(
    payoutsOfAll.flatMap(({ rows: own }) => own.map(({ kind }) => kind)),
    rowWords,
  )
  const rows = epochs.flatMap((epoch) =>
    epoch.payouts.flatMap((payout) => [
      ...payout.rows.map((row) => payoutRow(epoch, payout, row, end, tokens)),
      paidRow(epoch, payout, tokens),
    ]),
  )
  const together = paidByKind.map(({ kind, token, amount }, at) => {
    return html`${at === 0 ? '' : '; '}${provenAmount(amount, 'paid')} ${tokens.name(token)} for ${lineWords(kind).short}`
  })
  return section(
    'earned',
    'What you earned',
    html`<p>What was earned, and below it what was carried or deducted: the rows of an epoch and token sum to what was paid.</p>
${words}${table('What you earned', heads, rows)}
${when(paidByKind.length > 0, () => html`<p>Earned together, before anything is carried or deducted: ${together}.</p>`)}
${when(
  lines.some(({ share }) => share !== null),
  () => html`<p class="note" id="proof-interval">${INTERVAL}</p>`,
)}`,
  )
}

function payoutRow(
  { epoch, lines }: StatementEpoch,
  { token }: StatementPayout,
  { kind, asset, amount, line: index }: PayoutRow,
  end: number,
  tokens: Tokens,
): Html {
  const letter = tokens.letter(token)
  const line = index === null ? undefined : lines.find((each) => each.token === token && each.index === index)
  const proof = index === null ? payoutProofId(epoch, letter) : lineProofId(epoch, letter, index)
  const [share, heldBack] = [line?.share ?? null, line?.heldBack ?? 0n]
  return html`<tr><th scope="row">${epoch}</th><td>${rowWords(kind).short}</td><td>${asset === null ? '–' : recordText(asset, 80)}</td>
<td class="number">${provenAmount(amount, proof)} ${tokens.name(token)}</td>
<td>${share === null ? '–' : shareCell(share, end)}</td>
<td class="number">${heldBack === 0n ? '–' : provenAmount(heldBack, proof)}</td></tr>`
}

function paidRow({ epoch }: StatementEpoch, { token, paid }: StatementPayout, tokens: Tokens): Html {
  const proof = payoutProofId(epoch, tokens.letter(token))
  return html`<tr class="sum"><th scope="row">${epoch}</th><td>= paid</td><td>–</td>
<td class="number">${provenAmount(paid, proof)} ${tokens.name(token)}</td><td>–</td><td class="number">–</td></tr>`
}

type Share = NonNullable<StatementLine['share']>

function shareCell(share: Share, end: number): Html {
  return html`${shareBar(inMillionths(share), end)}
<a href="#proof-interval"><span class="percent">${formatPercent(share.value)}</span>
<span class="interval">90 % interval ${formatPercent(share.low)} to ${formatPercent(share.high)}</span></a>`
}

function inMillionths({ low, value, high }: Share): Share {
  const [from, at, to] = [low, value, high].map((part) => Math.round(part * MILLION)) as [number, number, number]
  return { low: Math.min(from, to), value: at, high: Math.max(from, to) }
}

/** What became of it: deducted, paid or carried. */
export function payouts({ epochs }: WholeStatement, tokens: Tokens): Html {
  const all = epochs.flatMap(({ epoch, payouts: ofEpoch }) => ofEpoch.map((payout) => ({ epoch, ...payout })))
  if (all.length === 0)
    return section('paid', 'What became of it', html`<p class="empty">Nothing was paid or carried in these epochs.</p>`)
  const deductions = [...new Set(all.flatMap(({ deducted }) => deducted.map(({ deduction }) => deduction)))]
  const heads = [
    ...[{ name: 'Epoch' }, { name: 'Token' }, { name: 'Carried from before', isNumber: true }],
    { name: 'Earned', isNumber: true },
    ...deductions.map((deduction) => ({ name: `Less: ${deductionWords(deduction).short}`, isNumber: true })),
    ...[
      { name: 'Paid', isNumber: true },
      { name: 'Carried on', isNumber: true },
    ],
    ...[
      { name: 'Minimum payout', isNumber: true },
      { name: 'Paid since the first epoch', isNumber: true },
    ],
  ]
  const rows = all.map(({ epoch, token, smallBefore, earned, deducted, paid, small, minimum, cumulative }) => {
    const proof = payoutProofId(epoch, tokens.letter(token))
    const cell = (amount: bigint) => html`<td class="number">${provenAmount(amount, proof)}</td>`
    const less = deductions.map((name) => cell(deducted.find(({ deduction }) => deduction === name)?.amount ?? 0n))
    return html`<tr><th scope="row">${epoch}</th><td>${tokens.name(token)}</td>${cell(smallBefore)}${cell(earned)}${less}
${cell(paid)}${cell(small)}${cell(minimum)}${cell(cumulative)}</tr>`
  })
  return section(
    'paid',
    'What became of it',
    html`<p>What is carried and what is earned is deducted, paid or carried on, to the last unit. A payout below the
<em>minimum payout</em>, which the policy names because a claim costs gas, is carried to the next epoch and stays yours.</p>
${glossary(deductions, deductionWords)}${table('What became of it', heads, rows)}`,
  )
}
