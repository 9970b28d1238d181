import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { tokenBytes } from '../../schemas/text/text-tokens.ts'
import { tokenise, wordsOf } from '../../schemas/text/tokenizer.ts'
import type { LedgerDocument } from '../attribution/text/ledger/documents.ts'
import { type LedgerCorpus, withCorpus, wordsOfBytes } from '../attribution/text/ledger/ledger-corpus.ts'
import { type Span, SpanSearch } from '../attribution/text/maximal-spans.ts'

const textOfUse = readSql(new URL('./text-of-use.sql', import.meta.url))

/** A span in more places is counted, and its places are not listed. */
const PLACES_MAX = 1_000

/** Payloads by their content hash, with their salts. */
export interface TextPayloads {
  get(contentHash: Uint8Array): Promise<{ readonly salt: Uint8Array; readonly payload: Uint8Array } | undefined>
}

export interface EvidenceSpan extends Span {
  /** As it stands in a source; null when no payload of one is at hand. */
  readonly text: string | null
  /** Empty where it stands in more places than are listed. */
  readonly sources: readonly {
    readonly account: string
    readonly batch: { readonly source: string; readonly id: string }
    readonly index: number
    /** Token indices, from 0. */
    readonly positions: readonly number[]
  }[]
}

/** What of an output stands in contributed texts word for word. */
export interface TextEvidence {
  /** Texts are those that count at the end of this epoch. */
  readonly epoch: number
  /** Of the output. */
  readonly tokens: number
  /** The output, and where each of its tokens lies in it; null when its payload is not at hand. */
  readonly output: {
    readonly text: string
    readonly starts: readonly number[]
    readonly ends: readonly number[]
  } | null
  /** Maximal spans, the rarest first, of equally rare ones the longest. */
  readonly spans: readonly EvidenceSpan[]
  /** Spans that are not shown. */
  readonly more: number
}

export interface EvidenceOptions {
  readonly source: string
  readonly id: string
  readonly payloads: TextPayloads
  /** Spans that are shown. */
  readonly top: number
}

/**
 * The maximal spans (docs/text.md) of what a use was answered with, in the texts of its model that count now. The ledger has no words: they
 * come from payloads, as far as these are at hand.
 *
 * @returns undefined when no text of the use was accepted
 */
export async function textEvidence(
  warehouse: Database,
  { source, id, payloads, top }: EvidenceOptions,
): Promise<TextEvidence | undefined> {
  const row = await warehouse.one(textOfUse, { source, id })
  if (row === undefined) return undefined
  const [textMap, epoch, tokens] = [row.text_map as string, row.last_epoch as number, fromBlob(row.tokens)]
  const { found, more } = await withCorpus(warehouse, { textMap, epoch }, (corpus) =>
    Promise.resolve(spansIn(corpus, tokens, top)),
  )
  const spans: EvidenceSpan[] = []
  for (const { span, places } of found) spans.push(await evidenceOf(warehouse, payloads, span, places))
  const output = await outputOf(payloads, fromBlob(row.output_hash), tokens, fromBlob(row.salt))
  return { epoch, tokens: wordsOfBytes(tokens).length, output, spans, more }
}

interface FoundSpan {
  readonly span: Span
  readonly places: readonly { readonly document: LedgerDocument; readonly positions: readonly number[] }[]
}

function spansIn(corpus: LedgerCorpus, tokens: Uint8Array, top: number): { found: FoundSpan[]; more: number } {
  const search = new SpanSearch(corpus.shards, corpus.dictionary.lookUpWords(wordsOfBytes(tokens)))
  const spans = search.spans().sort((a, b) => a.count - b.count || b.end - b.start - (a.end - a.start))
  const found = spans.slice(0, top).map((span) => {
    const places = span.count > PLACES_MAX ? [] : search.places(span)
    return {
      span,
      places: places.map(({ document, positions }) => ({ document: corpus.documents.get(document)!, positions })),
    }
  })
  return { found, more: spans.length - found.length }
}

async function evidenceOf(
  warehouse: Database,
  payloads: TextPayloads,
  span: Span,
  places: FoundSpan['places'],
): Promise<EvidenceSpan> {
  const sources = []
  let text: string | null = null
  for (const { document, positions } of places) {
    const { account, batch, index } = document
    const row = await warehouse.one(
      `SELECT b.source, b.batch_id, c.content_hash FROM contribution AS c JOIN contribution_batch AS b USING (batch)
       WHERE c.batch = from_hex($batch) AND c.item_index = $index`,
      { batch: Buffer.from(batch).toString('hex'), index },
    )
    sources.push({ account, batch: { source: row!.source as string, id: row!.batch_id as string }, index, positions })
    text ??= await quoteOf(payloads, fromBlob(row!.content_hash), span, positions[0]!)
  }
  return { ...span, text, sources }
}

/** What stands at a position of a source; null when its payload is not there, is no text, or is another one. */
async function quoteOf(
  payloads: TextPayloads,
  contentHash: Uint8Array,
  { start, end }: Span,
  position: number,
): Promise<string | null> {
  const payload = (await payloads.get(contentHash))?.payload
  if (payload === undefined) return null
  const { text, starts, ends } = tokenise(Buffer.from(payload).toString('utf8'))
  const last = ends[position + end - start - 1]
  return last === undefined ? null : text.slice(starts[position], last)
}

/** The output itself, when its payload is there and has the tokens that are on record. */
async function outputOf(
  payloads: TextPayloads,
  outputHash: Uint8Array,
  tokens: Uint8Array,
  salt: Uint8Array,
): Promise<TextEvidence['output']> {
  const payload = (await payloads.get(outputHash))?.payload
  if (payload === undefined) return null
  const given = Buffer.from(payload).toString('utf8')
  const tokenised = tokenise(given)
  if (wordsOf(tokenised).length * 8 !== tokens.length || Buffer.compare(tokenBytes(given, salt), tokens) !== 0)
    return null
  return { text: tokenised.text, starts: [...tokenised.starts], ends: [...tokenised.ends] }
}
