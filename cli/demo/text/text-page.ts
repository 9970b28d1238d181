import { EVIDENCE } from '../../../jobs/attribution/text/files/spans-of-files.ts'
import type { EvidenceSpan, TextEvidence } from '../../../jobs/statement/text-evidence.ts'
import { Html, html, recordText } from '../../../web/src/markup.ts'
import { STYLES } from '../../../web/src/styles.ts'
import { formatAmount } from '../../output.ts'
import { TOKEN } from '../result.ts'
import type { ShownAnswer, TextResult } from './text-result.ts'

const DOCTYPE = new Html('<!doctype html>')
const STYLE_ELEMENT = new Html(
  `<style>${STYLES}mark{background:var(--accent-soft);color:inherit}blockquote{line-height:1.9}li:target{background:var(--accent-soft)}</style>`,
)
const TITLE_CHARACTERS = 120
const NAME_CHARACTERS = 60
const TEXT_CHARACTERS = 2_000

/**
 * Answers with what stands in contributed texts marked, each mark a link to its sources, rarest first: one HTML document that needs
 * nothing else.
 *
 * @param names by account
 */
export function textPage(result: TextResult, names: ReadonlyMap<string, string>, seed: string): string {
  const page = html`${DOCTYPE}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Whose words stand in it</title>
<link rel="icon" href="data:,">
${STYLE_ELEMENT}
</head>
<body>
<main id="main">
<h1>Whose words stand in it</h1>
<p>Seed ${recordText(seed, NAME_CHARACTERS)}. Marked is what stands in contributed texts word for word: ${EVIDENCE}.</p>
${result.answers.map((shown, index) => answerOf(shown, index, names))}
${earningsOf(result)}
</main>
<footer><p>This page is one file. It runs no program and loads nothing from anywhere. Audit: ${result.audit.ok ? 'OK' : 'DIFFERENCE'}.</p></footer>
</body>
</html>
`
  return page.text
}

function answerOf(
  { answer, explanation, evidence }: ShownAnswer,
  index: number,
  names: ReadonlyMap<string, string>,
): Html {
  const nameOf = (account: string) => recordText(names.get(account) ?? account, NAME_CHARACTERS)
  const paid = explanation.accounts.filter(({ apportioned }) => apportioned > 0n)
  return html`<section>
<h2>${recordText(answer.prompt, TITLE_CHARACTERS)} …</h2>
<blockquote>${evidence.output === null ? 'The output is not at hand.' : marked(evidence.output, evidence.spans, index)}</blockquote>
<ol>${evidence.spans.map(
    (span, place) => html`<li id="${idOf(index, place)}">${span.count === 1 ? 'once' : `${span.count} times`}:
${span.text === null ? 'words that are not at hand' : recordText(span.text, TEXT_CHARACTERS)}, by ${span.sources.map(
      ({ account }, at) => html`${at === 0 ? '' : ', '}${nameOf(account)}`,
    )}</li>`,
  )}</ol>
<p>${String(evidence.more)} more are not shown. Of its fee, ${money(answer.fee)}, the data part went to ${paid.map(
    ({ account, apportioned }, at) => html`${at === 0 ? '' : ', '}${nameOf(account)} ${money(apportioned)}`,
  )}.</p>
</section>`
}

/** The output, in which every piece that some span covers is a link to the rarest one. */
function marked(
  { text, starts, ends }: NonNullable<TextEvidence['output']>,
  spans: readonly EvidenceSpan[],
  index: number,
): Html[] {
  const pieces: Html[] = []
  let at = 0
  const inOrder = spans.map((span, place) => ({ ...span, place })).sort((a, b) => a.start - b.start)
  for (const { start, end, place } of inOrder) {
    const [from, to] = [Math.max(starts[start]!, at), ends[end - 1]!]
    if (to <= at) continue
    const words = recordText(text.slice(from, to), TEXT_CHARACTERS)
    pieces.push(
      html`${recordText(text.slice(at, from), TEXT_CHARACTERS)}<a href="#${idOf(index, place)}"><mark>${words}</mark></a>`,
    )
    at = to
  }
  return [...pieces, html`${recordText(text.slice(at), TEXT_CHARACTERS)}`]
}

function earningsOf({ accounts }: TextResult): Html {
  const ranked = [...accounts].sort((a, b) => (a.earned === b.earned ? 0 : a.earned > b.earned ? -1 : 1))
  return html`<section><h2>Who earned what</h2><table><thead><tr><th scope="col">account</th><th scope="col">earned</th></tr></thead>
<tbody>${ranked.map(({ name, earned }) => html`<tr><td>${recordText(name, NAME_CHARACTERS)}</td><td>${money(earned)}</td></tr>`)}</tbody></table></section>`
}

function idOf(answer: number, span: number): string {
  return `answer-${answer}-span-${span}`
}

function money(atoms: bigint): string {
  return `${formatAmount(atoms, TOKEN.decimals)} ${TOKEN.symbol}`
}
