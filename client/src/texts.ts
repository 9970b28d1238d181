import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import { TEXT_SALT_BYTES } from '../../schemas/limits.ts'
import { textBytes, tokenBytes } from '../../schemas/text/text-tokens.ts'
import { TOKENIZER } from '../../schemas/text/tokenizer.ts'

export interface PublishTextMapOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** An owner of the model. */
  readonly signer: TypedDataSigner
  /** A registered source that sends it; it needs the permission for TextMapPublished. */
  readonly source: string
  /** A name of its own. */
  readonly textMap: string
  /** Each model has one text map. */
  readonly model: string
  /** The one source that may send texts; it needs the permissions for ContributionText and InferenceText. */
  readonly extractor: string
  /** 16 bytes. Default: random ones. */
  readonly salt?: Uint8Array
  /** Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

/** What texts are made with: keep it with the name of the map, or read it from the map's record. */
export interface TextMap {
  readonly textMap: string
  /** 16 bytes. */
  readonly salt: Uint8Array
}

/** Says how texts of a model are told to a ledger: cut into words by this package, on the Unicode version of this Node.js. */
export async function publishTextMap(
  options: PublishTextMapOptions,
): Promise<{ id: string; record: OutgoingRecord; map: TextMap }> {
  const { ledgerId, signer, source, textMap, model, extractor, id = randomUUID() } = options
  const salt = options.salt ?? randomBytes(TEXT_SALT_BYTES)
  const { name: tokenizer, expression, unicode } = TOKENIZER
  const codeHash = createHash('sha256').update(`${tokenizer}\n${expression}\n${unicode}\n`).digest()
  const body = { textMap, model, tokenizer, unicode, extractor, codeHash, salt }
  const registrant = fromHex(toAddress(signer.address))
  const event = await signEvent(ledgerId, signer, {
    ...{ type: 'TextMapPublished', source, id },
    body: { ...body, registrant },
  })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()), map: { textMap, salt } }
}

interface SentText {
  /** The extractor of the map. */
  readonly source: string
  readonly map: TextMap
  readonly text: string
  /** Default: one that follows from the map and what the text is of, so that the same sent again is a duplicate. */
  readonly id?: string
  readonly now?: Date
}

export interface ContributionTextOptions extends SentText {
  /** The batch: the source that sent it and its id. */
  readonly batch: { readonly source: string; readonly id: string }
  /** Position in it. */
  readonly index: number
}

/**
 * What one contributed item says. No word is in the record: 8 bytes of a salted hash a token, so that equal words are equal.
 *
 * @throws TextTooLongError above 65,536 tokens: contribute longer works in parts
 */
export function contributionText(options: ContributionTextOptions): { id: string; record: OutgoingRecord } {
  const { source, map, text, batch, index } = options
  const { textMap, salt } = map
  const id = options.id ?? idOf(textMap, batch.source, batch.id, String(index))
  const body = { textMap, batchSource: batch.source, batchId: batch.id, index, ...textBytes(text, salt) }
  const event = { type: 'ContributionText', source, id, body } as const
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()) }
}

export interface InferenceTextOptions extends SentText {
  /** The use: the source that reported it and its id. */
  readonly inference: { readonly source: string; readonly id: string }
}

/** What one use was answered with: all that text attribution needs of it. @throws TextTooLongError */
export function inferenceText(options: InferenceTextOptions): { id: string; record: OutgoingRecord } {
  const { source, map, text, inference } = options
  const { textMap, salt } = map
  const id = options.id ?? idOf(textMap, inference.source, inference.id)
  const tokens = tokenBytes(text, salt)
  const body = { textMap, inferenceSource: inference.source, inferenceId: inference.id, tokens }
  const event = { type: 'InferenceText', source, id, body } as const
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()) }
}

function idOf(...names: readonly string[]): string {
  return `text-${createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 40)}`
}
