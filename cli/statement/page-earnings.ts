import type { StatementEpoch, StatementLine } from '../../jobs/statement/epochs.ts'
import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { type Html, html, recordText, when } from '../../web/src/markup.ts'
import { barEnd, shareBar } from '../../web/src/share-bar.ts'
import { formatPercent } from '../output.ts'
import { fromRecords, lineProofId, payoutProofId, provenAmount, type Tokens } from './page-numbers.ts'
import { glossary, section, table } from './page-tables.ts'
import { deductionWords, INTERVAL, lineWords } from './words.ts'

const MILLION = 1_000_000

/** What was earned, line by line, with how sure the shares are. */
export function earnings({ epochs, paidByKind }: WholeStatement, tokens: Tokens): Html {
  const lines = epochs.flatMap((each) => each.lines)
  if (lines.length === 0)
    return section('earned', 'What you earned', html`<p class="empty">Nothing was earned in these epochs.</p>`)
  const end = barEnd(lines.map(({ share }) => (share === null ? null : inMillionths(share))))
  const heads = [
    ...[{ name: 'Epoch' }, { name: 'For' }, { name: 'Asset' }, { name: 'Amount', isNumber: true }],
    ...[{ name: 'Share of what contributors earned' }, { name: 'Held back', isNumber: true }],
  ]
  const words = glossary(
    lines.map(({ kind }) => kind),
    lineWords,
  )
  const rows = epochs.flatMap((epoch) => epoch.lines.map((line) => lineRow(epoch, line, end, tokens)))
  const together = paidByKind.map(({ kind, token, amount }, at) => {
    return html`${at === 0 ? '' : '; '}${provenAmount(amount, 'paid')} ${tokens.name(token)} for ${lineWords(kind).short}`
  })
  return section(
    'earned',
    'What you earned',
    html`${words}${table('What you earned', heads, rows)}
<p>Together: ${together}.</p>
${when(
  lines.some(({ share }) => share !== null),
  () => html`<p class="note" id="proof-interval">${INTERVAL}</p>`,
)}`,
  )
}

function lineRow({ epoch }: StatementEpoch, line: StatementLine, end: number, tokens: Tokens): Html {
  const { kind, asset, token, amount, share, heldBack, index } = line
  const proof = lineProofId(epoch, tokens.letter(token), index)
  return html`<tr><th scope="row">${epoch}</th><td>${lineWords(kind).short}</td><td>${recordText(asset, 80)}</td>
<td class="number">${provenAmount(amount, proof)} ${tokens.name(token)}</td>
<td>${share === null ? '–' : shareCell(share, end)}</td>
<td class="number">${heldBack === 0n ? '–' : provenAmount(heldBack, proof)}</td></tr>`
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

/** What the account has to do with paying; nothing for most. */
export function paying({ paying: all }: WholeStatement, tokens: Tokens): Html {
  if (all === null) return html``
  const { balances, channels, uses, held } = all
  const token = (address: string) =>
    tokens.all.includes(address) ? tokens.name(address) : html`<code>${address}</code>`
  return section(
    'paying',
    'What you pay',
    html`<ul>${balances.map((each) => html`<li>${fromRecords(each.amount)} ${token(each.token)} deposited and not taken</li>`)}
${channels.map(
  (
    each,
  ) => html`<li>${recordText(each.model, 80)}: you signed for ${fromRecords(each.cumulative)} ${token(each.token)} in all (the
last voucher is number ${String(each.sequence)}), ${fromRecords(each.spent)} of it taken</li>`,
)}
${uses.map(
  (
    each,
  ) => html`<li>${recordText(each.model, 80)}: ${fromRecords(each.uses)} uses; ${fromRecords(each.funded)} ${token(each.token)} paid,
${fromRecords(each.unfunded)} signed for and not deposited, ${fromRecords(each.reported)} only reported,
${fromRecords(each.outside)} held for want of a licence, ${fromRecords(each.refunded)} given back</li>`,
)}
${held.map(
  (
    each,
  ) => html`<li>${recordText(each.model, 80)}: ${fromRecords(each.fees)} ${token(each.token)} of epoch ${each.epoch} is held,
because no licence covers the uses; without one it is yours again after epoch ${each.until}</li>`,
)}</ul>`,
  )
}
