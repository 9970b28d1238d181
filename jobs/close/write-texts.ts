import type { DuckDBValue } from '@duckdb/node-api'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import type { EventOf } from '../../schemas/events.ts'

type Place = readonly [epoch: number, ordinal: bigint]
type Push<Table> = (table: Table, values: DuckDBValue[]) => void

export function writeTextMap({ body }: EventOf<'TextMapPublished'>, place: Place, push: Push<'text_map'>): void {
  const { textMap, model, tokenizer, unicode, extractor, salt } = body
  push('text_map', [textMap, model, tokenizer, unicode, extractor, toBlob(salt), ...place])
}

export function writeContributionText(
  { body }: EventOf<'ContributionText'>,
  place: Place,
  push: Push<'contribution_text'>,
): void {
  const { textMap, batchSource, batchId, index, tokens, shingles } = body
  const batch = toBlob(idHashOf(batchSource, batchId))
  push('contribution_text', [textMap, batch, index, toBlob(tokens), toBlob(shingles), ...place])
}

export function writeInferenceText(
  { body }: EventOf<'InferenceText'>,
  place: Place,
  push: Push<'inference_text'>,
): void {
  const inference = toBlob(idHashOf(body.inferenceSource, body.inferenceId))
  push('inference_text', [inference, body.textMap, toBlob(body.tokens), ...place])
}
