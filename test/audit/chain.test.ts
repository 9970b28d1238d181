import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { deposit } from '../../anchor/chain/deposit.ts'
import { epochContentOf } from '../../anchor/chain/epoch-content.ts'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import { type Manifest, manifestHash } from '../../anchor/manifest.ts'
import { auditBundle, verifyReceipt } from '../../audit/index.ts'
import { fromHex } from '../../schemas/ids.ts'
import { describeWithAnvil, rpc } from '../anchor/chain-anvil.ts'
import { DELAY_S, type House, LOCAL, startHouse } from '../anchor/chain-house.ts'
import type { EpochFiles } from './support/bundle-writer.ts'
import { publishWorld, writeWorld } from './support/published-world.ts'
import { receiptOf } from './support/receipt-of.ts'
import { addressOf } from './support/world.ts'

describeWithAnvil('a bundle beside its chain', () => {
  let house: House
  let epochs: EpochFiles[]
  let bundle: { folder: string; remove: () => Promise<void> }

  beforeAll(async () => {
    house = await startHouse()
    const [distributor, token] = [house.distributor.toLowerCase(), house.token.toLowerCase()]
    epochs = (await publishWorld({ chainId: LOCAL, distributor, token, deposit: await pay(10_000n) })).epochs
    bundle = await writeWorld(epochs)
  })
  afterAll(async () => {
    await bundle?.remove()
    await house?.chain.stop()
  })

  /** @returns its place on chain, as a record has it */
  async function pay(amount_atoms: bigint) {
    const order = { intent: `deposit ${amount_atoms}`, token: house.token, amount_atoms, payer: addressOf.payer }
    const { receipt } = await deposit(await house.as(house.payer), order)
    const { transactionHash, blockHash, blockNumber, logs } = receipt
    const logIndex = logs.at(-1)!.logIndex
    return { transactionHash: fromHex(transactionHash), blockHash: fromHex(blockHash), blockNumber, logIndex }
  }

  const propose = (manifest: Manifest) => proposeTo(house, manifest)

  async function proposeTo(to: House, manifest: Manifest): Promise<void> {
    await proposeEpoch(await to.as(to.proposer), epochContentOf(manifest, ''))
  }

  async function finalize(epoch: bigint): Promise<void> {
    await house.chain.advanceTime(DELAY_S)
    await finalizeEpoch(await house.as(house.anyone), epoch)
  }

  test('is checked epoch by epoch; what is not finalized, or differs, is named', async () => {
    const rpcUrl = house.chain.rpcUrl
    // given: nothing on chain
    const before = await auditBundle(bundle.folder, { rpcUrl })
    expect(before.firstDifference).toMatchObject({ check: 'chain', epoch: 1, found: 'never proposed' })
    expect(before.contractAnswers).toBeNull()
    // when: proposed only
    await propose(epochs[0]!.manifest)
    const pending = await auditBundle(join(bundle.folder, 'epoch-000001'), { rpcUrl })
    expect(pending.firstDifference).toMatchObject({ check: 'chain', expected: 'finalized', found: 'proposed' })
    // when: finalized
    await finalize(1n)
    const first = await auditBundle(join(bundle.folder, 'epoch-000001'), { rpcUrl })
    expect(first.firstDifference).toBeUndefined()
    expect(first).toMatchObject({ ok: true, verdict: 'ok', chain: 'checked' })
    expect(first.trusted).not.toContain('That these are the anchored epochs: the chain was not asked.')
    expect(first.checked.slice(-2)).toMatchObject([
      { name: 'deposits', detail: expect.stringContaining('1 recorded ones are on chain') },
      { name: 'contract answers', detail: 'none is recorded' },
    ])
    expect(first.contractAnswers).toEqual({ recorded: 0, checked: 0, unknown: 0 })
    // when: epoch 2 is anchored with another total
    const forged = structuredClone(epochs[1]!.manifest)
    forged.payout.totals[0]!.total = (BigInt(forged.payout.totals[0]!.total) + 1n).toString()
    await propose(forged)
    await finalize(2n)
    const second = await auditBundle(bundle.folder, { rpcUrl })
    expect(second.firstDifference).toMatchObject({
      check: 'chain',
      epoch: 2,
      where: 'record of epoch 2 on chain, manifestHash',
      expected: manifestHash(epochs[1]!.manifest),
      found: manifestHash(forged),
    })
  })

  test('a recorded deposit that nobody made is named', async () => {
    const [distributor, token] = [house.distributor.toLowerCase(), house.token.toLowerCase()]
    const [{ manifest }] = (await publishWorld({ chainId: LOCAL, distributor, token })).epochs as [EpochFiles]
    const other = await startHouse()
    try {
      // The same contract on a chain on which nothing was deposited.
      expect(other.distributor).toBe(house.distributor)
      await rpc(other.chain.rpcUrl, 'anvil_mine', '0x10')
      await proposeTo(other, manifest)
      await other.chain.advanceTime(DELAY_S)
      await finalizeEpoch(await other.as(other.anyone), 1n)
      const made = await writeWorld((await publishWorld({ chainId: LOCAL, distributor, token })).epochs.slice(0, 1))
      const report = await auditBundle(made.folder, { rpcUrl: other.chain.rpcUrl })
      await made.remove()
      expect(report.firstDifference).toMatchObject({ check: 'deposits', expected: 'no such deposit on chain' })
    } finally {
      await other.chain.stop()
    }
  })

  test('a receipt is held to the finalized record', async () => {
    const rpcUrl = house.chain.rpcUrl
    const receipt = await receiptOf(epochs[0]!, addressOf.alice)
    const found = await verifyReceipt(receipt, { rpcUrl })
    expect(found).toMatchObject({ ok: true, chain: 'checked' })
    expect(found.steps.at(-1)).toMatchObject({ name: 'chain', ok: true })
    // A manifest that proves the same amounts, but is not the anchored one.
    receipt.manifest.engine = 'another'
    const forged = await verifyReceipt({ ...receipt, checkpoint: null }, { rpcUrl })
    expect(forged.ok).toBe(false)
    expect(forged.steps.at(-1)).toMatchObject({ name: 'chain', ok: false })
  })

  test('another chain is a difference, no chain a typed error', async () => {
    const elsewhere = await publishWorld({
      chainId: 1,
      distributor: house.distributor.toLowerCase(),
      token: house.token.toLowerCase(),
    })
    const other = await writeWorld(elsewhere.epochs)
    try {
      const report = await auditBundle(other.folder, { rpcUrl: house.chain.rpcUrl })
      expect(report.firstDifference).toMatchObject({ check: 'chain', expected: '1', found: '31337' })
    } finally {
      await other.remove()
    }
    // Port 9 (discard) has no listener.
    await expect(auditBundle(bundle.folder, { rpcUrl: 'http://127.0.0.1:9' })).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
    })
  })
})
