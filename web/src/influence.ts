import { clip, type Html, html, nameText, picture } from './markup.ts'
import { parseAtoms } from './money.ts'
import type { ReportItem } from './report-data.ts'

/** Most items of one list that are shown; the lists are best first, so the rest matters less. */
const ITEMS_SHOWN_MAX = 12
const THUMBNAIL_SIDE_PX = 56

/** Said wherever values of single digits are shown. */
export const INFLUENCE_IS_NOT_PAYMENT = html`<strong>Influence is not payment.</strong>
A number below a picture says how strongly that one digit moved paid answers, compared with the strongest (100). No
digit has a price:
an account is paid for what <em>all</em> its digits did together, so these numbers do not add up to an amount.`

/** The strongest value of all items, as a magnitude: 100 on the scale of {@link itemStrip}. */
export function strongest(items: readonly ReportItem[]): bigint {
  return items.reduce((most, item) => {
    const value = magnitude(parseAtoms(item.value, 'value of an item'))
    return value > most ? value : most
  }, 0n)
}

/** Pictures with a bar each; the bar's full length is `scale`. Owners are named where an item has one. */
export function itemStrip(items: readonly (ReportItem & { readonly name?: string })[], scale: bigint): Html {
  return html`<ul class="strip">${items.slice(0, ITEMS_SHOWN_MAX).map((item) => itemFigure(item, scale))}</ul>`
}

function itemFigure(item: ReportItem & { readonly name?: string }, scale: bigint): Html {
  const value = parseAtoms(item.value, 'value of an item')
  const percent = scale === 0n ? 0 : Number((magnitude(value) * 1000n) / scale) / 10
  const written = `${value < 0n ? '−' : ''}${value !== 0n && percent < 1 ? '<1' : Math.round(percent)}`
  const owner = item.name === undefined ? '' : html`<span class="owner">${nameText(item.name, 16)}</span>`
  return html`<li class="item">${picture(item.picture, `digit labelled ${item.label}`, THUMBNAIL_SIDE_PX)}
${owner}<span class="item-label">labelled ${nameText(item.label, 12)}</span>
<span class="meter ${value < 0n ? 'against' : 'for'}"><span style="width:${Math.min(percent, 100)}%"></span></span>
<span class="item-value"
title="influence ${clip(item.value, 60)}, a whole number without a unit">${written}</span></li>`
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value
}
