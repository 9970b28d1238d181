import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { signingDigest } from '../../anchor/signatures/signer.ts'
import { derive } from '../../client/src/derive.ts'
import { transfer } from '../../client/src/transfer.ts'
import { statementOf } from '../../jobs/statement/statement.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, type Name, signerOf, TOKEN } from '../support/ledger/cast.ts'
import { contributionOf } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

const SIX = {
  ...{ dataParts: 500_000, modelParts: 200_000, upstreamParts: 100_000 },
  ...{ agentParts: 50_000, infrastructureParts: 100_000, treasuryParts: 50_000 },
}

async function linesOf(epoch: number): Promise<string[]> {
  const rows = await world.ledger.warehouse.all(
    'SELECT account, kind, asset, amount FROM settlement_line WHERE epoch = $epoch ORDER BY kind, asset, amount DESC',
    { epoch },
  )
  const names = (['modeller', 'partner', 'host', 'treasury', 'alice', 'bob', 'carol', 'operator'] as const).map(
    (name): [string, Name] => [addressOf(name), name],
  )
  const nameOf = new Map<string, Name>(names)
  return rows.map(({ account, kind, asset, amount }) => `${kind} ${asset} ${nameOf.get(account as string)} ${amount}`)
}

/** Uses of the period that was attributed last whose payer counts as an owner. */
async function ownUses(): Promise<string[]> {
  const rows = await world.ledger.warehouse.all<{ event_id: string }>(
    'SELECT i.event_id FROM event AS e JOIN inference AS i USING (inference) WHERE e.own ORDER BY i.ordinal',
  )
  return rows.map(({ event_id }) => event_id)
}

async function expectAudited(): Promise<void> {
  expect((await world.audit()).firstDifference).toBeUndefined()
}

describe('a share changes hands', () => {
  test('from its place in accept order on: fees before it are of the old owners, fees after it of the new', async () => {
    await world.found()
    const { records } = world
    await world.send(records.deposit('payer', 1_000n))
    await world.send(records.inference('before', 100n))
    await world.send(await records.transfer('reader', 'partner', 'alice', 666_667))
    await world.send(records.inference('after', 200n))
    await world.runEpoch()
    // 90 of 300 are the model's: 30 for the first use, 60 for the second.
    expect((await linesOf(1)).filter((line) => line.startsWith('model'))).toEqual([
      'model reader alice 40',
      'model reader modeller 30',
      'model reader partner 20',
    ])
    await world.send(records.inference('later', 100n))
    await world.runEpoch()
    expect((await linesOf(2)).filter((line) => line.startsWith('model'))).toEqual([
      'model reader alice 20',
      'model reader modeller 10',
    ])
    await expectAudited()
  })

  test('by who owns it at that place: given on within an epoch, and not twice', async () => {
    await world.found()
    const { records } = world
    const sent = await world.send(
      await records.transfer('reader', 'alice', 'bob', 1), // comes before she has any
      await records.transfer('reader', 'modeller', 'alice', 333_333),
      await records.transfer('reader', 'alice', 'bob', 333_333),
      await records.transfer('reader', 'alice', 'carol', 333_333),
    )
    await world.runEpoch()
    expect(await Promise.all(sent.map((each) => world.outcomeOf(each)))).toEqual([
      'SHARES_NOT_OWNED',
      'accepted',
      'accepted',
      'SHARES_NOT_OWNED',
    ])
    await expectAudited()
  })

  test('an asset can be given away in the epoch that registers it, after its registration', async () => {
    await world.found()
    const { records } = world
    const sent = await world.send(
      await records.transfer('new', 'alice', 'bob', 1),
      await records.asset('new', 'model', { alice: 1_000_000 }),
      await records.transfer('new', 'alice', 'bob', 1_000_000),
    )
    // Whoever used it before it was registered paid its first owner: it exists for the whole epoch.
    await world.send(
      ...(await records.vouchers('new')),
      records.deposit('payer', 100n),
      records.inference('use', 100n, { body: { model: 'new' } }),
    )
    await world.runEpoch()
    expect(await Promise.all(sent.map((each) => world.outcomeOf(each)))).toEqual([
      'ASSET_UNKNOWN',
      'accepted',
      'accepted',
    ])
    expect((await linesOf(1)).filter((line) => line.startsWith('model'))).toEqual(['model new bob 30'])
    await expectAudited()
  })

  test('a contract gives its share away when its answer to the digest is on record, in this epoch or shortly before', async () => {
    await world.found()
    const { records } = world
    const unsigned = { signature: new Uint8Array(65) }
    const transfer = (id: string) => records.transfer('reader', 'partner', 'alice', 1, { id, body: unsigned })
    const digestOf = async (id: string) => {
      const decoded = decodeRecord(await transfer(id))
      if (decoded.outcome !== 'decoded') throw new Error('It is a good record.')
      return fromHex(signingDigest(world.ledger.ledgerId, decoded.event as never))
    }
    const [unchecked, checked] = await world.send(await transfer('unchecked'), await transfer('checked'))
    const [foreign] = await world
      .send(
        records.signatureCheck('partner', await digestOf('checked')),
        records.signatureCheck('stranger', await digestOf('unchecked')),
        records.signatureCheck('partner', await digestOf('other'), { body: { chainId: 1n } }),
        records.signatureCheck('partner', await digestOf('later')),
      )
      .then((positions) => positions.slice(2))
    await world.runEpoch()
    expect(await world.outcomeOf(unchecked!)).toBe('SIGNATURE_INVALID')
    expect(await world.outcomeOf(checked!)).toBe('accepted')
    expect(await world.outcomeOf(foreign!)).toBe('SIGNATURE_CHECK_FOREIGN')
    const [later] = await world.send(await transfer('later'))
    await world.runEpoch()
    expect(await world.outcomeOf(later!)).toBe('accepted')
    await expectAudited()
  })
})

describe('a payer who owns something that is paid for the use', () => {
  test('has no weight in attribution, from the place on where it comes to own it until it gives it away', async () => {
    await world.found(SIX)
    const { records } = world
    const random = randomOf(5)
    const alice = await contributionOf(records, 'alice', 'batch-alice', [featuresOf(random, SHAPE, 0)])
    await world.send(alice.batch, ...alice.features)
    const use = async (id: string, body: { agent?: string } = {}) => {
      await world.send(records.inference(id, 100n, { body }))
      await world.send(records.inferenceFeatures(id, featuresOf(random, SHAPE, 0)))
    }
    await world.send(
      await records.asset('bot', 'agent', { payer: 1, alice: 999_999 }),
      records.deposit('payer', 10_000n),
    )
    await use('before')
    await world.send(await records.transfer('reader', 'partner', 'payer', 1))
    await use('as owner of the model')
    await world.send(await records.transfer('reader', 'payer', 'alice', 1))
    await use('after')
    await use('by an agent of its own', { agent: 'bot' })
    await world.send(await records.transfer('gateway', 'host', 'payer', 5))
    await use('on machines of its own')
    await world.runEpoch()
    expect(await ownUses()).toEqual(['as owner of the model', 'by an agent of its own', 'on machines of its own'])
    await expectAudited()
  })

  test('also of what the model is derived from, in an epoch after the transfer', async () => {
    await world.found(SIX)
    const { records } = world
    const random = randomOf(6)
    await world.send(
      await records.derived('tuned', 'model', 'modeller', { digits: { by: 'operator', parts: 1 } }),
      await records.featureMap({ featureMap: 'map-2', model: 'tuned' }),
      ...(await records.vouchers('tuned')),
      await records.transfer('digits', 'operator', 'payer', 1),
      ...(await records.vouchers('tuned')),
      records.deposit('payer', 10_000n),
    )
    await world.runEpoch()
    for (const model of ['tuned', 'reader']) {
      await world.send(records.inference(model, 100n, { body: { model } }))
      const featureMap = model === 'tuned' ? 'map-2' : 'map-1'
      await world.send(records.inferenceFeatures(model, featuresOf(random, SHAPE, 0), { body: { featureMap } }))
    }
    await world.runEpoch()
    // Periods are attributed in the order of their models' names.
    expect(await ownUses()).toEqual(['tuned'])
    await expectAudited()
  })
})

describe('a statement', () => {
  test('says what the account owns, its share over time, and what it was paid for which cause', async () => {
    await world.found(SIX)
    const { records } = world
    const identity = `eip155:1:0x${'0f'.repeat(20)}/7`
    await world.send(
      await records.asset('bot', 'agent', { partner: 1_000_000 }, { body: { identity } }),
      await records.derived('tuned', 'model', 'carol', { reader: { by: 'modeller', parts: 500_000 } }),
      ...(await records.vouchers('tuned')),
      records.deposit('payer', 10_000n),
      records.inference('one', 1_000n, { body: { agent: 'bot' } }),
      records.inference('two', 1_000n, { body: { model: 'tuned' } }),
    )
    await world.runEpoch()
    await world.send(await records.transfer('reader', 'partner', 'alice', 666_667))
    await world.send(await records.transfer('bot', 'partner', 'alice', 1))
    await world.runEpoch()
    const { owns, paidByKind } = await statementOf(world.ledger.warehouse, addressOf('partner'))
    const token = TOKEN
    // Of 300 for the model's use, and of the 50 that its derivative pays upstream, two thirds.
    expect(owns).toEqual([
      {
        ...{ asset: 'bot', kind: 'agent', title: 'bot', identity, access: 'open', outside: [], parts: 999_999 },
        history: [
          { epoch: 1, parts: 1_000_000 },
          { epoch: 2, parts: 999_999 },
        ],
        paid: [{ kind: 'agent', token, amount: 50n }],
      },
      {
        ...{ asset: 'reader', kind: 'model', title: 'reader', identity: '', access: 'open', outside: [], parts: 0 },
        history: [
          { epoch: 1, parts: 666_667 },
          { epoch: 2, parts: 0 },
        ],
        paid: [
          { kind: 'model', token, amount: 200n },
          { kind: 'royalty', token, amount: 33n },
        ],
      },
    ])
    expect(paidByKind).toEqual([
      { kind: 'agent', token, amount: 50n },
      { kind: 'model', token, amount: 200n },
      { kind: 'royalty', token, amount: 33n },
    ])
    // Who owns and was never paid has a statement too.
    expect((await statementOf(world.ledger.warehouse, addressOf('alice'))).owns).toHaveLength(2)
  })
})

describe('the client', () => {
  test('gives a share away, and agrees to a derivation, so that the ledger accepts both', async () => {
    await world.found(SIX)
    const { ledgerId } = world.ledger
    const common = { ledgerId, source: SOURCES.operator }
    const given = await transfer({
      ...{ ...common, signer: signerOf('partner'), asset: 'reader' },
      ...{ to: addressOf('alice'), parts: 666_667, id: 'given' },
    })
    const parent = await derive({
      ...{ ledgerId, signer: signerOf('alice'), parent: 'reader', child: 'tuned' },
      ...{ registrant: addressOf('carol'), parts: 250_000 },
    })
    const child = await world.records.asset('tuned', 'model', { carol: 1_000_000 }, { body: { parents: [parent] } })
    const positions = await world.send(given.record, child)
    await world.runEpoch()
    expect(await Promise.all(positions.map((each) => world.outcomeOf(each)))).toEqual(['accepted', 'accepted'])
  })

  test('says what a contract has to answer for', async () => {
    await world.found(SIX)
    const { record, digest } = await transfer({
      ...{ ledgerId: world.ledger.ledgerId, source: SOURCES.operator, contract: addressOf('partner') },
      ...{ asset: 'reader', to: addressOf('alice'), parts: 1 },
    })
    const [position] = await world.send(record)
    await world.send(world.records.signatureCheck('partner', fromHex(digest)))
    await world.runEpoch()
    expect(await world.outcomeOf(position!)).toBe('accepted')
  })
})

describe('the six parts of a fee', () => {
  test('without an agent its part is the model’s, without parents what is upstream is too', async () => {
    await world.found(SIX)
    await world.send(world.records.deposit('payer', 1_000n), world.records.inference('use', 1_000n))
    await world.runEpoch()
    expect(await linesOf(1)).toEqual([
      'infrastructure gateway host 100',
      'model reader partner 233',
      'model reader modeller 117',
      'treasury policy-1 treasury 50',
    ])
    await expectAudited()
  })

  test('an agent earns by work, and parents what was agreed, net of what they pass on', async () => {
    await world.found(SIX)
    const { records } = world
    await world.send(
      await records.asset('bot', 'agent', { alice: 1_000_000 }),
      await records.derived('base', 'model', 'bob', { digits: { by: 'operator', parts: 200_000 } }),
      await records.derived('tuned', 'model', 'carol', { base: { by: 'bob', parts: 400_000 } }),
      ...(await records.vouchers('tuned')),
      records.deposit('payer', 1_000n),
      records.inference('use', 1_000n, { body: { model: 'tuned', agent: 'bot' } }),
    )
    await world.runEpoch()
    // 100 are paid upstream: 40 to base, of which a fifth goes on to digits; 60 stay with the model.
    expect(await linesOf(1)).toEqual([
      'agent bot alice 50',
      'infrastructure gateway host 100',
      'model tuned carol 260',
      'royalty base bob 32',
      'royalty digits operator 8',
      'treasury policy-1 treasury 50',
    ])
    await expectAudited()
  })

  test('a share of an ancestor that changes hands splits its royalty, and nothing else', async () => {
    await world.found(SIX)
    const { records } = world
    await world.send(
      await records.derived('tuned', 'model', 'carol', { digits: { by: 'operator', parts: 500_000 } }),
      ...(await records.vouchers('tuned')),
      records.deposit('payer', 2_000n),
      records.inference('first', 1_000n, { body: { model: 'tuned' } }),
      await records.transfer('digits', 'operator', 'alice', 500_000),
      records.inference('second', 1_000n, { body: { model: 'tuned' } }),
    )
    await world.runEpoch()
    expect(await linesOf(1)).toEqual([
      'infrastructure gateway host 200',
      'model tuned carol 600',
      'royalty digits operator 75',
      'royalty digits alice 25',
      'treasury policy-1 treasury 100',
    ])
    await expectAudited()
  })
})
