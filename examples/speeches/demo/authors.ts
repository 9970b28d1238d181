import { contribute, type SaltedPayload } from '../../../client/src/contribute.ts'
import { contributionText, type TextMap } from '../../../client/src/texts.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { type Actor, actorOf } from '../../digits/demo/cast.ts'
import { uuidFrom } from '../../digits/demo/contributions.ts'
import { SOURCES } from '../../digits/demo/names.ts'
import { loadSpeeches, type Speech } from '../corpus.ts'
import { DATASET, LICENCE } from './names.ts'

const SALT_BYTES = 16

export interface Author extends Actor {
  readonly role: 'honest' | 'copier'
  readonly speeches: readonly Speech[]
}

/** Everybody who contributes: the authors of the speeches, and one who brings the first author's again. */
export function authorsOf(seed: string): Author[] {
  const speeches = loadSpeeches()
  const names = [...new Set(speeches.map(({ author }) => author))]
  const honest = names.map((name): Author => {
    return {
      ...actorOf(seed, name, 'honest'),
      role: 'honest',
      speeches: speeches.filter((each) => each.author === name),
    }
  })
  return [...honest, { ...actorOf(seed, 'copier', 'copier'), role: 'copier', speeches: honest[0]!.speeches }]
}

/** A batch on its way, and what its items say. */
export interface SentTexts {
  readonly id: string
  readonly records: readonly OutgoingRecord[]
  readonly payloads: readonly SaltedPayload[]
}

/** One signed batch of an author's speeches, an item each, and the records of their words; salts and ids follow from the seed. */
export async function textsOf(
  { name, signer, speeches }: Author,
  {
    seed,
    ledgerId,
    map,
    now,
  }: { readonly seed: string; readonly ledgerId: Uint8Array; readonly map: TextMap; readonly now: Date },
): Promise<SentTexts> {
  const random = Xoshiro128.fromSeed(seed).fork(`texts/${name}`)
  const { id, record, payloads } = await contribute({
    ...{ ledgerId, signer, source: SOURCES.portal, dataset: DATASET, licence: LICENCE },
    items: speeches.map(({ year, text }) => ({ payload: Buffer.from(text), label: String(year) })),
    ...{ id: uuidFrom(random.bytes(16)), now, randomSalt: () => random.bytes(SALT_BYTES) },
  })
  const batch = { source: SOURCES.portal, id }
  const told = speeches.map(
    ({ text }, index) => contributionText({ source: SOURCES.extractor, map, text, batch, index, now }).record,
  )
  return { id, records: [record, ...told], payloads }
}
