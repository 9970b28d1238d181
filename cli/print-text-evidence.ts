import { EVIDENCE } from '../jobs/attribution/text/files/spans-of-files.ts'
import type { TextEvidence } from '../jobs/statement/text-evidence.ts'
import { paint, printLine, printRemark } from './output.ts'

const SOURCES_SHOWN = 5

/** What of an output stands in contributed texts, for a person. */
export function printTextEvidence({ epoch, tokens, output, spans, more }: TextEvidence): void {
  printLine(`\nWhat stands in contributed texts word for word (${EVIDENCE}), as of epoch ${epoch}:`)
  if (output !== null) printLine(`  ${highlighted(output, spans).replace(/\s+/g, ' ')}`)
  else printRemark(`  The output, ${tokens} tokens, is not at hand: no payload has its hash.`)
  for (const { start, end, count, text, sources } of spans) {
    const words = text === null ? 'words that are not at hand' : `“${text.replace(/\s+/g, ' ')}”`
    printLine(`  ${count === 1 ? 'once' : `${count} times`}  ${words}  tokens ${start} to ${end - 1}`)
    for (const { account, batch, index, positions } of sources.slice(0, SOURCES_SHOWN))
      printLine(
        paint.dim(`      ${batch.id}/${index} by ${account}, token ${positions.slice(0, SOURCES_SHOWN).join(', ')}`),
      )
    if (sources.length === 0 || sources.length > SOURCES_SHOWN) printRemark('      … and more')
  }
  if (spans.length === 0) printLine('  nothing of two words or more stands in a text that counts')
  if (more > 0) printRemark(`  … and ${more} more spans: --top`)
}

/** In bold what some span covers. */
function highlighted(
  { text, starts, ends }: NonNullable<TextEvidence['output']>,
  spans: TextEvidence['spans'],
): string {
  const pieces: string[] = []
  let at = 0
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const [from, to] = [Math.max(starts[start]!, at), ends[end - 1]!]
    if (to <= at) continue
    pieces.push(text.slice(at, from), paint.bold(text.slice(from, to)))
    at = to
  }
  return [...pieces, text.slice(at)].join('')
}
