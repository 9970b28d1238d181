import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { erc20Abi } from 'viem'
import { claim } from '../../anchor/chain/claim.ts'
import { connectChain } from '../../anchor/chain/connect.ts'
import { deployLocal } from '../../anchor/chain/deploy-local.ts'
import { deposit, readDeposits } from '../../anchor/chain/deposit.ts'
import { readClaimed, readDelay, readEpoch, readLastFinalized, readTotals } from '../../anchor/chain/distributor.ts'
import { epochRecordHash } from '../../anchor/chain/epoch-record-hash.ts'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { describeWithAnvil, rpc } from './chain-anvil.ts'
import { contentOf, DELAY_S, type House, LOCAL, startHouse, treeOf } from './chain-house.ts'

let house: House

beforeEach(async () => {
  house = await startHouse()
})
afterEach(async () => {
  await house.chain.stop()
})

async function depositAll(amount_atoms: bigint, intent = 'deposit/1') {
  return deposit(await house.as(house.payer), { intent, token: house.token, amount_atoms, payer: house.payer.address })
}

async function finalized(epoch: bigint, earned_atoms: bigint) {
  const tree = treeOf(house, earned_atoms)
  await proposeEpoch(await house.as(house.proposer), contentOf(house, epoch, tree, earned_atoms + 1n))
  await house.chain.advanceTime(DELAY_S)
  await finalizeEpoch(await house.as(house.anyone), epoch)
  return tree
}

function claimOf(tree: ReturnType<typeof treeOf>, epoch: bigint) {
  const [account, token] = [house.earner.address, house.token]
  return {
    epoch,
    account,
    token,
    cumulative_atoms: tree.cumulativeOf(account, token),
    proof: tree.proofOf(account, token),
  }
}

describeWithAnvil('one epoch on the chain', () => {
  test('deploy, deposit, propose, finalize, claim; each again says that it is done', async () => {
    const { payer, proposer, anyone, earner, token, distributor } = house
    const payerContext = await house.as(payer)
    const order = { intent: 'deposit/1', token, amount_atoms: 1_000n, payer: payer.address }
    expect(await deposit(payerContext, order)).toMatchObject({ outcome: 'sent', received_atoms: 1_000n })
    expect(await deposit(payerContext, order)).toMatchObject({ outcome: 'already-sent', received_atoms: 1_000n })

    const tree = treeOf(house, 700n, 300n)
    const content = contentOf(house, 1n, tree, 1_000n)
    const proposerContext = await house.as(proposer)
    const proposed = await proposeEpoch(proposerContext, content)
    expect(proposed).toMatchObject({ outcome: 'proposed', record: { state: 'proposed', delay_s: BigInt(DELAY_S) } })
    expect(await proposeEpoch(proposerContext, content)).toMatchObject({ outcome: 'already-proposed' })

    const anyoneContext = await house.as(anyone)
    const possibleAt_s = proposed.record.proposedAt_s + BigInt(DELAY_S)
    const { proposedAt_s: now_s } = proposed.record
    expect(await finalizeEpoch(anyoneContext, 1n)).toEqual({ outcome: 'too-early', possibleAt_s, now_s })
    await house.chain.advanceTime(DELAY_S - 1)
    expect(await finalizeEpoch(anyoneContext, 1n)).toMatchObject({ outcome: 'too-early', now_s: possibleAt_s - 1n })
    await house.chain.advanceTime(1)
    expect(await finalizeEpoch(anyoneContext, 1n)).toMatchObject({ outcome: 'finalized' })
    expect(await finalizeEpoch(anyoneContext, 1n)).toMatchObject({ outcome: 'already-finalized' })
    expect(await proposeEpoch(proposerContext, content)).toMatchObject({ record: { state: 'finalized' } })

    const call = claimOf(tree, 1n)
    expect(await claim(anyoneContext, call)).toMatchObject({ outcome: 'claimed', claimed_atoms: 700n })
    expect(await claim(anyoneContext, call)).toEqual({ outcome: 'already-claimed', claimed_atoms: 700n })

    const balance = { abi: erc20Abi, address: token, functionName: 'balanceOf', args: [earner.address] } as const
    expect(await anyoneContext.connection.client.readContract(balance)).toBe(700n)
    expect(await readLastFinalized(anyoneContext)).toBe(1n)
    expect(await readClaimed(anyoneContext, { account: earner.address, token })).toBe(700n)
    expect(await readTotals(anyoneContext, { epoch: 1n, token })).toEqual({
      total_atoms: 1_000n,
      reserved_atoms: 0n,
      deposited_atoms: 1_000n,
      claimed_atoms: 700n,
    })
    const count = (address: string) => rpc<string>(house.chain.rpcUrl, 'eth_getTransactionCount', address, 'latest')
    expect(Number(await count(payer.address))).toBe(2)
    expect(Number(await count(proposer.address))).toBe(1)
    expect(Number(await count(anyone.address))).toBe(2)
    expect(distributor).toMatch(/^0x/)
  })

  test('a second house of the same store is the same house', async () => {
    const store = new MemoryTransactionStore()
    const context = { ...(await house.as(house.anyone, store)) }
    const first = await deployLocal(context, { proposer: house.proposer.address })
    const second = await deployLocal(context, { proposer: house.proposer.address })
    expect(first.outcome).toBe('deployed')
    expect(second).toEqual({ ...first, outcome: 'already-deployed' })
    expect(first.distributor).not.toBe(house.distributor)
  })

  test('another process with an empty store finds everything done', async () => {
    await depositAll(1_000n)
    const tree = await finalized(1n, 700n)
    await claim(await house.as(house.anyone), claimOf(tree, 1n))

    const proposer = await house.as(house.proposer)
    const content = contentOf(house, 1n, tree, 701n)
    expect(await proposeEpoch(proposer, content)).toMatchObject({ outcome: 'already-proposed' })
    expect(await finalizeEpoch(proposer, 1n)).toMatchObject({ outcome: 'already-finalized' })
    expect(await claim(proposer, claimOf(tree, 1n))).toMatchObject({ outcome: 'already-claimed' })
  })

  test('records read back equal, and their hash is computed without the chain', async () => {
    await finalized(1n, 700n)
    const tree = treeOf(house, 900n)
    const content = { ...contentOf(house, 2n, tree, 1_000n), totals: [totalOf(1_000n, 50n)] }
    const context = await house.as(house.proposer)
    await proposeEpoch(context, content)
    const first = await readEpoch(context, 1n)
    const second = await readEpoch(context, 2n)
    expect(second).toMatchObject({ content, state: 'proposed', finalizedAt_s: undefined, prevHash: first?.recordHash })
    expect(first?.prevHash).toBe(`0x${'00'.repeat(32)}`)
    for (const record of [first!, second!]) {
      const place = { chainId: LOCAL, distributor: house.distributor, prevHash: record.prevHash }
      expect(epochRecordHash(place, record.content)).toBe(record.recordHash)
    }
    expect(await readEpoch(context, 3n)).toBeUndefined()
    expect(await readDelay(context)).toEqual({ delay_s: BigInt(DELAY_S), minimumDelay_s: BigInt(DELAY_S) })
  })

  test('deposits are read with their place, up to a named final block', async () => {
    const first = await depositAll(600n, 'deposit/1')
    const second = await depositAll(400n, 'deposit/2')
    const context = await house.as(house.anyone)
    const { deposits, toBlock } = await readDeposits(context, { fromBlock: house.fromBlock })
    const who = { payer: house.payer.address, from: house.payer.address, token: house.token, logIndex: 1 }
    expect(deposits).toEqual(
      [first, second].map(({ transaction, received_atoms }) => ({
        ...who,
        blockNumber: transaction.blockNumber,
        blockHash: transaction.blockHash,
        transactionHash: transaction.hash,
        amount_atoms: received_atoms,
      })),
    )
    expect(toBlock).toEqual({ number: second.transaction.blockNumber, hash: second.transaction.blockHash })

    const between = { fromBlock: house.fromBlock, toBlock: second.transaction.blockNumber - 1n }
    expect((await readDeposits(context, between)).deposits).toHaveLength(1)
    await expect(readDeposits(context, { fromBlock: 0n, toBlock: toBlock.number + 1n })).rejects.toMatchObject({
      code: 'BEYOND_FINALITY',
    })
  })

  test('deposits more than one range of blocks apart are all read', async () => {
    await depositAll(600n, 'deposit/1')
    for (let i = 0; i < 8; i++) await rpc(house.chain.rpcUrl, 'anvil_mine', '0x100')
    await depositAll(400n, 'deposit/2')
    const { deposits } = await readDeposits(await house.as(house.anyone), { fromBlock: 0n })
    expect(deposits.map((each) => each.amount_atoms)).toEqual([600n, 400n])
  })

  function totalOf(total_atoms: bigint, reserved_atoms: bigint) {
    return { token: house.token, total_atoms, reserved_atoms }
  }
})

describeWithAnvil('what the chain refuses, or somebody else did', () => {
  test('an epoch proposed with other content names the first difference', async () => {
    const content = contentOf(house, 1n, treeOf(house, 700n), 701n)
    const context = await house.as(house.proposer)
    await proposeEpoch(context, content)
    const token = house.token.toLowerCase()
    const changes: [Partial<typeof content>, string][] = [
      [{ ledgerRoot: `0x${'33'.repeat(32)}`, uri: 'file:other' }, 'ledgerRoot'],
      [{ treeSize: 11n }, 'treeSize'],
      [{ payoutRoot: `0x${'33'.repeat(32)}` }, 'payoutRoot'],
      [{ totals: [{ token: house.token, total_atoms: 702n, reserved_atoms: 0n }] }, `totals[${token}]`],
      [{ totals: [{ token: house.token, total_atoms: 701n, reserved_atoms: 1n }] }, `reserved[${token}]`],
      [{ totals: [] }, `totals[${token}]`],
      [{ manifestHash: `0x${'33'.repeat(32)}` }, 'manifestHash'],
      [{ uri: 'file:other' }, 'uri'],
    ]
    for (const [change, field] of changes) {
      await expect(proposeEpoch(context, { ...content, ...change })).rejects.toMatchObject({
        code: 'PROPOSAL_DIFFERS',
        facts: { field },
      })
    }
  })

  test('a delay below the chain table is not proposed under', async () => {
    const context = await house.as(house.proposer)
    const entry = { ...context.connection.entry, minimumDelay_s: DELAY_S + 1 }
    const strict = { ...context, connection: { ...context.connection, entry } }
    await expect(proposeEpoch(strict, contentOf(house, 1n, treeOf(house, 1n), 2n))).rejects.toMatchObject({
      code: 'DELAY_TOO_SHORT',
    })
  })

  test("the contract's own error is named, and nothing is sent", async () => {
    const content = contentOf(house, 2n, treeOf(house, 700n), 701n)
    await expect(proposeEpoch(await house.as(house.proposer), content)).rejects.toMatchObject({
      code: 'SIMULATION_FAILED',
      facts: { reason: 'UnexpectedEpoch(1, 2)' },
    })
    await expect(
      proposeEpoch(await house.as(house.anyone), contentOf(house, 1n, treeOf(house, 1n), 2n)),
    ).rejects.toMatchObject({
      code: 'SIMULATION_FAILED',
      facts: { reason: expect.stringMatching(/^AccessControlUnauthorizedAccount/) },
    })
    await expect(depositAll(10_000_000n)).rejects.toMatchObject({
      facts: { reason: expect.stringMatching(/^ERC20InsufficientBalance/) },
    })
  })

  test('finalize and claim say what is missing', async () => {
    const context = await house.as(house.anyone)
    await expect(finalizeEpoch(context, 1n)).rejects.toMatchObject({ code: 'EPOCH_NOT_PROPOSED' })
    const tree = treeOf(house, 700n)
    const call = claimOf(tree, 1n)
    await expect(claim(context, call)).rejects.toMatchObject({ code: 'EPOCH_NOT_FINALIZED' })
    await finalized(1n, 700n)
    await expect(claim(context, call)).rejects.toMatchObject({
      code: 'TOKEN_UNDERFUNDED',
      facts: { total_atoms: 701n, deposited_atoms: 0n },
    })
    await depositAll(701n)
    await expect(claim(context, { ...call, proof: [] })).rejects.toMatchObject({ facts: { reason: 'InvalidProof()' } })
    expect(await claim(context, call)).toMatchObject({ outcome: 'claimed' })
  })

  test('an address without a distributor is said', async () => {
    const context = { ...(await house.as(house.anyone)), distributor: house.earner.address }
    await expect(readLastFinalized(context)).rejects.toMatchObject({ code: 'NO_DISTRIBUTOR' })
    await expect(readDeposits(context, { fromBlock: 0n })).rejects.toMatchObject({ code: 'NO_DISTRIBUTOR' })
  })

  test('deployLocal refuses a public chain', async () => {
    const context = await house.as(house.anyone)
    const entry = { ...context.connection.entry, chainId: 1 }
    await expect(
      deployLocal({ ...context, connection: { ...context.connection, entry } }, { proposer: house.proposer.address }),
    ).rejects.toMatchObject({ code: 'NOT_LOCAL_CHAIN' })
  })
})

describeWithAnvil('connecting', () => {
  test('another chain id is refused', async () => {
    await expect(connectChain({ rpcUrl: house.chain.rpcUrl, chainId: 1 })).rejects.toMatchObject({
      code: 'CHAIN_ID_MISMATCH',
      facts: { expected: 1, found: LOCAL },
    })
  })

  test('a dead RPC is retriable and does not print the key in its URL', async () => {
    const port = await freePort()
    const rpcUrl = `http://127.0.0.1:${port}/secret-key`
    const error = await connectChain({ rpcUrl, chainId: LOCAL }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'RPC_UNREACHABLE', retriable: true })
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('secret-key')
    expect((error as Error).cause).toBeUndefined()
  })

  test('a node that answers with HTTP 503 is unreachable', async () => {
    const server = createServer((_, response) => response.writeHead(503).end('busy')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await expect(connectChain({ rpcUrl: `http://127.0.0.1:${port}`, chainId: LOCAL })).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
    })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    return port
  }
})
