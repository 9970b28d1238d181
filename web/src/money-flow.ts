import { type FlowLayout, type FlowNode, type FlowRibbon, type FlowShape, layFlow } from './flow-layout.ts'
import { type Flow, type FlowRecipient, traceFlow } from './flow-recipients.ts'
import { clip, type Html, html, nameText, when } from './markup.ts'
import { amount, amountWithUnit, exactTitle, type MoneyFormat, parseAtoms, symbolText, writeShort } from './money.ts'
import type { ReportData } from './report-data.ts'
import { moneyOf } from './who-earned.ts'

const WIDE: FlowShape = {
  width: 960,
  top: 8,
  fees: { x: 136 },
  pools: { x: 400, slot: 44 },
  recipients: { x: 748, slot: 25 },
  bar: 12,
  scale: 330,
}
const NARROW: FlowShape = {
  width: 340,
  top: 44,
  fees: { x: 0 },
  pools: { x: 62, slot: 44 },
  recipients: { x: 332, slot: 38 },
  bar: 8,
  scale: 330,
}
/** Colours of pools in styles.ts; further pools begin again. */
const TONES = 8
/** Names in one sentence below the picture. */
const NAMES_MAX = 12

/** Section three: fees → pools → accounts as a picture, and the same as a table. */
export function moneyFlow(data: ReportData): Html {
  const flow = traceFlow(data)
  const format = moneyOf(data)
  return html`<section id="money" aria-labelledby="money-title">
<h2 id="money-title">Where the money went</h2>
${flow.fees <= 0n ? noMoney() : pictured(flow, data, format)}
</section>`
}

function noMoney(): Html {
  return html`<p class="empty">No fee has been paid yet, so no money has moved.</p>`
}

function pictured(flow: Flow, data: ReportData, format: MoneyFormat): Html {
  return html`<p>What customers paid was divided into pools by a policy that was fixed beforehand, and each pool among
those who earned it. Heights are in proportion.</p>
<figure class="flow">${drawing(flow, WIDE, format, 'wide')}${drawing(flow, NARROW, format, 'narrow')}
<figcaption>${balance(flow, format)} ${unpaid(data)} ${undrawn(flow.undrawn, format)}</figcaption></figure>
<details class="more"><summary>The same as a table</summary>${table(flow, format)}</details>`
}

function drawing(flow: Flow, shape: FlowShape, format: MoneyFormat, name: 'wide' | 'narrow'): Html {
  const layout = layFlow(flow, shape)
  return html`<svg class="${name}" viewBox="0 0 ${shape.width} ${Math.ceil(layout.height)}" role="img"
aria-label="Fees flow into ${flow.pools.length} pools and from there to accounts; the table below has the numbers">
<g>${layout.ribbons.map((ribbon) => ribbonPath(ribbon, format))}</g>
<g>${[layout.fees, ...layout.pools, ...layout.recipients].map((node) => nodeBar(node, shape.bar, format))}</g>
<g>${name === 'wide' ? wideLabels(layout, format) : narrowLabels(layout, format)}</g>
</svg>`
}

function toneClass(tone: number): string {
  return tone < 0 ? 'tone-fees' : `tone-${tone % TONES}`
}

function ribbonPath(ribbon: FlowRibbon, { token }: MoneyFormat): Html {
  const { x0, x1 } = ribbon
  const [y0, y1] = [point(ribbon.y0), point(ribbon.y1)]
  const [below0, below1] = [point(ribbon.y0 + ribbon.height), point(ribbon.y1 + ribbon.height)]
  const middle = point((x0 + x1) / 2)
  const label = `${clip(ribbon.from, 40)} → ${clip(ribbon.to, 40)}: ${exactTitle(ribbon.atoms, token)}`
  const upper = `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`
  const path = `${upper}L${x1} ${below1}C${middle} ${below1} ${middle} ${below0} ${x0} ${below0}Z`
  return html`<path class="ribbon ${toneClass(ribbon.tone)}" d="${path}"><title>${label}</title></path>`
}

function nodeBar(node: FlowNode, bar: number, { token }: MoneyFormat): Html {
  return html`<rect class="node ${toneClass(node.tone)}" x="${node.x}" y="${point(node.y)}" width="${bar}"
height="${point(node.height)}"><title>${clip(node.name, 40)}: ${exactTitle(node.atoms, token)}</title></rect>`
}

function wideLabels({ fees, pools, recipients }: FlowLayout, format: MoneyFormat): Html {
  const { x, bar } = { x: WIDE.fees.x - 10, bar: WIDE.bar }
  return html`${twoLines(fees, x, 'end', 20, format)}
${pools.map((node) => twoLines(node, node.x + bar + 8, 'start', 26, format))}
${recipients.map((node) => {
  const y = point(node.y + node.height / 2 + 5)
  return html`<text x="${node.x + bar + 8}" y="${y}">${clip(node.name, 16)}</text>
<text class="sum" x="${WIDE.width}" y="${y}" text-anchor="end">${writeShort(node.atoms, format)}</text>`
})}`
}

function narrowLabels({ fees, pools, recipients }: FlowLayout, format: MoneyFormat): Html {
  const above = { ...fees, y: fees.y - 18, height: 0 }
  return html`${twoLines(above, 0, 'start', 20, format)}
${pools.map((node) => twoLines(node, node.x + NARROW.bar + 6, 'start', 17, format))}
${recipients.map((node) => twoLines(node, node.x - 6, 'end', 12, format))}`
}

function twoLines(node: FlowNode, x: number, anchor: 'start' | 'end', limit: number, format: MoneyFormat): Html {
  const middle = node.y + node.height / 2
  const unit = node.tone < 0 ? ` ${clip(format.token.symbol, 12)}` : ''
  return html`<text class="title" x="${x}" y="${point(middle - 3)}"
text-anchor="${anchor}">${clip(node.name, limit)}</text>
<text class="sum" x="${x}" y="${point(middle + 13)}"
text-anchor="${anchor}">${writeShort(node.atoms, format)}${unit}</text>`
}

function balance({ fees, pools }: Flow, format: MoneyFormat): Html {
  const poured = pools.reduce((sum, pool) => sum + pool.atoms, 0n)
  if (poured === fees) return html`The pools together are exactly the fees: ${amountWithUnit(fees, format)}.`
  return html`<strong class="warning">The pools together are ${amountWithUnit(poured, format)}, the fees
${amountWithUnit(fees, format)}: they differ by ${amountWithUnit(poured - fees, format)}.</strong>`
}

/** Who is missing in the picture because there is nothing to draw; a contributor looks for its name. */
function unpaid({ accounts }: ReportData): Html {
  const none = accounts.filter(({ earned }) => parseAtoms(earned, 'earned') === 0n)
  const named = none.slice(0, NAMES_MAX)
  return when(none.length > 0, () => {
    const more = none.length > named.length ? `, and ${none.length - named.length} more` : ''
    return html`Nothing went to ${listed(named.map(({ name }) => nameText(name, 24)))}${more}.`
  })
}

function undrawn(accounts: readonly FlowRecipient[], format: MoneyFormat): Html {
  const named = accounts.slice(0, NAMES_MAX).map(({ name, atoms }) => {
    return html`${nameText(name, 24)} (${amount(atoms, format)})`
  })
  return when(
    accounts.length > 0,
    () =>
      html`Not drawn, because no single pool paid them: ${listed(named)}${accounts.length > NAMES_MAX ? ' and others' : ''}.`,
  )
}

function listed(parts: readonly Html[]): readonly Html[] {
  return parts.map((part, index) => (index === 0 ? part : html`, ${part}`))
}

function table({ fees, pools }: Flow, format: MoneyFormat): Html {
  return html`<div class="scroll" role="region" aria-label="Where the money went" tabindex="0"><table><thead><tr><th
scope="col">From</th><th scope="col">To</th><th scope="col" class="number">${symbolText(format.token)}</th></tr></thead>
<tbody>${pools.map((pool) => [
    flowRow('Fees', pool.label, pool.atoms, format),
    ...pool.recipients.map(({ name, atoms }) => flowRow(pool.label, name, atoms, format)),
  ])}</tbody>
<tfoot><tr><th scope="row" colspan="2">Fees</th><td
class="number">${amount(fees, format)}</td></tr></tfoot></table></div>`
}

function flowRow(from: string, to: string, atoms: bigint, format: MoneyFormat): Html {
  return html`<tr><td>${nameText(from, 40)}</td><td>${nameText(to, 40)}</td><td
class="number">${amount(atoms, format)}</td></tr>`
}

function point(value: number): string {
  return String(Math.round(value * 100) / 100)
}
