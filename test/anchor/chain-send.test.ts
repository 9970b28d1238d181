import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { custom, encodeFunctionData, type Hex, http, RpcRequestError } from 'viem'
import { encodeFinalizeEpoch } from '../../anchor/chain/distributor.ts'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import { type Call, sendOnce } from '../../anchor/chain/send.ts'
import { MemoryTransactionStore, type SignedTransaction } from '../../anchor/chain/transaction-store.ts'
import { testTokenAbi } from '../../anchor/contracts/artifacts/test-token.ts'
import { describeWithAnvil, rpc } from './chain-anvil.ts'
import { contentOf, DELAY_S, earnedOf, type House, onFinalized, startHouse, treeOf } from './chain-house.ts'
import { Mortal } from './chain-mortal.ts'

let house: House
let snapshot: Hex

beforeAll(async () => {
  house = await startHouse()
  snapshot = await rpc(house.chain.rpcUrl, 'evm_snapshot')
})
beforeEach(async () => {
  await backTo(snapshot)
})
afterAll(async () => {
  await house.chain.stop()
})

/** Puts the chain back; a snapshot can be used once, so the next one takes its place. */
async function backTo(id: Hex): Promise<void> {
  await rpc(house.chain.rpcUrl, 'evm_revert', id)
  snapshot = await rpc(house.chain.rpcUrl, 'evm_snapshot')
}

/** Pays millionths to the earner: whoever sends it twice pays twice. */
function payment(intent: string, amount_atoms = 1n): Call {
  const args = [house.earner.address, amount_atoms] as const
  return { intent, to: house.token, data: encodeFunctionData({ abi: testTokenAbi, functionName: 'transfer', args }) }
}

describeWithAnvil('sending once', () => {
  test('the same intent sends one transaction, however often and however many at once', async () => {
    const context = await house.as(house.payer)
    const together = await Promise.all([1, 2, 3].map(() => sendOnce(context, payment('pay'))))
    expect(new Set(together.map((each) => each.transaction.hash)).size).toBe(1)
    expect(await sendOnce(context, payment('pay'))).toMatchObject({ outcome: 'already-sent' })
    expect(await earnedOf(house)).toBe(1n)
  })

  test('intents sent at the same time take different nonces', async () => {
    const context = await house.as(house.payer)
    const sent = await Promise.all([1, 2, 3, 4].map((n) => sendOnce(context, payment(`pay/${n}`))))
    const first = Math.min(...sent.map((each) => each.transaction.nonce))
    expect(sent.map((each) => each.transaction.nonce - first).sort()).toEqual([0, 1, 2, 3])
    expect(await earnedOf(house)).toBe(4n)
  })

  test('a signed intent cannot become another transaction; an unsigned one can', async () => {
    const context = await house.as(house.payer)
    const tooMuch = encodeFunctionData({
      abi: testTokenAbi,
      functionName: 'transfer',
      args: [house.earner.address, 10n ** 30n],
    })
    await expect(sendOnce(context, { ...payment('pay'), data: tooMuch })).rejects.toMatchObject({
      code: 'SIMULATION_FAILED',
    })
    await sendOnce(context, payment('pay'))
    await expect(sendOnce(context, { ...payment('pay'), data: tooMuch })).rejects.toMatchObject({
      code: 'INTENT_MISMATCH',
      facts: { field: 'data' },
    })
  })

  test('a lost answer to the broadcast is no failure', async () => {
    let broadcasts = 0
    const context = await house.as(
      house.payer,
      undefined,
      afterBroadcast(async (send) => {
        broadcasts++
        await send()
        throw refusal('already known')
      }),
    )
    expect(await sendOnce(context, payment('pay'))).toMatchObject({ outcome: 'sent' })
    expect(broadcasts).toBe(1)
    expect(await earnedOf(house)).toBe(1n)
  })

  test('a broadcast that is refused is repeated with the same bytes', async () => {
    const seen: unknown[] = []
    const context = await house.as(
      house.payer,
      undefined,
      afterBroadcast(async (send, params) => {
        seen.push(params)
        if (seen.length < 3) throw refusal('txpool is full')
        return send()
      }),
    )
    expect(await sendOnce(context, payment('pay'))).toMatchObject({ outcome: 'sent' })
    expect(seen).toEqual([seen[0], seen[0], seen[0]])
  })

  test('a broadcast that is always refused ends, says why, and can be resumed', async () => {
    const store = new MemoryTransactionStore()
    const refuses = afterBroadcast(async () => {
      throw refusal('txpool is full')
    })
    const context = { ...(await house.as(house.payer, store, refuses)), wait: { poll_ms: 5, timeout_ms: 50 } }
    await expect(sendOnce(context, payment('pay'))).rejects.toMatchObject({
      code: 'NOT_FINAL_YET',
      retriable: true,
      facts: { detail: expect.stringContaining('txpool is full') },
    })
    const before = (await store.load('pay')) as SignedTransaction
    const resumed = await sendOnce(await house.as(house.payer, store), payment('pay'))
    expect(before.versions.map((each) => each.hash)).toEqual([resumed.transaction.hash])
    expect(await earnedOf(house)).toBe(1n)
  })

  test('one that was signed but never broadcast does not hold up later ones', async () => {
    const store = new MemoryTransactionStore()
    const mortal = new Mortal('eth_sendRawTransaction')
    const dying = await house.as(house.payer, mortal.store(store), mortal.transport(house.chain.rpcUrl))
    await expect(sendOnce(dying, payment('first'))).rejects.toThrow()
    expect(await store.load('first')).toMatchObject({ state: 'signed' })

    const alive = await house.as(house.payer, store)
    await sendOnce(alive, payment('second'))
    await sendOnce(alive, payment('first'))
    expect(await earnedOf(house)).toBe(2n)
  })

  test('a failed transaction is final for its intent; doing the same again sends another', async () => {
    const content = contentOf(house, 1n, treeOf(house, 7n), 8n)
    await proposeEpoch(await house.as(house.proposer), content)
    await house.chain.advanceTime(DELAY_S)
    // Signed when it would have worked; the chain then goes back before the proposal, where it fails.
    const store = new MemoryTransactionStore()
    const mortal = new Mortal('eth_sendRawTransaction')
    const dying = await house.as(house.anyone, mortal.store(store), mortal.transport(house.chain.rpcUrl))
    await expect(finalizeEpoch(dying, 1n)).rejects.toThrow()
    await backTo(snapshot)
    const context = await house.as(house.anyone, store)
    const intent = `31337/${house.distributor.toLowerCase()}/finalize/1/1`
    const call = { intent, to: house.distributor, data: encodeFinalizeEpoch(1n) }
    await expect(sendOnce(context, call)).rejects.toMatchObject({ code: 'TRANSACTION_REVERTED' })
    await expect(sendOnce(context, call)).rejects.toMatchObject({ code: 'TRANSACTION_REVERTED' })

    await proposeEpoch(await house.as(house.proposer), content)
    await house.chain.advanceTime(DELAY_S)
    expect(await finalizeEpoch(context, 1n)).toMatchObject({ outcome: 'finalized' })
    expect(await store.load(`${intent}/try-2`)).toMatchObject({ state: 'confirmed' })
  })

  test('a nonce used by somebody else with the same key is said', async () => {
    const store = new MemoryTransactionStore()
    const mortal = new Mortal('eth_sendRawTransaction')
    const dying = await house.as(house.payer, mortal.store(store), mortal.transport(house.chain.rpcUrl))
    await expect(sendOnce(dying, payment('first'))).rejects.toThrow()
    await sendOnce(await house.as(house.payer), payment('elsewhere', 5n))
    await expect(sendOnce(await house.as(house.payer, store), payment('first'))).rejects.toMatchObject({
      code: 'NONCE_TAKEN',
    })
    expect(await earnedOf(house)).toBe(5n)
  })

  test('a node that goes away is retriable, and nothing is lost', async () => {
    const store = new MemoryTransactionStore()
    let gone = false
    const node = http(house.chain.rpcUrl)({ retryCount: 0 })
    const dead = http('http://127.0.0.1:9')({ retryCount: 0 })
    const transport = custom(
      {
        request: async ({ method, params }) => {
          const answer = await (gone ? dead : node).request({ method, params })
          gone ||= method === 'eth_sendRawTransaction'
          return answer
        },
      },
      { retryCount: 0 },
    )
    const context = await house.as(house.payer, store, transport)
    await expect(sendOnce(context, payment('pay'))).rejects.toMatchObject({ code: 'RPC_UNREACHABLE', retriable: true })
    gone = false
    expect(await sendOnce(context, payment('pay'))).toMatchObject({ outcome: 'sent' })
    expect(await earnedOf(house)).toBe(1n)
  })
})

describeWithAnvil('finality', () => {
  test('done only when the finality tag covers the block', async () => {
    const context = onFinalized(await house.as(house.payer))
    await expect(sendOnce(context, payment('pay'))).rejects.toMatchObject({
      code: 'NOT_FINAL_YET',
      facts: { detail: 'included, not final' },
    })
    expect(await context.store.load('pay')).toMatchObject({ state: 'signed' })
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x50')
    expect(await sendOnce(context, payment('pay'))).toMatchObject({ outcome: 'sent' })
    expect(await earnedOf(house)).toBe(1n)
  })

  test('a transaction that a reorganisation removed is broadcast again, the same bytes', async () => {
    const context = onFinalized(await house.as(house.payer))
    await expect(sendOnce(context, payment('pay'))).rejects.toMatchObject({ code: 'NOT_FINAL_YET' })
    const { hash } = ((await context.store.load('pay')) as SignedTransaction).versions[0]!
    const receipt = await rpc<{ blockHash: Hex }>(house.chain.rpcUrl, 'eth_getTransactionReceipt', hash)
    await rpc(house.chain.rpcUrl, 'anvil_reorg', 1, [])
    expect(await rpc(house.chain.rpcUrl, 'eth_getTransactionReceipt', hash)).toBeNull()
    await expect(sendOnce(context, payment('pay'))).rejects.toMatchObject({ code: 'NOT_FINAL_YET' })
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x50')
    const sent = await sendOnce(context, payment('pay'))
    expect(sent.transaction.hash).toBe(hash)
    expect(sent.transaction.blockHash).not.toBe(receipt.blockHash)
    expect(await earnedOf(house)).toBe(1n)
  })

  test('a receipt whose block is not the one at its height is not believed', async () => {
    const node = http(house.chain.rpcUrl)({ retryCount: 0 })
    const transport = custom(
      {
        request: async ({ method, params }) => {
          const answer = await node.request({ method, params })
          return method === 'eth_getTransactionReceipt' && answer !== null
            ? { ...(answer as object), blockHash: `0x${'ee'.repeat(32)}` }
            : answer
        },
      },
      { retryCount: 0 },
    )
    const store = new MemoryTransactionStore()
    const context = { ...(await house.as(house.payer, store, transport)), wait: { poll_ms: 5, timeout_ms: 50 } }
    await expect(sendOnce(context, payment('pay'))).rejects.toMatchObject({ code: 'NOT_FINAL_YET' })
    expect(await sendOnce(await house.as(house.payer, store), payment('pay'))).toMatchObject({ outcome: 'sent' })
  })

  test('what a local chain lost is sent again, the same bytes', async () => {
    const context = await house.as(house.payer)
    const first = await sendOnce(context, payment('first'))
    const second = await sendOnce(context, payment('second'))
    await backTo(snapshot)
    const again = await sendOnce(context, payment('second'))
    expect(again.transaction.hash).toBe(second.transaction.hash)
    expect((await sendOnce(context, payment('first'))).transaction.hash).toBe(first.transaction.hash)
    expect(await earnedOf(house)).toBe(2n)
  })
})

/** A node whose broadcasts go through `broadcast`. */
function afterBroadcast(broadcast: (send: () => Promise<unknown>, params: unknown) => Promise<unknown>) {
  const node = http(house.chain.rpcUrl)({ retryCount: 0 })
  return custom(
    {
      request: async ({ method, params }) => {
        const send = () => node.request({ method, params })
        return method === 'eth_sendRawTransaction' ? broadcast(send, params) : send()
      },
    },
    { retryCount: 0 },
  )
}

function refusal(message: string): RpcRequestError {
  return new RpcRequestError({ body: {}, url: 'http://node', error: { code: -32000, message } })
}
