import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type FileScores, SCORES, scoresOfFiles } from '../../jobs/attribution/text/files/scores-of-files.ts'
import {
  EVIDENCE,
  type FileSpans,
  type OutputSpans,
  spansOfFiles,
} from '../../jobs/attribution/text/files/spans-of-files.ts'
import { type GlobalFlags, runVerbAlone, wholeNumber, withGlobalFlags } from '../command.ts'
import { formatPercent, paint, printLine, printRemark } from '../output.ts'
import { addTextRecords } from './text-records.ts'

/** A span of more places is counted and not listed. */
const POSITIONS = 100_000
/** What a person is shown of an output; --json has all. */
const SPANS_SHOWN = 20
const DOCUMENTS_SHOWN = 5
const MILLION = 1_000_000
const PERCENT = 100
const THREADS_MAX = 64

interface TextFlags extends GlobalFlags {
  readonly corpus: string
  readonly outputs: string
}

interface ScoreFlags extends TextFlags {
  readonly score: (typeof SCORES)[number]
  readonly voteWeight: number
  readonly threads: number
  readonly byFolder?: boolean
  readonly keepDuplicates?: boolean
}

/** `text spans`, `text score`: outputs of a language model beside a folder of documents, on plain files alone; and texts for a ledger. */
export function addText(program: Command): void {
  const text = program
    .command('text')
    .description('outputs of a language model beside documents: spans, score; for a ledger: map, items, outputs')
  withFiles(text, 'spans', `what stands in the documents word for word: ${EVIDENCE}`)
    .option('--positions <n>', 'a span that stands in more places is counted and not listed', wholeNumber, POSITIONS)
    .addHelpText('after', '\nExample:\n  $ tally text spans --corpus speeches --outputs answers.txt')
    .action((flags: TextFlags & { positions: number }) =>
      runVerbAlone('text spans', flags, async ({ path, progress, signal, answer }) => {
        const found = await spansOfFiles(path(flags.corpus), path(flags.outputs), {
          positionsMax: flags.positions,
          onProgress: (line) => progress.show(line),
          signal,
        })
        const { tokenizer, documents, omitted } = found
        const spans = found.outputs.flatMap((output) => output.spans)
        answer({ note: EVIDENCE, tokenizer, documents, outputs: found.outputs.length, omitted, spans }, () =>
          printSpans(found),
        )
        return undefined
      }),
    )
  addTextRecords(text)
  withFiles(text, 'score', 'what each document did for each output, as docs/text.md computes it')
    .addOption(new Option('--score <name>', 'which score').choices(SCORES).default('mix'))
    .option('--vote-weight <percent>', 'of suffix-vote in the mix; BM25 has the rest', percent, 50)
    .option('--by-folder', 'a folder is one contributor: credit is divided among folders first')
    .option('--keep-duplicates', 'also score documents that are near an earlier one')
    .option('--threads <n>', 'on which outputs are scored', threads, defaultThreads())
    .addHelpText('after', '\nExample:\n  $ tally text score --corpus speeches --outputs answers.txt --json')
    .action((flags: ScoreFlags) =>
      runVerbAlone('text score', flags, async ({ path, progress, signal, answer }) => {
        const found = await scoresOfFiles(path(flags.corpus), path(flags.outputs), {
          score: flags.score,
          weights: { suffixVote: flags.voteWeight, bm25: PERCENT - flags.voteWeight },
          byFolder: flags.byFolder === true,
          dedup: flags.keepDuplicates !== true,
          threads: flags.threads,
          onProgress: (line) => progress.show(line),
          signal,
        })
        answer(found, () => printScores(found))
        return undefined
      }),
    )
}

function withFiles(text: Command, verb: string, description: string): Command {
  return withGlobalFlags(text.command(verb).description(description))
    .requiredOption('--corpus <dir>', 'folder of documents, one a file, UTF-8; folders in it belong to it')
    .requiredOption('--outputs <file>', 'outputs, one a line, UTF-8; they are numbered from 0')
}

function percent(text: string): number {
  const number = wholeNumber(text)
  if (number > PERCENT) throw new InvalidArgumentError(`It must be from 0 to ${PERCENT}.`)
  return number
}

function threads(text: string): number {
  const number = wholeNumber(text)
  if (number < 1 || number > THREADS_MAX) throw new InvalidArgumentError(`It must be from 1 to ${THREADS_MAX}.`)
  return number
}

function defaultThreads(): number {
  return Math.min(THREADS_MAX, availableParallelism())
}

function printSpans({ outputs, documents, omitted }: FileSpans): void {
  for (const output of outputs) {
    printLine(paint.bold(`Output ${output.output}`))
    printLine(highlighted(output))
    for (const { count, text, documents: places, listed } of output.spans.slice(0, SPANS_SHOWN)) {
      printLine(`  ${count === 1 ? 'once' : `${count} times`}  “${text}”`)
      for (const { name, positions } of places.slice(0, DOCUMENTS_SHOWN))
        printLine(paint.dim(`      ${name}, token ${positions.slice(0, DOCUMENTS_SHOWN).join(', ')}`))
      if (listed === false || places.length > DOCUMENTS_SHOWN) printRemark('      … and more: --json, --positions')
    }
    const more = output.spans.length - SPANS_SHOWN
    if (more > 0) printRemark(`  … and ${more} more spans: --json lists them`)
    printLine(output.spans.length === 0 ? '  nothing of two words or more stands in a document\n' : '')
  }
  if (omitted > 0) printRemark(`${omitted} spans of very repetitive outputs are left out.`)
  printLine(`${documents} documents. ${EVIDENCE[0]!.toUpperCase()}${EVIDENCE.slice(1)}.`)
}

/** The output with the spans that are listed below it in colour. */
function highlighted({ text, starts, ends, spans }: OutputSpans): string {
  const inOrder = spans.slice(0, SPANS_SHOWN).sort((a, b) => a.start - b.start)
  let shown = ''
  let at = 0
  for (const { start, end } of inOrder) {
    const from = Math.max(at, starts[start]!)
    const to = ends[end - 1]!
    if (to <= at) continue
    shown += text.slice(at, from) + paint.cyan(text.slice(from, to))
    at = to
  }
  return shown + text.slice(at)
}

function printScores({ score, documents, duplicates, scores }: FileScores): void {
  for (const each of scores) {
    printLine(paint.bold(`Output ${each.output}`))
    const sum = each.documents.reduce((total, document) => total + document.score, 0)
    for (const document of each.documents.slice(0, SPANS_SHOWN))
      printLine(`  ${formatPercent(document.score / sum).padStart(8)}  ${document.name}`)
    const more = each.documents.length - SPANS_SHOWN
    if (more > 0) printRemark(`  … and ${more} more documents: --json lists them`)
    printLine(each.documents.length === 0 ? '  no document has a score\n' : '')
  }
  for (const { name, of, similarity } of duplicates.slice(0, SPANS_SHOWN))
    printRemark(`left out: ${name}, ${formatPercent(similarity / MILLION)} as ${of}`)
  if (duplicates.length > SPANS_SHOWN) printRemark(`… and ${duplicates.length - SPANS_SHOWN} more: --json lists them`)
  printLine(`${documents} documents by ${score}. An estimate of influence: docs/text.md says how good it is.`)
}
