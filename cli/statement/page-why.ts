import type { StatementItem } from '../../jobs/statement/statement.ts'
import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { type Html, html, recordText, when } from '../../web/src/markup.ts'
import { formatPercent } from '../output.ts'
import { section, table } from './page-tables.ts'
import { INFLUENCE } from './words.ts'

const MILLION = 1_000_000

/** What was most influential, and what was taken for a copy. Influence, not payment. */
export function influence({ helped, hurt, evidence }: WholeStatement): Html {
  if (helped.length + hurt.length + evidence.length === 0)
    return section(
      'why',
      'What was most influential, and why',
      html`<p class="empty">No contribution was measured so far.</p>`,
    )
  return section(
    'why',
    'What was most influential, and why',
    html`<p><strong>Influence, not payment.</strong> ${INFLUENCE}</p>
${items('What helped most', helped)}${items('What hurt most', hurt)}
${when(evidence.length > 0, () => near(evidence))}
<p class="note" id="proof-influence">How to check: the <a href="#verify">receipt</a> names what moved your pay most, and the audit computes the influence of all
contributions again. <code>tally explain USE</code> shows it for one answer.</p>`,
  )
}

function items(title: string, all: readonly StatementItem[]): Html {
  if (all.length === 0) return html``
  const heads = [{ name: 'Contribution' }, { name: 'Content hash' }, { name: 'Influence, not payment', isNumber: true }]
  const rows = all.map(
    ({ batchId, index, contentHash, value }) => html`<tr><th scope="row">${recordText(`${batchId}/${index}`, 120)}</th>
<td><code>${contentHash}</code></td><td class="number"><a href="#proof-influence"><data value="${String(value)}">${String(value)}</data></a></td></tr>`,
  )
  return html`<h3>${title}</h3>${table(title, heads, rows)}`
}

function near(evidence: WholeStatement['evidence']): Html {
  const heads = [
    { name: 'Contribution' },
    { name: 'Near' },
    { name: 'How near', isNumber: true },
    { name: 'Measured by' },
  ]
  const rows = evidence.map(
    ({
      batchId,
      index,
      of,
      similarity,
      measure,
    }) => html`<tr><th scope="row">${recordText(`${batchId}/${index}`, 120)}</th>
<td>${recordText(`${of.batchId}/${of.index}`, 120)}</td><td class="number"><a href="#proof-records">${formatPercent(similarity / MILLION)}</a></td>
<td>${recordText(measure, 80)}</td></tr>`,
  )
  return html`<h3>Near one that was there before</h3>
<p>The earlier of two contributions that are nearly the same is paid, the later is not.</p>${table('Near one that was there before', heads, rows)}`
}
