import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { encodeFunctionData, type Hex, type LocalAccount } from 'viem'
import { attestationTypedData, claimTypedData } from '../../anchor/chain/attestation.ts'
import { claim } from '../../anchor/chain/claim.ts'
import { deposit } from '../../anchor/chain/deposit.ts'
import { readAttesters, readEpoch } from '../../anchor/chain/distributor.ts'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import { localAccounts } from '../../anchor/chain/local-chain.ts'
import { sendOnce } from '../../anchor/chain/send.ts'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { tallyDistributorAbi } from '../../anchor/contracts/artifacts/tally-distributor.ts'
import { describeWithAnvil } from './chain-anvil.ts'
import { contentOf, DELAY_S, earnedOf, type House, LOCAL, startHouse, treeOf } from './chain-house.ts'
import { Died, Mortal } from './chain-mortal.ts'

let house: House
const attesters = localAccounts()
  .slice(5, 8)
  .sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1))
const guardian = localAccounts()[8]!

// Two of three attesters are needed.
beforeEach(async () => {
  const members = attesters.map((each) => each.address).reverse()
  house = await startHouse({ guardian: guardian.address, attesters: members, threshold: 2 })
})
afterEach(async () => {
  await house.chain.stop()
})

async function attested(epoch: bigint, by: readonly LocalAccount[]): Promise<Hex[]> {
  const record = await readEpoch(await house.as(house.anyone), epoch)
  const { attempt } = record!.content
  const place = { chainId: LOCAL, distributor: house.distributor }
  const data = attestationTypedData(place, { epoch, attempt, proposalHash: record!.recordHash })
  return Promise.all(by.map((each) => each.signTypedData(data)))
}

async function veto(epoch: bigint) {
  const data = encodeFunctionData({ abi: tallyDistributorAbi, functionName: 'vetoEpoch', args: [epoch] })
  await sendOnce(await house.as(guardian), { intent: `veto/${epoch}`, to: house.distributor, data })
}

describeWithAnvil('a distributor with attesters and a guardian', () => {
  test('an epoch waits for its attestations, and is final with them', async () => {
    const content = contentOf(house, 1n, treeOf(house, 700n), 701n)
    await proposeEpoch(await house.as(house.proposer), content)
    await house.chain.advanceTime(DELAY_S)
    const anyone = await house.as(house.anyone)
    expect(await finalizeEpoch(anyone, 1n)).toMatchObject({ outcome: 'unattested', needed: 2, given: 0 })
    const [first, second] = await attested(1n, attesters)
    expect(await finalizeEpoch(anyone, 1n, [first!])).toMatchObject({ outcome: 'unattested', needed: 2, given: 1 })
    await expect(finalizeEpoch(anyone, 1n, [second!, first!])).rejects.toMatchObject({
      code: 'SIMULATION_FAILED',
      facts: { reason: 'InvalidAttestation(1)' },
    })
    expect(await finalizeEpoch(anyone, 1n, [first!, second!])).toMatchObject({ outcome: 'finalized' })
    const { members, threshold } = await readAttesters(anyone, 0)
    expect(members).toEqual(attesters.map((each) => each.address))
    expect(threshold).toBe(2)
  })

  test('killed with a finalization under way, it goes on with more attestations than it had', async () => {
    await proposeEpoch(await house.as(house.proposer), contentOf(house, 1n, treeOf(house, 700n), 701n))
    await house.chain.advanceTime(DELAY_S)
    const [first, second, third] = await attested(1n, attesters)
    const store = new MemoryTransactionStore()
    const mortal = new Mortal('save signed', 'after')
    const dying = await house.as(house.anyone, mortal.store(store))
    await expect(finalizeEpoch(dying, 1n, [second!, third!])).rejects.toThrow(Died)
    // when: the attestation of an attester with a lower address came in between
    const again = await house.as(house.anyone, store)
    expect(await finalizeEpoch(again, 1n, [first!, second!])).toMatchObject({ record: { state: 'finalized' } })
    expect(await finalizeEpoch(again, 1n, [second!, third!])).toMatchObject({ outcome: 'already-finalized' })
  })

  test('a vetoed attempt is said, and the next attempt is another proposal', async () => {
    const content = contentOf(house, 1n, treeOf(house, 700n), 701n)
    const proposer = await house.as(house.proposer)
    await proposeEpoch(proposer, content)
    const old = await attested(1n, attesters)
    await veto(1n)
    expect(await readEpoch(proposer, 1n)).toMatchObject({ state: 'vetoed', content: { attempt: 1 } })
    await expect(proposeEpoch(proposer, content)).rejects.toMatchObject({ code: 'EPOCH_VETOED' })
    await expect(finalizeEpoch(proposer, 1n)).rejects.toMatchObject({ code: 'EPOCH_VETOED' })

    const next = { ...content, attempt: 2, manifestHash: `0x${'44'.repeat(32)}` as const }
    expect(await proposeEpoch(proposer, next)).toMatchObject({ outcome: 'proposed', record: { state: 'proposed' } })
    await house.chain.advanceTime(DELAY_S)
    await expect(finalizeEpoch(proposer, 1n, old)).rejects.toMatchObject({
      facts: { reason: 'InvalidAttestation(0)' },
    })
    expect(await finalizeEpoch(proposer, 1n, await attested(1n, attesters))).toMatchObject({ outcome: 'finalized' })
  })

  test('a claim that the account signed pays whom it signed for', async () => {
    const tree = treeOf(house, 700n)
    await proposeEpoch(await house.as(house.proposer), contentOf(house, 1n, tree, 701n))
    await house.chain.advanceTime(DELAY_S)
    await finalizeEpoch(await house.as(house.anyone), 1n, await attested(1n, attesters))
    const authorization = { recipient: house.deployer.address, minimum: 700n, nonce: 1n, deadline: 2n ** 64n }
    const [account, token] = [house.earner.address, house.token]
    const place = { chainId: LOCAL, distributor: house.distributor }
    const signature = await house.earner.signTypedData(claimTypedData(place, { account, token, ...authorization }))
    const leaf = { epoch: 1n, account, token, cumulative: 700n, proof: tree.proofOf(account, token) }
    const data = encodeFunctionData({
      abi: tallyDistributorAbi,
      functionName: 'claimWithSig',
      args: [leaf, authorization, signature],
    })
    const anyone = await house.as(house.anyone)
    const call = { intent: 'claim-with-sig', to: house.distributor, data }
    await expect(sendOnce(anyone, call)).rejects.toMatchObject({ facts: { reason: `Underfunded(${token}, 701, 0)` } })
    await fund(701n)
    await sendOnce(anyone, call)
    expect(await earnedOf(house)).toBe(0n)
    expect(await claim(anyone, { ...leaf, cumulative_atoms: 700n })).toMatchObject({ outcome: 'already-claimed' })
  })

  test('on a chain for real money, proposals need an attestation', async () => {
    const strict = await house.as(house.proposer)
    const entry = { ...strict.connection.entry, minimumThreshold: 3 }
    const context = { ...strict, connection: { ...strict.connection, entry } }
    await expect(proposeEpoch(context, contentOf(house, 1n, treeOf(house, 1n), 2n))).rejects.toMatchObject({
      code: 'THRESHOLD_TOO_LOW',
      facts: { threshold: 2, minimumThreshold: 3 },
    })
  })

  async function fund(amount_atoms: bigint) {
    const order = { intent: 'fund', token: house.token, amount_atoms, payer: house.payer.address }
    await deposit(await house.as(house.payer), order)
  }
})
