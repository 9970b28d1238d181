import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { type Html, html, recordText } from '../../web/src/markup.ts'
import { fromRecords, type Tokens } from './page-numbers.ts'
import { glossary, section, table } from './page-tables.ts'
import { movementWords } from './words.ts'

/** What the account has to do with paying; nothing for most. */
export function paying({ paying: all }: WholeStatement, tokens: Tokens): Html {
  if (all === null) return html``
  const { channels, uses, held } = all
  const token = (address: string) => tokens.nameOrAddress(address)
  return section(
    'paying',
    'What you pay',
    html`${balanceTable(all, tokens)}<ul>${channels.map(
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

/** What came in and went out, epoch by epoch: the rows of a token sum to what is left of it. */
function balanceTable({ balances, movements }: NonNullable<WholeStatement['paying']>, tokens: Tokens): Html {
  if (movements.length === 0) return html``
  const heads = [{ name: 'Epoch' }, { name: 'What' }, { name: 'Of' }, { name: 'Amount', isNumber: true }]
  const rows = [...new Set(movements.map(({ token }) => token))].flatMap((token) => [
    ...movements
      .filter((each) => each.token === token)
      .map(
        ({ epoch, kind, asset, amount }) => html`<tr><th scope="row">${epoch}</th><td>${movementWords(kind).short}</td>
<td>${asset === '' ? '–' : recordText(asset, 80)}</td><td class="number">${fromRecords(amount)} ${tokens.nameOrAddress(token)}</td></tr>`,
      ),
    html`<tr class="sum"><th scope="row">Now</th><td>= on your balance</td><td>–</td>
<td class="number">${fromRecords(balances.find((each) => each.token === token)?.amount ?? 0n)} ${tokens.nameOrAddress(token)}</td></tr>`,
  ])
  const words = glossary(
    movements.map(({ kind }) => kind),
    movementWords,
  )
  return html`${words}${table('What you pay', heads, rows)}`
}
