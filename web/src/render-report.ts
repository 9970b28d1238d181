import { answers } from './answers.ts'
import { counted, writeCount } from './counting.ts'
import { type AuditState, auditState, howToCheck } from './how-to-check.ts'
import { clip, Html, html, recordText, when } from './markup.ts'
import { amountWithUnit, parseAtoms, sumAtoms } from './money.ts'
import { moneyFlow } from './money-flow.ts'
import type { ReportData } from './report-data.ts'
import { STYLES } from './styles.ts'
import { moneyOf, paidTo, whoEarned } from './who-earned.ts'

const DOCTYPE = new Html('<!doctype html>')
const STYLE_ELEMENT = new Html(`<style>${STYLES}</style>`)
const ICON =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E' +
  '%3Cpath fill=%22%230d6b5e%22 d=%22M1 5h14v2.6H1zM1 8.6h14v2.6H1z%22/%3E%3C/svg%3E'

/**
 * Writes the report as one HTML document that needs nothing else: no script, no request, pictures as data URIs, styles
 * inside. The same data gives the same text. Every text of the data is escaped, shortened where it is longer than its
 * place, and kept from reordering its neighbours.
 *
 * @returns the document, to be written as UTF-8
 * @throws {@link ReportDataError} when an amount is no whole number, the token's decimals are no uint8, or a share's interval
 * is upside down
 */
export function renderReport(data: ReportData): string {
  const page = html`${DOCTYPE}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${clip(data.title, 120)}</title>
<link rel="icon" href="${new Html(ICON)}">
${STYLE_ELEMENT}
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
${header(data)}
<main id="main">
${whoEarned(data)}
${answers(data)}
${moneyFlow(data)}
${howToCheck(data)}
</main>
${footer(data)}
</body>
</html>
`
  return page.text
}

function header(data: ReportData): Html {
  return html`<header>
<p class="brand">${TALLY_MARK} Tallystick</p>
<h1>${recordText(data.title, 120)}</h1>
<p class="lede">${lede(data)}</p>
${when(
  !data.audit.ok,
  () => html`<p class="result failed"><strong>The audit did not pass.</strong>
<a href="#check">See what it found</a> before you rely on these amounts.</p>`,
)}
${keyFigures(data)}
<nav aria-label="On this page"><ul>
<li><a href="#earned">Earnings</a></li><li><a href="#answers">Answers</a></li>
<li><a href="#money">Money</a></li><li><a href="#check">Check it</a></li></ul></nav>
</header>`
}

/** The two halves of a split stick, with the same notches in both. */
const TALLY_MARK = new Html(
  '<svg class="mark" viewBox="0 0 32 20" width="32" height="20" aria-hidden="true" focusable="false">' +
    '<path d="M1 2h30v7h-3l-1.5-3-1.5 3h-4l-1.5-3-1.5 3h-4l-1.5-3-1.5 3H1z"></path>' +
    '<path d="M1 18h30v-7h-3l-1.5 3-1.5-3h-4l-1.5 3-1.5-3h-4l-1.5 3-1.5-3H1z"></path></svg>',
)

function lede(data: ReportData): Html {
  const contributions = writeCount(data.accounts.reduce((sum, account) => sum + account.accepted, 0))
  const givers = counted(data.accounts.length, 'account')
  const gave = `${givers} contributed ${contributions} digits, and a model learned from them.`
  return html`${data.accounts.length === 0 ? 'No account has contributed yet.' : gave}
${when(answerCount(data) > 0, () => html`Customers paid for ${counted(answerCount(data), 'answer')}.`)}
This page says who earned what, why, and how to check it without trusting anybody’s word.`
}

const AUDIT_WORDS: Readonly<Record<AuditState, string>> = {
  passed: 'Passed',
  failed: 'Did not pass',
  'not-run': 'Not run',
}

function keyFigures(data: ReportData): Html {
  const format = moneyOf(data)
  const contributed = sumAtoms(
    data.accounts.map((account) => account.earned),
    'earned',
  )
  const state = auditState(data)
  const figure = (id: string, label: string, value: Html, note: string) =>
    html`<div id="${id}"><dt>${label}</dt><dd>${value}</dd><dd class="under">${note}</dd></div>`
  const sum = (id: string, label: string, atoms: bigint, note: string) =>
    figure(id, label, amountWithUnit(atoms, format), note)
  const answered = `for ${counted(answerCount(data), 'answer')} in ${counted(data.epochs.length, 'epoch')}`
  const audited = `${counted(data.audit.checks.length, 'check')}; ${data.audit.trusted.length} taken on trust`
  return html`<dl class="figures">
${sum('fees-total', 'Fees paid', parseAtoms(data.flow.fees, 'fees'), answered)}
${sum('earned-total', 'Earned by contributors', contributed, `by ${counted(data.accounts.length, 'account')}`)}
${sum('claimed-total', 'Claimed so far', paidTo(data, 'claimed'), 'by everybody who is paid')}
${figure('audit-result', 'Audit', html`<span class="${state}">${AUDIT_WORDS[state]}</span>`, audited)}
</dl>`
}

function footer(data: ReportData): Html {
  return html`<footer>
<p>Amounts are cut after the last place shown, never rounded up; point at one for all its digits, or open the account.
Token: ${recordText(data.token.symbol, 12)} at <code>${recordText(data.token.address, 100)}</code>.
Seed of this run: <code>${recordText(data.seed, 100)}</code>. An epoch is a period whose records are complete and whose
sums are final.</p>
<p>This page is one file. It runs no program and loads nothing from anywhere: keep it, print it, pass it on.</p>
</footer>`
}

function answerCount(data: ReportData): number {
  return data.epochs.reduce((sum, epoch) => sum + epoch.events, 0)
}
