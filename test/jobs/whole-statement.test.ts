import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { manifestHash } from '../../anchor/manifest.ts'
import { receiptsOf } from '../../jobs/statement/receipt.ts'
import type { SplitPool } from '../../jobs/statement/split.ts'
import { type WholeStatement, wholeStatementOf } from '../../jobs/statement/whole-statement.ts'
import { toHex } from '../../schemas/ids.ts'
import { addressOf, NAMES, type Name, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'
import { openStatementWorld } from '../support/ledger/statement-world.ts'

let world: SmallLedger
beforeAll(async () => {
  world = await openStatementWorld()
})
afterAll(() => world.close())

const told = (name: Name, range?: { from: number; to: number }) =>
  wholeStatementOf(world.ledger, addressOf(name), range)
const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)

describe('a whole statement', () => {
  test('every pool goes somewhere, to the atom, and everything earned is in the picture or told beside it', async () => {
    for (const name of NAMES) {
      const statement = await told(name)
      for (const { token, fees, pools, apart } of statement.split) {
        expect(sum(pools.map(({ fromFees }) => fromFees))).toBe(fees)
        for (const pool of pools) {
          const { fromFees, before, yours, others, held, unattributed } = pool
          expect(fromFees + before).toBe(yours + others + held + unattributed)
          expect([yours, others, held, unattributed, before].every((amount) => amount >= 0n)).toBe(true)
        }
        const earned = statement.epochs.flatMap((epoch) => epoch.lines).filter((line) => line.token === token)
        const shown = [...pools.map(({ yours }) => yours), ...apart.map(({ amount }) => amount)]
        expect(sum(shown)).toBe(sum(earned.map(({ amount }) => amount)))
      }
    }
  })

  test('the treasury has a part in every fee: its pools are all that was ever funded', async () => {
    const { split } = await told('treasury')
    const funded = await world.ledger.warehouse.all<{ token: string; fees: bigint; uses: bigint }>(
      `SELECT i.token, sum(i.fee)::HUGEINT AS fees, count(*) AS uses FROM funded JOIN inference AS i USING (inference)
       GROUP BY i.token ORDER BY i.token`,
    )
    expect(split.map(({ token, fees, uses }) => ({ token, fees, uses: BigInt(uses) }))).toEqual(funded)
  })

  test('what a pool held and gave is what state and lines say', async () => {
    const { split } = await told('alice')
    const data = poolOf(split, 'data', 'reader')
    const state = await world.state(3)
    const isReader = ({ model, token }: { model: string; token: string }) => model === 'reader' && token === TOKEN
    const held = [
      ...state.periods.filter(isReader).map(({ pool }) => BigInt(pool)),
      ...state.reserves.filter(isReader).map(({ amount }) => BigInt(amount)),
      ...state.waiting.filter(isReader).map(({ part }) => BigInt(part)),
    ]
    expect(data.held).toBe(sum(held))
    expect(data.held).toBeGreaterThan(0n)
    const paid = await world.ledger.warehouse.all<{ amount: bigint }>(
      `SELECT amount FROM settlement_line WHERE kind = 'data' AND asset = 'reader' AND token = $token`,
      { token: TOKEN },
    )
    expect(data.yours + data.others).toBe(sum(paid.map(({ amount }) => amount)))
  })

  test('epochs that are asked for are told alone, and begin with what was held before them', async () => {
    const { range, epochs, split, totals } = await told('alice', { from: 2, to: 2 })
    expect(range).toEqual({ from: 2, to: 2 })
    expect(epochs.map(({ epoch }) => epoch)).toEqual([2])
    expect(poolOf(split, 'data', 'reader').before).toBeGreaterThan(0n)
    expect(totals[0]?.cumulative).toBe(epochs[0]?.payouts[0]?.cumulative)
    expect((await told('alice', { from: 1, to: 1 })).epochs.map(({ epoch }) => epoch)).toEqual([1])
  })

  test('uses are those of what is owned, of what was made from it, and those that contributions were measured on', async () => {
    const ofEpoch = async (name: Name, epoch: number) => {
      const { uses } = await told(name)
      const own = uses.filter((each) => each.epoch === epoch && each.token === TOKEN)
      return own.map(({ asset, role, uses: count }) => `${count} ${role} ${asset}`)
    }
    expect(await ofEpoch('modeller', 1)).toEqual(['9 model reader'])
    expect(await ofEpoch('carol', 1)).toEqual(['2 agent bot'])
    expect(await ofEpoch('carol', 3)).toContain('1 derived base')
    expect(await ofEpoch('alice', 1)).toEqual(['8 data reader'])
    expect(await ofEpoch('operator', 1)).toEqual(['8 dataset digits'])
    expect(await ofEpoch('host', 2)).toEqual(['9 infrastructure gateway'])
  })

  test('what is held says whose it is only when that is known', async () => {
    const { held } = await told('bob')
    expect(held.map(({ bucket }) => bucket)).toEqual(expect.arrayContaining(['reserve', 'waiting']))
    for (const { bucket, yours, ofYours, amount } of held) {
      expect(yours === null).toBe(bucket !== 'small')
      expect(ofYours === null).toBe(bucket !== 'reserve')
      expect(ofYours ?? 0n).toBeLessThanOrEqual(amount)
    }
    const { held: ofCarol } = await told('carol')
    const outcome = ofCarol.find(({ bucket }) => bucket === 'outcome')
    expect(outcome).toMatchObject({ asset: 'bot', token: TOKEN, yours: null })
    const { held: ofPartner } = await told('partner')
    const small = ofPartner.find(({ bucket }) => bucket === 'small')
    expect(small?.yours).toBe((await told('partner')).totals.find(({ token }) => token === OTHER_TOKEN)?.small)
    expect(small?.yours).toBeGreaterThan(0n)
  })

  test('each line stands where the receipt proves it, and each epoch has the hashes that it is proven by', async () => {
    const statement = await told('modeller')
    for (const { epoch, lines } of statement.epochs) {
      const receipts = await receiptsOf(world.ledger, addressOf('modeller'), { epoch })
      for (const { token, index, leaf, amount } of lines) {
        const receipt = receipts.find((each) => each.token === token)!
        const proven = receipt.lines.find((each) => each.index === index)!
        expect(proven.line.amount).toBe(amount.toString())
        const bytes = new TextEncoder().encode(JSON.stringify(proven.line, Object.keys(proven.line).sort()))
        expect(toHex(leafHash(bytes))).toBe(leaf)
      }
      const proof = statement.proofs.find((each) => each.epoch === epoch)!
      const manifest = await world.manifest(epoch)
      expect(proof).toMatchObject({ manifestHash: manifestHash(manifest), payoutRoot: manifest.payout.root })
    }
  })

  test('what was earned is deducted, paid or carried, exactly', async () => {
    for (const name of NAMES) {
      const { epochs } = await told(name)
      for (const { payouts } of epochs)
        for (const { smallBefore, earned, deducted, paid, small } of payouts)
          expect(smallBefore + earned).toBe(sum(deducted.map(({ amount }) => amount)) + paid + small)
    }
  })

  test('an epoch tells the transactions that anchored it, and what of final ones can be claimed', async () => {
    const { warehouse, genesis } = world.ledger
    expect(await told('modeller')).toMatchObject({
      claimable: [],
      proofs: [{ proposed: null, finalized: null }, {}, {}],
    })
    const account = addressOf('modeller')
    const acts = ['propose/1/1', 'finalize/1/1/0123456789abcdef', 'propose/2/1', 'propose/2/1/try-2', 'finalize/2/1']
    for (const [at, act] of [...acts, `claim/1/${account}/${TOKEN}/5`].entries())
      await warehouse.run(
        `INSERT INTO chain_transaction BY NAME SELECT $intent AS intent, $state AS state, 31337 AS chain_id, '0x' AS sender, '0x' AS data,
         $hash AS landed_hash, 7 AS block_number`,
        {
          intent: `31337/${genesis.distributor}/${act}`,
          state: act === 'propose/2/1' ? 'reverted' : 'confirmed',
          hash: `hash ${at}`,
        },
      )
    await warehouse.run("UPDATE epoch SET state = 'finalized' WHERE epoch <= 2")
    const { proofs, claimable, epochs } = await told('modeller')
    expect(proofs[0]).toMatchObject({ proposed: { hash: 'hash 0', block: '7' }, finalized: { hash: 'hash 1' } })
    expect(proofs[1]).toMatchObject({ state: 'finalized', proposed: { hash: 'hash 3' }, finalized: { hash: 'hash 4' } })
    expect(proofs[2]).toMatchObject({ state: 'published', proposed: null, finalized: null })
    const paid = epochs[1]!.payouts.find(({ token }) => token === TOKEN)!.cumulative
    const claimedHere = { hash: 'hash 5', block: '7', epoch: 1 }
    // Of the other token nothing was paid: it is small.
    expect(claimable).toEqual([{ token: TOKEN, epoch: 2, cumulative: paid, claimedHere }])
  })

  test('epochs that are not settled are refused', async () => {
    await expect(told('alice', { from: 2, to: 9 })).rejects.toMatchObject({ code: 'EPOCHS_NOT_SETTLED' })
  })
})

function poolOf(split: WholeStatement['split'], kind: string, asset: string): SplitPool {
  return split.find(({ token }) => token === TOKEN)!.pools.find((pool) => pool.kind === kind && pool.asset === asset)!
}
