import { counted } from './counting.ts'
import { INFLUENCE_IS_NOT_PAYMENT, itemStrip, strongest } from './influence.ts'
import { type Html, html, nameText, picture, recordText, when } from './markup.ts'
import { amount, amountWithUnit, formatFor, type MoneyFormat, parseAtoms, sumAtoms } from './money.ts'
import type { ReportData, ReportInference } from './report-data.ts'

const ASKED_SIDE_PX = 168
/** Parts of a fee shown at once; the small ones open on demand. */
const PARTS_SHOWN_MAX = 6
const WORDS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten']

/** Section two: single answers, what each cost, who got it, and which digits it rested on. */
export function answers(data: ReportData): Html {
  const count = data.inferences.length
  const title =
    count === 1 ? 'One answer and the digits behind it' : `${WORDS[count] ?? count} answers and the digits behind them`
  return html`<section id="answers" aria-labelledby="answers-title">
<h2 id="answers-title">${count === 0 ? 'Answers and the digits behind them' : title}</h2>
${count === 0 ? noAnswers() : answerList(data)}
</section>`
}

function noAnswers(): Html {
  return html`<p class="empty">No paid answer can be shown yet. Once a customer has paid for one, it stands here with
its fee and the digits
that it rested on.</p>`
}

function answerList(data: ReportData): Html {
  const amounts = data.inferences.flatMap(({ fee, split }) => [fee, ...split.map((part) => part.amount)])
  const format = formatFor(
    amounts.map((text) => parseAtoms(text, 'fee of an answer')),
    data.token,
  )
  return html`<p>A customer showed the model a digit that nobody had contributed, and paid for the answer.</p>
<p class="note">${INFLUENCE_IS_NOT_PAYMENT}</p>
<div class="answers">${data.inferences.map((inference, index) => answerCard(inference, index + 1, format))}</div>`
}

function answerCard(inference: ReportInference, place: number, format: MoneyFormat): Html {
  const fee = parseAtoms(inference.fee, 'fee of an answer')
  return html`<article class="answer" aria-labelledby="answer-${place}">
<div class="asked">${picture(inference.picture, 'the digit that was asked about', ASKED_SIDE_PX)}</div>
<div class="said"><h3 id="answer-${place}">The model answered <strong>${nameText(inference.answer, 24)}</strong></h3>
${verdict(inference)}
<p>The customer paid <strong>${amountWithUnit(fee, format)}</strong>.</p></div>
<div class="split"><h4>Where this fee went</h4>${feeSplit(inference, fee, format)}</div>
<div class="influential"><h4>Digits that moved this answer most</h4>${influential(inference)}</div>
<p class="id">Answer <code>${recordText(inference.id, 120)}</code></p>
</article>`
}

function verdict({ answer, label }: ReportInference): Html {
  if (answer === label) return html`<p class="verdict right">Right: the digit is a ${nameText(label, 24)}.</p>`
  return html`<p class="verdict wrong">Not right: the digit is a ${nameText(label, 24)}.</p>`
}

interface FeePart {
  readonly name: string
  readonly atoms: bigint
}

function feeSplit(inference: ReportInference, fee: bigint, format: MoneyFormat): Html {
  if (inference.split.length === 0) return html`<p class="none">This fee has not been divided yet.</p>`
  const parts = inference.split.map((part) => ({ name: part.name, atoms: parseAtoms(part.amount, 'part of a fee') }))
  parts.sort((left, right) => (left.atoms === right.atoms ? 0 : left.atoms > right.atoms ? -1 : 1))
  const rest =
    fee -
    sumAtoms(
      inference.split.map((part) => part.amount),
      'part of a fee',
    )
  if (rest !== 0n) parts.push({ name: 'not in this list', atoms: rest })
  const row = (part: FeePart) => html`<li><span class="part">${nameText(part.name, 28)}</span>
<span class="meter pay"><span style="width:${percentOf(part.atoms, fee)}%"></span></span>
${amount(part.atoms, format)}</li>`
  const hidden = parts.slice(PARTS_SHOWN_MAX)
  return html`<ul class="parts">${parts.slice(0, PARTS_SHOWN_MAX).map(row)}</ul>
${when(
  hidden.length > 0,
  () => html`<details class="more"><summary>${counted(hidden.length, 'smaller part')}</summary>
<ul class="parts">${hidden.map(row)}</ul></details>`,
)}`
}

function influential({ influential: items }: ReportInference): Html {
  if (items.length === 0) return html`<p class="none">No digit is listed for this answer.</p>`
  return html`${itemStrip(items, strongest(items))}
<p class="scale">Influence, not payment; 100 is the strongest of these. Above zero a digit spoke for the right answer,
below zero against it.</p>`
}

function percentOf(part: bigint, whole: bigint): number {
  if (whole <= 0n || part <= 0n) return 0
  return Math.min(100, Number((part * 1000n) / whole) / 10)
}
