import { TOKENIZER } from '../../../../schemas/text/tokenizer.ts'
import { type Span, SpanSearch } from '../maximal-spans.ts'

import { type FileCorpus, type FileCorpusOptions, readCorpus } from './file-corpus.ts'
import { outputTokens } from './output-tokens.ts'
import { readOutputs } from './text-files.ts'

/** What spans are, wherever they are shown. */
export const EVIDENCE = 'verbatim evidence, not proof of cause'
/** Places listed in one answer, and UTF-16 units of spans that it quotes: spans overlap, and may be the square of an output. */
const ANSWER_PLACES_MAX = 4_000_000
const ANSWER_UNITS_MAX = 1 << 24

export interface NamedSpan extends Span {
  /** Number of the output, from 0. */
  readonly output: number
  /** Of the normalised output. */
  readonly text: string
  readonly documents: readonly { readonly name: string; readonly positions: readonly number[] }[]
  /** Only where it stands in more places than are listed: `documents` is empty then. */
  readonly listed?: false
}

export interface OutputSpans {
  readonly output: number
  /** Normalised. */
  readonly text: string
  /** UTF-16 bounds of each of its tokens. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** The rarest first, of equally rare ones the longest. */
  readonly spans: readonly NamedSpan[]
}

export interface FileSpans {
  readonly tokenizer: typeof TOKENIZER
  readonly documents: number
  readonly outputs: readonly OutputSpans[]
  /** Spans of outputs so repetitive that the answer would not end. */
  readonly omitted: number
}

export interface SpanOptions extends Omit<FileCorpusOptions, 'dedup'> {
  /** A span of more places is counted and not listed. */
  readonly positionsMax: number
}

/** The maximal spans of a file of outputs in a folder of documents. @throws TextFileError */
export async function spansOfFiles(folder: string, file: string, options: SpanOptions): Promise<FileSpans> {
  const corpus = await readCorpus(folder, { ...options, dedup: false })
  const outputs: OutputSpans[] = []
  const room = { places: ANSWER_PLACES_MAX, units: ANSWER_UNITS_MAX, omitted: 0 }
  for (const text of readOutputs(file)) {
    options.onProgress(`looking up output ${outputs.length}`)
    options.signal?.throwIfAborted()
    outputs.push(spansOf(corpus, text, outputs.length, file, options.positionsMax, room))
  }
  return { tokenizer: TOKENIZER, documents: corpus.names.length, outputs, omitted: room.omitted }
}

function spansOf(
  corpus: FileCorpus,
  given: string,
  output: number,
  file: string,
  positionsMax: number,
  room: { places: number; units: number; omitted: number },
): OutputSpans {
  const tokenised = outputTokens(given, file, output + 1)
  const { text, starts, ends } = tokenised
  const search = new SpanSearch(corpus.shards, corpus.dictionary.lookUp(tokenised))
  const spans: NamedSpan[] = []
  for (const span of search.spans().sort(byRarity)) {
    const quoted = text.slice(starts[span.start], ends[span.end - 1])
    room.units -= quoted.length
    if (room.units < 0) {
      room.omitted++
      continue
    }
    const isListed = span.count <= Math.min(positionsMax, room.places)
    if (isListed) room.places -= span.count
    const documents = isListed ? search.places(span) : []
    spans.push({
      output,
      ...span,
      text: quoted,
      documents: documents.map(({ document, positions }) => ({ name: corpus.names[document]!, positions })),
      ...(isListed ? {} : { listed: false }),
    })
  }
  return { output, text, starts, ends, spans }
}

function byRarity(a: Span, b: Span): number {
  return a.count - b.count || b.end - b.start - (a.end - a.start) || a.start - b.start
}
