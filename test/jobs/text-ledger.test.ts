import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import type { History } from '../../audit/history.ts'
import { findUse } from '../../audit/history.ts'
import { auditBundle } from '../../audit/index.ts'
import { weighTextUses } from '../../audit/text-weights.ts'
import { corpusFolder } from '../../jobs/attribution/text/ledger/corpora-folder.ts'
import { documentsOf } from '../../jobs/attribution/text/ledger/documents.ts'
import { withCorpus } from '../../jobs/attribution/text/ledger/ledger-corpus.ts'
import { weighTexts } from '../../jobs/attribution/text/ledger/weigh-texts.ts'
import { erase } from '../../jobs/erasure/erase.ts'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { tokenise, wordsOf } from '../../schemas/text/tokenizer.ts'
import { naiveCorpus, naiveWeights } from '../oracle/economy/texts.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { RandomTexts } from '../support/ledger/random-texts.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const textUsesSql = readSql(new URL('../../jobs/attribution/text/ledger/text-uses.sql', import.meta.url))

let small: SmallLedger
afterEach(() => small.close())

type Weighed = [account: string, weight: number][][]

async function weighed(epoch: number, uses: readonly string[], shardTokens?: number): Promise<Weighed> {
  const ids = uses.map((id) => idHashOf(SOURCES.gateway, id))
  const options = shardTokens === undefined ? {} : { shardTokens }
  const found = await weighTexts(small.ledger.warehouse, epoch, ids, options)
  return found.map((weights) => weights.map(({ account, weight }) => [account, weight]))
}

function audited({ weights }: ReturnType<typeof weighTextUses>): Weighed {
  return weights.map((each) => each.map(({ account, weight }) => [account, weight]))
}

async function auditedHistory(): Promise<History> {
  let found: History | undefined
  await auditBundle(small.bundles, {
    onRecomputed: ({ history }) => {
      found = history
    },
  })
  return found!
}

const EPOCHS = 4

test.each([2, undefined])('promise 6: texts weigh what the audit and plain counting say, seed %s', async (fixed) => {
  const seed = fixed ?? runs(1).seed
  small = await SmallLedger.open()
  const world = new RandomTexts(randomOf(seed), small.records)
  await small.found()
  await small.send(await small.records.textMap())
  const uses: string[] = []
  const before: Weighed[] = []
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    await small.send(...(await world.epoch()))
    await small.runEpoch()
    uses.splice(0, uses.length, ...world.outputs.keys())
    const corpus = naiveCorpus(world.texts())
    const naive = uses.map((id) => naiveWeights(corpus, wordsOf(tokenise(world.outputs.get(id)!))))
    const found = await weighed(epoch, uses)
    expect(found).toEqual(naive)
    for (const weights of found) expect(weights.reduce((sum, [, weight]) => sum + weight, 0)).toBeLessThanOrEqual(1e6)
    before.push(found)
  }
  const history = await auditedHistory()
  const entries = uses.map((id) => findUse(history, SOURCES.gateway, id))
  const again = weighTextUses(history, entries)
  expect(audited(again)).toEqual(before.at(-1))
  expect(again.incomplete.size).toBe(0)
  expect(before.flat().some((weights) => weights.length > 1)).toBe(true)

  const known = await small.ledger.warehouse.all(textUsesSql, { epoch: 2 })
  expect(known.map(({ epoch }) => epoch).sort()).toEqual([1, 1, 1, 1, 2, 2, 2, 2])

  // Whatever was asked before, in one shard or in many.
  const folder = corpusFolder(small.ledger.warehouse, 'texts-1')
  expect(await weighed(2, uses.slice(0, before[1]!.length))).toEqual(before[1])
  rmSync(folder, { recursive: true })
  expect(await weighed(EPOCHS, uses, 1)).toEqual(before.at(-1))
  if (fixed === undefined) return
  expect([...world.seen].sort()).toEqual(['copy', 'erasure', 'near copy', 'withdrawal'])
  const { duplicates } = await documentsOf(small.ledger.warehouse, 'texts-1', EPOCHS)
  expect(new Set(duplicates.map(({ measure }) => measure))).toEqual(new Set(['fingerprint/equal@1', 'text/shingles@1']))
})

test('promise 3: a cache of sorted texts that is damaged, or of another ledger, changes nothing', async () => {
  small = await SmallLedger.open()
  await small.found()
  await small.send(
    await small.records.textMap(),
    await small.records.batch('alice', 'a', 2),
    await small.records.batch('bob', 'b', 1),
    small.records.itemText('a', 0, 'the sea is wide'),
    small.records.itemText('a', 1, 'a ship sails'),
    small.records.itemText('b', 0, 'the sea is deep'),
    small.records.inference('use', 10n),
    small.records.inferenceText('use', 'they say the sea is wide'),
  )
  await small.runEpoch()
  const good = await weighed(1, ['use'])
  expect(good[0]!.length).toBe(2)
  const folder = corpusFolder(small.ledger.warehouse, 'texts-1')
  const shard = readdirSync(folder).find((name) => name.startsWith('shard-'))!
  for (const file of [join(shard, 'tokens.i32'), 'documents.txt', 'manifest.json', 'words.txt']) {
    const bytes = readFileSync(join(folder, file))
    bytes[0]! ^= 1
    writeFileSync(join(folder, file), bytes)
    expect(await weighed(1, ['use'])).toEqual(good)
  }
  writeFileSync(join(folder, 'documents.txt'), '')
  expect(await weighed(1, ['use'])).toEqual(good)
})

test('what was erased is gone from the cache, and what it took part in is not weighed again', async () => {
  small = await SmallLedger.open()
  await small.found()
  await small.send(
    await small.records.textMap(),
    await small.records.batch('alice', 'a', 1),
    await small.records.batch('bob', 'b', 1),
    small.records.itemText('a', 0, 'the sea is wide'),
    small.records.itemText('b', 0, 'the sea is deep'),
    small.records.inference('use', 10n),
    small.records.inferenceText('use', 'the sea is wide'),
  )
  await small.runEpoch()
  await weighed(1, ['use'])
  await small.send(await small.records.erasure('a', [0]))
  await small.runEpoch()
  const { ledger, bundles } = small
  const payloads = { erase: () => Promise.resolve(false) }
  const done = await erase({ isAnchored: false, ledger, bundles, payloads, clock: () => small.nowMs })
  expect(done.records).toBe(1)
  expect(existsSync(corpusFolder(ledger.warehouse, 'texts-1'))).toBe(false)
  expect(await ledger.warehouse.all('SELECT * FROM contribution_text')).toHaveLength(1)
  await expect(weighed(1, ['use'])).rejects.toMatchObject({ code: 'TEXTS_ERASED' })
  const after = await weighed(2, ['use'])
  const history = await auditedHistory()
  expect(audited(weighTextUses(history, [findUse(history, SOURCES.gateway, 'use')]))).toEqual(after)
  expect(after[0]!.length).toBe(1)
})

test.each([
  ['takes another extractor for the one that was named', `UPDATE text_map SET extractor = 'urn:mine'`],
  ['forgets a text map', 'DELETE FROM text_map'],
  ['says that an item was to be erased', 'INSERT INTO contribution_erased SELECT batch, 0, 1 FROM contribution_batch'],
])('promise 6: an altered ledger of texts is found: one that %s', async (_, alteration) => {
  small = await SmallLedger.open()
  await small.found()
  await small.send(await small.records.textMap(), await small.records.batch('alice', 'a', 1))
  await small.runEpoch()
  expect((await small.audit()).firstDifference).toBeUndefined()
  await small.ledger.warehouse.run(alteration)
  await small.send(small.records.itemText('a', 0, 'the sea is wide'))
  await small.runEpoch()
  expect((await small.audit()).firstDifference).toMatchObject({ epoch: 2, check: 'decisions' })
})

test('whoever asks while another one is asking is answered all the same', async () => {
  small = await SmallLedger.open()
  await small.found()
  await small.send(
    await small.records.textMap(),
    await small.records.batch('alice', 'a', 1),
    small.records.itemText('a', 0, 'the sea is wide'),
    small.records.inference('use', 10n),
    small.records.inferenceText('use', 'the sea is deep'),
  )
  await small.runEpoch()
  const { warehouse } = small.ledger
  const other = await warehouse.connect()
  const map = { textMap: 'texts-1', epoch: 1 }
  const inner = await withCorpus(other, map, () => warehouse.transaction(() => weighed(1, ['use'])))
  expect(inner).toEqual(await weighed(1, ['use']))
})
