import type { DisputeView } from '../../jobs/disputes/disputes.ts'
import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { type Html, html, recordText, when } from '../../web/src/markup.ts'
import { BOND_TEXT, DISPUTE_TEXT } from '../print-dispute.ts'
import { fromRecords, type Tokens } from './page-numbers.ts'
import { glossary, section, table } from './page-tables.ts'
import { countedAs, erasedRecordsText, lineWords, listed, nothingOf, nothingWords } from './words.ts'

/** Why something earned nothing, or nothing of it was paid. */
export function nothing({ nothing: all }: WholeStatement, tokens: Tokens): Html {
  if (all.length === 0) return html``
  const words = glossary(
    all.map(({ reason }) => reason),
    nothingWords,
  )
  const items = all.map(({ of, reason, asset, token, count, amount }) => {
    const counted = count === null || count === 0 ? '' : html`: ${fromRecords(count)} ${countedAs(of, reason)}`
    const sum =
      amount === null || amount === 0n
        ? ''
        : html`, ${fromRecords(amount)} ${token === null ? '' : tokens.nameOrAddress(token)}`
    return html`<li>${recordText(nothingOf(of, asset), 120)} – ${nothingWords(reason).short}${counted}${sum}</li>`
  })
  return section('nothing', 'Why there is nothing', html`${words}<ul>${items}</ul>`)
}

/** What adjustments found of earlier epochs, and what of it is still open; nothing for most. */
export function adjusted({ findings, claims }: WholeStatement, tokens: Tokens): Html {
  if (findings.length + claims.length === 0) return html``
  const heads = [
    ...[{ name: 'Adjustment' }, { name: 'Epoch that was computed again' }, { name: 'For' }, { name: 'Asset' }],
    ...[{ name: 'Too little, or (−) too much', isNumber: true }],
  ]
  const rows = findings.map(
    ({ adjustment, forEpoch, kind, asset, token, delta }) => html`<tr><th scope="row">${recordText(adjustment, 80)}</th>
<td>${forEpoch}</td><td>${lineWords(kind).short}</td><td>${asset === '' ? '–' : recordText(asset, 80)}</td>
<td class="number">${fromRecords(delta)} ${tokens.nameOrAddress(token)}</td></tr>`,
  )
  const open = claims.map(({ token, model, amount }) => {
    const sum = html`${fromRecords(amount > 0n ? amount : -amount)} ${tokens.nameOrAddress(token)}`
    const of = model === '' ? '' : html` (${recordText(model, 80)})`
    return amount > 0n
      ? html`<li>${sum}${of} is owed to you, and paid as far as money for it comes in</li>`
      : html`<li>${sum}${of} was paid to you too much, and is kept of what you earn</li>`
  })
  return section(
    'adjusted',
    'What was computed again',
    html`${when(rows.length > 0, () => table('What was computed again', heads, rows))}${when(open.length > 0, () => html`<ul>${open}</ul>`)}`,
  )
}

/** Disputes that it opened, or of its lines; nothing for most. */
export function disputed({ disputes }: WholeStatement, tokens: Tokens): Html {
  if (disputes.length === 0) return html``
  return section('disputes', 'Disputes', html`<ul>${disputes.map((each) => disputeItem(each, tokens))}</ul>`)
}

function disputeItem(
  { dispute, opener, line, bond, bondBecame, state, wanted, held, award, until, decision }: DisputeView,
  tokens: Tokens,
): Html {
  const token = tokens.nameOrAddress(line.token)
  const isOpen = state === 'open'
  return html`<li>${recordText(dispute, 80)}: ${DISPUTE_TEXT[state]}. <code>${opener}</code> disputes the line ${line.kind} ${recordText(line.asset, 80)}
of <code>${line.account}</code> in epoch ${line.epoch}.
${when(wanted > 0n, () => html`${fromRecords(held)} of ${fromRecords(wanted)} ${token} ${isOpen ? 'is' : 'was'} held. `)}
${when(award > 0n, () => html`${fromRecords(award)} ${token} of it went to <code>${opener}</code>. `)}
${when(bond > 0n, () => html`The bond of ${fromRecords(bond)} ${token} ${BOND_TEXT[bondBecame]}. `)}
${when(isOpen && until !== null, () => html`Without a decision it ends with epoch ${until!}. `)}
${when(decision !== null, () => html`Decided in epoch ${decision!.epoch}: ${recordText(decision!.reason, 256)}`)}</li>`
}

/** What of the account was ordered to be erased; nothing for most. */
export function erasedItems({ erased }: WholeStatement): Html {
  if (erased.length === 0) return html``
  const items = erased.map(
    ({
      batchId,
      dataset,
      indexes,
      orderedIn,
      records,
    }) => html`<li>${fromRecords(indexes.length)} of ${recordText(batchId, 80)} in
${recordText(dataset, 80)} (${listed(indexes)}), ordered in epoch ${orderedIn}; ${erasedRecordsText(records)}</li>`,
  )
  return section(
    'erased',
    'What was erased of yours',
    html`<p>What is erased earns nothing from the order on. What was paid before stays yours, and what was hashed stays, so that it can
be checked.</p><ul>${items}</ul>`,
  )
}
