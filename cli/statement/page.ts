import type { StatementDocument } from '../../jobs/statement/carried-receipts.ts'
import { Html, html, recordText, when } from '../../web/src/markup.ts'
import { STYLES } from '../../web/src/styles.ts'
import { adjusted, disputed, erasedItems, nothing } from './page-apart.ts'
import { earnings, payouts } from './page-earnings.ts'
import { provenAmount, Tokens } from './page-numbers.ts'
import { held, owned, used } from './page-owned.ts'
import { paying } from './page-paying.ts'
import { howToClaim, howToVerify } from './page-proofs.ts'
import { split } from './page-split.ts'
import { STATEMENT_STYLES } from './page-styles.ts'
import { influence } from './page-why.ts'
import { ATOMS } from './words.ts'

const DOCTYPE = new Html('<!doctype html>')
const STYLE_ELEMENT = new Html(`<style>${STYLES}${STATEMENT_STYLES}</style>`)

/**
 * Writes a statement as one HTML document that needs nothing else: no script, no request. Every text of a record is escaped; every
 * number leads to where it is proven. The same statement gives the same text.
 *
 * @returns the document, to be written as UTF-8
 */
export function statementPage(statement: StatementDocument): string {
  const tokens = new Tokens(statement)
  const { account } = statement
  return html`${DOCTYPE}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Statement of ${account}</title>
<link rel="icon" href="data:,">
${STYLE_ELEMENT}
</head>
<body class="statement">
<a class="skip" href="#main">Skip to the statement</a>
${header(statement, tokens)}
<main id="main">
${owned(statement)}
${used(statement, tokens)}
${earnings(statement, tokens)}
${payouts(statement, tokens)}
${nothing(statement, tokens)}
${adjusted(statement, tokens)}
${held(statement, tokens)}
${split(statement, tokens)}
${influence(statement)}
${disputed(statement, tokens)}
${erasedItems(statement)}
${paying(statement, tokens)}
${howToVerify(statement, tokens)}
${howToClaim(statement, tokens)}
</main>
<footer><p>This page is one file. It runs no program and loads nothing from anywhere: keep it, print it, pass it on.</p></footer>
</body>
</html>
`.text
}

function header(statement: StatementDocument, tokens: Tokens): Html {
  const { account, range, ledger, totals } = statement
  const epochs = range === null ? 'No epoch is settled yet.' : `Epochs ${range.from} to ${range.to}.`
  return html`<header>
<h1>Statement</h1>
<p class="lede">What <code>${account}</code> owns and earned, why, and how to check it without trusting anybody’s word.
${epochs} An epoch is a stretch of time whose records are complete and whose sums are final.</p>
<p class="note">Ledger ${recordText(ledger.name, 120)}, <code>${ledger.ledgerId}</code>. ${ATOMS}</p>
${when(totals.length === 0, () => html`<p class="empty">Nothing has been earned so far.</p>`)}
<dl class="figures">${totals.map(({ token, cumulative, small }) => {
    const name = tokens.name(token)
    const smallFigure = html`<div><dt>Kept for you, ${name}</dt><dd>${provenAmount(small, 'proof-held')}</dd>
<dd class="under">too little to be paid so far</dd></div>`
    return html`<div><dt>Paid since the first epoch, ${name}</dt><dd>${provenAmount(cumulative, proofOfTotal(statement, tokens, token))}</dd>
<dd class="under">by the end of epoch ${range?.to ?? 0}</dd></div>
${when(small > 0n, () => smallFigure)}`
  })}</dl>
${when(
  tokens.all.length > 0,
  () =>
    html`<ul class="tokens">${tokens.all.map((token) => html`<li>${tokens.name(token)}: <code>${token}</code></li>`)}</ul>`,
)}
<nav aria-label="On this page"><ul>
<li><a href="#owned">Owned</a></li><li><a href="#used">Used</a></li><li><a href="#earned">Earned</a></li>
<li><a href="#paid">Paid</a></li><li><a href="#held">Held</a></li><li><a href="#split">The split</a></li>
<li><a href="#why">Why</a></li><li><a href="#verify">Verify</a></li><li><a href="#claim">Claim</a></li></ul></nav>
</header>`
}

/** The newest epoch that says it. */
function proofOfTotal({ epochs, range }: StatementDocument, tokens: Tokens, token: string): string {
  const epoch = epochs.filter(({ payouts: all }) => all.some((each) => each.token === token)).at(-1)
  return epoch === undefined ? `proof-${range?.to ?? 0}` : `proof-${epoch.epoch}-${tokens.letter(token)}`
}
