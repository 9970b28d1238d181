import { writeCount } from './counting.ts'
import { INFLUENCE_IS_NOT_PAYMENT, itemStrip, strongest } from './influence.ts'
import { clip, type Html, html, nameText, recordText, when } from './markup.ts'
import { amount, formatFor, type MoneyFormat, parseAtoms, sumAtoms, symbolText, writeExact } from './money.ts'
import type { ReportAccount, ReportData, ReportItem } from './report-data.ts'
import { barEnd, shareBar, writeInterval, writePercent } from './share-bar.ts'

/** Accounts listed on the page; beyond, the reader is sent to the bundle. Totals count all of them. */
const ACCOUNTS_SHOWN_MAX = 250

/** What each account did, in words that neither praise nor blame. */
const ROLES: ReadonlyMap<string, readonly [words: string, tone: string]> = new Map([
  ['honest', ['own digits', 'plain']],
  ['wrong-labels', ['wrong labels', 'odd']],
  ['copier', ['copies another account', 'odd']],
  ['noise', ['noise', 'odd']],
])

/** Section one: each contributor with what it earned and why, then everybody else who was paid. */
export function whoEarned(data: ReportData): Html {
  return html`<section id="earned" aria-labelledby="earned-title">
<h2 id="earned-title">Who earned what, and why</h2>
${data.accounts.length === 0 ? noAccounts() : contributors(data)}
${when(data.others.length > 0, () => otherParties(data))}
</section>`
}

function noAccounts(): Html {
  return html`<p class="empty">Nobody has contributed yet, so there is nothing to divide. As soon as an account’s first
contribution is accepted it appears here, with what it earned and the reason.</p>`
}

function contributors(data: ReportData): Html {
  const accounts = [...data.accounts].sort(byEarned)
  const format = moneyOf(data)
  const end = barEnd(accounts.map((account) => account.share))
  const scale = strongest(accounts.flatMap(shownItems))
  const shown = accounts.slice(0, ACCOUNTS_SHOWN_MAX)
  return html`<p>The highest earner comes first. Open an account to see the pictures that helped paid answers most, and
those that hurt them. The tag beside a name says what the account brought, so that you can judge the result; the
calculation never sees it.</p>
${howDecided()}
<div class="accounts">
<div class="columns" aria-hidden="true"><span>Account</span>
<span class="number">Accepted</span><span class="number">Copies found</span>
<span>Share${accounts.some(({ share }) => share !== null) ? ` (a full bar is ${end} %)` : ''}</span>
<span class="number">Earned, ${symbolText(data.token)}</span>
<span class="number">Claimed, ${symbolText(data.token)}</span></div>
<ol>${shown.map((account, index) => accountCard(account, { format, end, scale, open: index === 0 }))}</ol>
${totals(data, format)}
</div>
${when(
  accounts.length > shown.length,
  () => html`<p class="note">${writeCount(accounts.length - shown.length)} more accounts are in the public bundle; the
total counts them.</p>`,
)}
<p class="note">${INFLUENCE_IS_NOT_PAYMENT}</p>`
}

function howDecided(): Html {
  return html`<details class="explain"><summary>How is a share decided?</summary>
<ol>
<li><strong>Copies are found first.</strong> Whoever brought a digit first keeps it; a later copy is counted, but earns
nothing.</li>
<li><strong>Every paid answer is traced back.</strong> Each digit that the model learned from moved the answer a little:
towards the right one or away from it.</li>
<li><strong>It is added up.</strong> An account’s digits together helped or hurt. What hurts is taken off; a total below
zero counts as zero, nobody has to pay.</li>
<li><strong>The contributors’ part of the fees is divided by these totals.</strong></li>
</ol>
<p>The thin line across a bar is the uncertainty: with slightly other questions, and a model trained once more, the share
would lie within it about nine times out of ten.</p>
</details>`
}

interface CardView {
  readonly format: MoneyFormat
  readonly end: number
  readonly scale: bigint
  readonly open: boolean
}

function accountCard(account: ReportAccount, view: CardView): Html {
  return html`<li><details class="account"${view.open ? html` open` : ''}>
<summary>
<span class="who"><h3 class="name">${nameText(account.name)}</h3> ${roleChip(account.role)}</span>
<span class="figure number"><span class="label">Accepted</span> ${writeCount(account.accepted)}</span>
<span class="figure number"><span class="label">Copies found</span> ${writeCount(account.duplicates)}</span>
<span class="figure share"><span class="label">Share</span> ${shareFigure(account, view.end)}</span>
<span class="figure number money-figure earned"><span class="label">Earned</span>
${amount(parseAtoms(account.earned, 'earned'), view.format)}</span>
<span class="figure number money-figure"><span class="label">Claimed</span>
${amount(parseAtoms(account.claimed, 'claimed'), view.format)}</span>
<span class="why">${recordText(account.why, 600)}</span>
</summary>
<div class="inside">
<div class="evidence">
${evidence('Helped most', account.helped, view.scale, 'None of its digits is among those that helped.')}
${evidence('Hurt most', account.hurt, view.scale, 'None of its digits is among those that hurt.')}
</div>
${when(
  shownItems(account).length > 0,
  () => html`<p class="scale">Influence, not payment; 100 is the strongest digit of all accounts.</p>`,
)}
${exactFigures(account, view.format)}
</div>
</details></li>`
}

function roleChip(role: string): Html {
  const [words, tone] = ROLES.get(role) ?? [role, 'plain']
  return html`<span class="chip ${tone}"><span class="hidden">It brought: </span>${nameText(words, 32)}</span>`
}

function shareFigure({ share }: ReportAccount, end: number): Html {
  if (share === null) return html`<span class="unpaid">not paid yet</span>`
  return html`${shareBar(share, end)}
<span class="share-text"><span class="percent">${writePercent(share.value)}</span>
<span class="interval">${writeInterval(share)}</span></span>`
}

function evidence(title: string, items: readonly ReportItem[], scale: bigint, none: string): Html {
  const shown = items.length === 0 ? html`<p class="none">${none}</p>` : itemStrip(items, scale)
  return html`<div><h4>${title}</h4>${shown}</div>`
}

/** A title attribute cannot be reached by touch or keyboard, so the exact amounts also stand here. */
function exactFigures(account: ReportAccount, { token }: MoneyFormat): Html {
  const earned = parseAtoms(account.earned, 'earned')
  const claimed = parseAtoms(account.claimed, 'claimed')
  const row = (label: string, atoms: bigint) =>
    html`<div><dt>${label}</dt><dd>${writeExact(atoms, token)} ${symbolText(token)}</dd></div>`
  return html`<dl class="exact">${row('Earned, exactly', earned)}
${row('Claimed, exactly', claimed)}${row('Ready to claim', earned - claimed)}
<div><dt>Address</dt><dd><code>${recordText(account.account, 100)}</code></dd></div></dl>`
}

function totals(data: ReportData, format: MoneyFormat): Html {
  const sum = (pick: (account: ReportAccount) => number) =>
    writeCount(data.accounts.reduce((all, account) => all + pick(account), 0))
  const earned = sumAtoms(
    data.accounts.map((account) => account.earned),
    'earned',
  )
  const claimed = sumAtoms(
    data.accounts.map((account) => account.claimed),
    'claimed',
  )
  return html`<div class="totals" id="contributors-total"><span class="who">All contributors</span>
<span class="figure number"><span class="label">Accepted</span> ${sum((account) => account.accepted)}</span>
<span class="figure number"><span class="label">Copies found</span> ${sum((account) => account.duplicates)}</span>
<span class="figure number money-figure earned"><span class="label">Earned</span> ${amount(earned, format)}</span>
<span class="figure number money-figure"><span class="label">Claimed</span> ${amount(claimed, format)}</span></div>`
}

function otherParties(data: ReportData): Html {
  const format = moneyOf(data)
  return html`<h3>Also paid from the fees</h3>
<div class="scroll" role="region" aria-label="Also paid from the fees" tabindex="0"><table><thead><tr><th
scope="col">Account</th><th scope="col">For</th><th scope="col">Owns</th>
<th scope="col" class="number">Earned, ${symbolText(data.token)}</th><th scope="col" class="number">Claimed,
${symbolText(data.token)}</th></tr></thead>
<tbody>${data.others.map(
    (other) => html`<tr><th scope="row"
title="${clip(other.account, 100)}">${nameText(other.name)}</th><td>${nameText(other.role)}</td>
<td>${other.owns.map((owned, index) => html`${index > 0 ? '; ' : ''}${nameText(owned)}`)}</td>
<td class="number">${amount(parseAtoms(other.earned, 'earned'), format)}</td><td
class="number">${amount(parseAtoms(other.claimed, 'claimed'), format)}</td></tr>`,
  )}</tbody>
<tfoot><tr><th scope="row" colspan="3">Contributors and these together</th><td
class="number">${amount(paidTo(data, 'earned'), format)}</td>
<td class="number">${amount(paidTo(data, 'claimed'), format)}</td></tr></tfoot></table></div>`
}

/** What contributors and all others earned, or claimed, together. */
export function paidTo(data: ReportData, what: 'earned' | 'claimed'): bigint {
  return sumAtoms(
    [...data.accounts, ...data.others].map((account) => account[what]),
    what,
  )
}

/** One format for every amount of the report but those of single answers, which are far smaller. */
export function moneyOf(data: ReportData): MoneyFormat {
  const amounts = [...data.accounts, ...data.others].map((account) => parseAtoms(account.earned, 'earned'))
  return formatFor(amounts, data.token)
}

function byEarned(left: ReportAccount, right: ReportAccount): number {
  const [a, b] = [parseAtoms(left.earned, 'earned'), parseAtoms(right.earned, 'earned')]
  return a === b ? 0 : a > b ? -1 : 1
}

function shownItems(account: ReportAccount): readonly ReportItem[] {
  return [...account.helped, ...account.hurt]
}
