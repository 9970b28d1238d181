import type { HeldSum } from '../../jobs/statement/held.ts'
import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { writeCount } from '../../web/src/counting.ts'
import { type Html, html, recordText, when } from '../../web/src/markup.ts'
import { formatParts } from '../output.ts'
import { epochProofId, fromRecords, provenAmount, type Tokens } from './page-numbers.ts'
import { glossary, section, table } from './page-tables.ts'
import { bucketWords, roleWords } from './words.ts'

/** What the account owns and contributed. */
export function owned({ owns, contributions, duplicates, near }: WholeStatement): Html {
  const gave = html`<p>Contributions: <a href="#proof-records">${writeCount(contributions)}</a>, of which
<a href="#proof-records">${writeCount(duplicates)}</a> are copies of what was there before (they earn nothing), and
<a href="#proof-records">${writeCount(near)}</a> are near one that was there before.</p>`
  if (owns.length === 0)
    return section('owned', 'What you own', html`${gave}<p class="none">No share of any asset.</p>`)
  const rows = owns.map(
    ({ asset, title, kind, identity, access, parts, history }) => html`<tr><th scope="row">${recordText(asset, 80)}</th>
<td>${recordText(title, 200)}${when(identity !== '', () => html`<br><small>says it is ${recordText(identity, 120)}</small>`)}</td>
<td>${kind}${access === 'licensed' ? ', uses need a licence' : ''}</td>
<td class="number"><a href="#proof-records">${formatParts(parts)}</a></td>
<td>${history.map((each) => `${formatParts(each.parts)} since epoch ${each.epoch}`).join(', ')}</td></tr>`,
  )
  const heads = [
    ...[{ name: 'Asset' }, { name: 'Title, as registered' }, { name: 'Kind' }],
    ...[{ name: 'Your share', isNumber: true }, { name: 'Since' }],
  ]
  const outside = owns.flatMap((own) => own.outside.map((fees) => ({ asset: own.asset, ...fees })))
  return section(
    'owned',
    'What you own',
    html`${gave}
<p>An <em>asset</em> is something that is owned and used: a dataset, a model, an agent, or machines.</p>
${table('What you own', heads, rows)}
${outside.map(
  ({
    asset,
    token,
    held: kept,
    released,
    refunded,
  }) => html`<p>Uses of ${recordText(asset, 80)} that no licence covered:
${fromRecords(kept)} of <code>${token}</code> held, ${fromRecords(released)} released by later licences, ${fromRecords(refunded)} given back.</p>`,
)}`,
  )
}

/** How often it was used. */
export function used({ uses }: WholeStatement, tokens: Tokens): Html {
  if (uses.length === 0)
    return section('used', 'How often it was used', html`<p class="empty">No paid use in these epochs.</p>`)
  const heads = [
    ...[{ name: 'Epoch' }, { name: 'Asset' }, { name: 'How' }, { name: 'Paid uses', isNumber: true }],
    ...[{ name: 'Paid for them, by whoever, to everybody', isNumber: true }],
  ]
  const rows = uses.map(
    ({ epoch, asset, role, token, uses: count, fees }) => html`<tr><th scope="row">${epoch}</th>
<td>${recordText(asset, 80)}</td><td>${roleWords(role).short}</td>
<td class="number">${provenAmount(count, 'proof-records')}</td>
<td class="number">${provenAmount(fees, 'proof-records')} ${tokens.name(token)}</td></tr>`,
  )
  const words = glossary(
    uses.map(({ role }) => role),
    roleWords,
  )
  return section(
    'used',
    'How often it was used',
    html`<p>A <em>paid use</em> is an answer for which somebody had signed and deposited the fee. One use may stand here more
than once: as a use of your model, and as one that your contributions were measured on.</p>${words}
${table('How often it was used', heads, rows)}`,
  )
}

/** What is held, and what of it is the account's for sure. */
export function held({ held: sums, range }: WholeStatement, tokens: Tokens): Html {
  if (sums.length === 0)
    return section('held', 'What is held', html`<p class="empty">Nothing is held that may come to you.</p>`)
  const heads = [
    ...[{ name: 'Why' }, { name: 'Of' }, { name: 'Sum, for everybody', isNumber: true }],
    ...[{ name: 'Yours' }, { name: 'Since' }, { name: 'Until' }],
  ]
  const words = glossary(
    sums.map(({ bucket }) => bucket),
    bucketWords,
  )
  return section(
    'held',
    'What is held',
    html`<p>By the end of epoch ${range?.to ?? 0}. Some of it may come to you. What of it is yours is said only where it is
known: most of it is divided later, by what happens then.</p>${words}
${table(
  'What is held',
  heads,
  sums.map((sum) => heldRow(sum, tokens)),
)}
<p class="note" id="proof-held">How to check: all that is held is in the state whose hash is the manifest’s
<code>carryOut</code> (<a href="#${epochProofId(range?.to ?? 0)}">epoch ${range?.to ?? 0}</a>), and what is kept for you is in your
receipt as <code>small</code>.</p>`,
  )
}

function heldRow({ bucket, asset, token, since, until, amount, yours, ofYours }: HeldSum, tokens: Tokens): Html {
  const share =
    yours !== null
      ? html`${provenAmount(yours, 'proof-held')}, all of it`
      : ofYours === null
        ? 'not known before it is divided'
        : html`${provenAmount(ofYours, 'proof-held')} came from your share; it returns to all contributors`
  return html`<tr><th scope="row">${bucketWords(bucket).short}</th><td>${asset === null ? '–' : recordText(asset, 80)}</td>
<td class="number">${provenAmount(amount, 'proof-held')} ${tokens.name(token)}</td><td>${share}</td>
<td>${since === null ? '–' : `epoch ${since}`}</td><td>${until === null ? '–' : `epoch ${until}`}</td></tr>`
}
