import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { erase } from '../../jobs/erasure/erase.ts'
import { explain } from '../../jobs/statement/explain.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { folded, signatureOf } from '../../schemas/text/shingles.ts'
import { tokenise, wordsOf } from '../../schemas/text/tokenizer.ts'
import { divide } from '../oracle/economy/hamilton.ts'
import { naiveCorpus, naiveWeights } from '../oracle/economy/texts.ts'
import { addressOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { OFFLINE_STEPS, SmallLedger } from '../support/ledger/small-ledger.ts'

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  alice: ['the sea is wide and no ship sails there', 'a harbour in the north keeps its lamps lit'],
  bob: ['mountains are high and cold, and no road leads over them'],
}
const OUTPUT = 'mountains are high and cold, the sea is wide'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

/** Half of each fee is for data; alice and bob contributed texts. */
async function found(channels: readonly string[], policy: Partial<EventBodies['PolicyPublished']> = {}): Promise<void> {
  const { records } = world
  await world.found({ minEvents: 1, dataChannels: [{ model: '', channels: [...channels] }], ...policy })
  await world.send(await records.textMap(), records.deposit('payer', 1_000_000n))
  for (const [name, texts] of Object.entries(TEXTS)) {
    await world.send(await records.batch(name as Name, name, texts.length))
    await world.send(...texts.map((text, index) => records.itemText(name, index, text)))
  }
}

const use = (id: string, fee: bigint, body = {}) => world.send(world.records.inference(id, fee, { body }))
const told = (id: string, text = OUTPUT) => world.send(world.records.inferenceText(id, text))
const features = (id: string) =>
  world.send(world.records.inferenceFeatures(id, featuresOf(randomOf(5), SHAPE, 0), { body: {} }))

/** Ends an epoch that has at least a record. */
async function epoch() {
  await world.send(world.records.deposit('stranger', 1n))
  return world.runEpoch()
}

const earned = (after: number, name: Name) => world.earned(after, addressOf(name), 'text')
const nobodys = async (after: number) =>
  BigInt((await world.state(after)).unattributed.find(({ token }) => token === TOKEN)?.amount ?? 0)
const finds = async () => (await world.audit()).firstDifference

/** What plain counting gives each account of the data parts of uses: fee and output. */
function naively(uses: readonly (readonly [fee: bigint, output: string])[]): Map<string, bigint> {
  const texts = Object.entries(TEXTS).flatMap(([name, own]) =>
    own.map((text) => ({
      account: addressOf(name as Name),
      words: wordsOf(tokenise(text)),
      signature: [...signatureOf(folded(text))],
      isWithdrawn: false,
    })),
  )
  const weights = new Map<string, bigint>()
  for (const [fee, output] of uses) {
    let left = 1_000_000n
    for (const [account, weight] of naiveWeights(naiveCorpus(texts), wordsOf(tokenise(output)))) {
      weights.set(account, (weights.get(account) ?? 0n) + fee * BigInt(weight))
      left -= BigInt(weight)
    }
    weights.set('', (weights.get('') ?? 0n) + fee * left)
  }
  const accounts = [...weights.keys()].filter((account) => account !== '').sort()
  const pool = uses.reduce((sum, [fee]) => sum + fee, 0n) / 2n
  const amounts = divide(pool, [...accounts.map((account) => weights.get(account)!), weights.get('')!])
  return new Map([...accounts, ''].map((account, index) => [account, amounts[index]!]))
}

describe('promise 4: texts behind an output are paid', () => {
  test('who sends only an output and its price pays those whose texts it repeats, as plain counting says', async () => {
    await found(['features', 'retrieval', 'text'])
    await use('one', 10_000n)
    await told('one')
    await use('two', 3_000n)
    await told('two', 'the sea keeps its lamps lit')
    await use('three', 600n)
    await told('three', 'nothing of this stands anywhere')
    const { conservation } = await epoch()
    expect(conservation[0]).toMatchObject({ funded: '13600', heldOut: '0' })
    const expected = naively([
      [10_000n, OUTPUT],
      [3_000n, 'the sea keeps its lamps lit'],
      [600n, 'nothing of this stands anywhere'],
    ])
    expect([await earned(1, 'alice'), await earned(1, 'bob')]).toEqual([
      expected.get(addressOf('alice')),
      expected.get(addressOf('bob')),
    ])
    expect(await earned(1, 'bob')).toBeGreaterThan(1_000n)
    expect(await nobodys(1)).toBe(expected.get(''))
    const [explained] = await explain(world.ledger.warehouse, ['one'], 3)
    expect(explained).toMatchObject({ channel: 'text', data: { state: 'divided', in: 1, channel: 'text' } })
    expect(explained!.accounts.map(({ account }) => account).sort()).toEqual(
      [addressOf('alice'), addressOf('bob')].sort(),
    )
    expect(explained!.paid).toBe(explained!.accounts.reduce((sum, { apportioned }) => sum + apportioned, 0n))
    expect(await finds()).toBeUndefined()
  })

  test('features, then what was retrieved, then text, then nobody', async () => {
    await found(['features', 'retrieval', 'text'])
    const retrieved = [{ batchSource: SOURCES.portal, batchId: 'bob', index: 0, score: 1 }]
    await use('featured', 1_000n, { retrieved })
    await features('featured')
    await told('featured')
    await use('retrieved', 1_000n, { retrieved })
    await told('retrieved')
    await use('told', 1_000n)
    await told('told', 'mountains are high')
    await use('neither', 1_000n)
    const { periods } = await epoch()
    expect(periods.map(({ fees }) => fees)).toEqual(['1000'])
    expect(await world.earned(1, addressOf('bob'), 'retrieval')).toBe(500n)
    expect(await earned(1, 'bob')).toBe(naively([[1_000n, 'mountains are high']]).get(addressOf('bob')))
    expect(await nobodys(1)).toBeGreaterThanOrEqual(500n)
    expect(await finds()).toBeUndefined()
  })

  test('a use waits for its text as long as for features, and no longer; what features may still take waits for them', async () => {
    await found(['text'], { featureWaitEpochs: 1 })
    await use('late', 1_000n)
    await use('never', 1_000n)
    await use('at-once', 400n)
    await told('at-once', 'mountains are high')
    await epoch()
    expect((await world.state(1)).waiting).toMatchObject([{ part: '1000', fees: '2000', taken: '0', until: 2 }])
    await told('late', 'mountains are high')
    await epoch()
    expect((await world.state(2)).waiting).toEqual([])
    expect(await earned(2, 'bob')).toBe(naively([[1_000n, 'mountains are high']]).get(addressOf('bob')))
    await told('never', 'mountains are high')
    await epoch()
    expect([await earned(3, 'bob'), await finds()]).toEqual([0n, undefined])
  })

  test('what was retrieved has its part at once, and texts divide the rest', async () => {
    await found(['text'], { retrievalParts: 250_000 })
    await use('both', 8_000n, { retrieved: [{ batchSource: SOURCES.portal, batchId: 'alice', index: 1, score: 1 }] })
    await told('both', 'mountains are high and cold')
    await epoch()
    expect(await world.earned(1, addressOf('alice'), 'retrieval')).toBe(1_000n)
    const [explained] = await explain(world.ledger.warehouse, ['both'], 3)
    expect(explained!.paid).toBe((await earned(1, 'bob')) + (await earned(1, 'alice')))
    expect(await finds()).toBeUndefined()
  })

  test('texts that are erased later keep what they were paid, and the audit says that it took it over', async () => {
    await found(['text'])
    await use('one', 10_000n)
    await told('one')
    await epoch()
    const paid = await earned(1, 'bob')
    expect(paid).toBeGreaterThan(0n)
    await world.send(await world.records.erasure('bob', [0]))
    await use('two', 10_000n)
    await told('two')
    await epoch()
    expect([await earned(1, 'bob'), await earned(2, 'bob')]).toEqual([paid, 0n])
    const { ledger, bundles } = world
    const payloads = { erase: () => Promise.resolve(false) }
    await erase({ isAnchored: false, ledger, bundles, payloads, clock: () => world.nowMs })
    const report = await world.audit()
    expect([report.firstDifference, report.class]).toEqual([undefined, 'partial'])
  })
})

describe('promise 6: an altered ledger of texts is found', () => {
  test.each([
    [
      'pays another account',
      'close',
      `UPDATE contribution_batch SET account = '${addressOf('carol')}' WHERE batch_id = 'bob'`,
    ],
    ['forgets a text', 'close', 'DELETE FROM contribution_text WHERE item_index = 1'],
    [
      'lets a text be another',
      'close',
      'UPDATE inference_text SET tokens = (SELECT any_value(tokens) FROM contribution_text WHERE item_index = 1)',
    ],
    ['has nobody take the text', 'attribute', `DELETE FROM channel_use WHERE channel = 'text'`],
  ] as const)('one that %s', async (_, behind, sql) => {
    await found(['text'])
    await use('one', 10_000n)
    await told('one')
    world.endInterval()
    for (const step of OFFLINE_STEPS) {
      await world.step(step)
      if (step === behind) await world.ledger.warehouse.run(sql)
    }
    expect(await finds()).toBeDefined()
  })
})
