import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Address, Hex } from 'viem'
import type {
  IntendedTransaction,
  OvertakenTransaction,
  SettledTransaction,
  SignedTransaction,
  TransactionStore,
} from '../../anchor/chain/transaction-store.ts'

const FROM: Address = '0x00000000000000000000000000000000000000AA'

function intended(intent: string): IntendedTransaction {
  return { state: 'intended', intent, chainId: 31337, from: FROM, to: null, data: '0x0102' }
}
function signed(intent: string, nonce: number): SignedTransaction {
  const hash: Hex = `0x${String(nonce).padStart(64, '0')}`
  return { ...intended(intent), state: 'signed', nonce, versions: [{ raw: `0x${'ab'.repeat(nonce + 1)}`, hash }] }
}
function bumped(transaction: SignedTransaction): SignedTransaction {
  const { versions, nonce } = transaction
  return {
    ...transaction,
    versions: [...versions, { raw: `0x${'cd'.repeat(nonce + 1)}`, hash: `0x${'ef'.repeat(32)}` }],
  }
}
function overtaken(transaction: SignedTransaction): OvertakenTransaction {
  return { ...transaction, state: 'overtaken' }
}
function settled(intent: string, nonce: number, state: 'confirmed' | 'reverted' = 'confirmed'): SettledTransaction {
  const { versions, ...call } = signed(intent, nonce)
  const { hash } = versions[0]!
  return { ...call, versions, hash, state, blockNumber: 2n ** 63n, blockHash: `0x${'cd'.repeat(32)}` }
}

/** What every {@link TransactionStore} has to do; run with the double and with the real one. */
export function transactionStoreContract(name: string, open: () => Promise<TransactionStore>): void {
  const refused = expect.objectContaining({ code: 'TRANSACTION_STORE' })
  let store: TransactionStore

  describe(`${name} keeps what a transaction store promises`, () => {
    beforeEach(async () => {
      store = await open()
    })

    test('what was saved is loaded, in every state', async () => {
      expect(await store.load('a')).toBeUndefined()
      for (const transaction of [intended('a'), signed('a', 3), settled('a', 3)]) {
        await store.save(transaction)
        expect(await store.load('a')).toEqual(transaction)
      }
      const toContract = { ...intended('b'), to: FROM }
      await store.save(toContract)
      expect(await store.load('b')).toEqual(toContract)
    })

    test('an intent may change until it is signed', async () => {
      await store.save(intended('a'))
      await store.save({ ...intended('a'), data: '0x03' })
      await store.save({ ...signed('a', 1), data: '0x04' })
      await expect(store.save({ ...signed('a', 1), data: '0x05' })).rejects.toEqual(refused)
      await expect(store.save(signed('a', 2))).rejects.toEqual(refused)
      await expect(store.save(settled('a', 1))).rejects.toEqual(refused)
      expect(await store.load('a')).toEqual({ ...signed('a', 1), data: '0x04' })
    })

    test('states only go on', async () => {
      await store.save(signed('a', 1))
      await store.save(signed('a', 1))
      await expect(store.save(intended('a'))).rejects.toEqual(refused)
      await store.save(settled('a', 1))
      await store.save({ ...settled('a', 1), blockNumber: 7n })
      await expect(store.save(signed('a', 1))).rejects.toEqual(refused)
      await expect(store.save(settled('a', 1, 'reverted'))).rejects.toEqual(refused)
      expect(await store.load('a')).toEqual({ ...settled('a', 1), blockNumber: 7n })
    })

    test('a nonce of an account on a chain belongs to one intent', async () => {
      await store.save(signed('a', 1))
      await expect(store.save(signed('b', 1))).rejects.toEqual(refused)
      await expect(store.save({ ...signed('b', 1), from: lower(FROM) })).rejects.toEqual(refused)
      expect(await store.load('b')).toBeUndefined()
      await store.save({ ...signed('b', 1), chainId: 1 })
      await store.save({ ...signed('c', 1), from: '0x00000000000000000000000000000000000000bb' })
    })

    test('versions are only added, and all come back in their order', async () => {
      await store.save(signed('a', 1))
      const both = bumped(signed('a', 1))
      await store.save(both)
      expect(await store.load('a')).toEqual(both)
      expect(await store.withNonceFrom(31337, FROM, 0)).toEqual([both])
      await expect(store.save(signed('a', 1))).rejects.toEqual(refused)
      const [first, second] = both.versions
      await expect(store.save({ ...both, versions: [second!, first!] })).rejects.toEqual(refused)
      await expect(store.save({ ...both, versions: [] })).rejects.toEqual(refused)
      expect(await store.load('a')).toEqual(both)
      const landed = { ...settled('a', 1), versions: both.versions }
      await store.save(landed)
      expect(await store.load('a')).toEqual(landed)
    })

    test('one that was overtaken has no nonce any more, and stays', async () => {
      await store.save(signed('a', 1))
      await store.save(overtaken(signed('a', 1)))
      expect(await store.load('a')).toEqual(overtaken(signed('a', 1)))
      await expect(store.save(signed('a', 1))).rejects.toEqual(refused)
      await expect(store.save(settled('a', 1))).rejects.toEqual(refused)
      expect(await store.withNonceFrom(31337, FROM, 0)).toEqual([])
      await store.save(signed('b', 1))
    })

    test('what was final is remembered for each chain, and each distributor', async () => {
      expect(await store.finalBlock(1)).toBeUndefined()
      expect(await store.finalEpoch(1, FROM)).toBeUndefined()
      const block = { number: 2n ** 63n, hash: `0x${'cd'.repeat(32)}` } as const
      const epoch = {
        distributor: lower(FROM),
        epoch: 7n,
        attempt: 2,
        state: 'finalized',
        recordHash: block.hash,
      } as const
      await store.remember(1, block, epoch)
      await store.remember(1, { ...block, number: 8n })
      await store.remember(2, block, { ...epoch, epoch: 9n })
      expect(await store.finalBlock(1)).toEqual({ ...block, number: 8n })
      expect(await store.finalEpoch(1, FROM)).toEqual(epoch)
      await store.remember(1, block, { ...epoch, epoch: 8n })
      expect(await store.finalEpoch(1, lower(FROM))).toEqual({ ...epoch, epoch: 8n })
      expect(await store.finalEpoch(2, FROM)).toMatchObject({ epoch: 9n })
    })

    test('a halt stays as it was first, until it is cleared with all that was remembered of its chain', async () => {
      expect(await store.haltOf(1)).toBeUndefined()
      const halt = { chainId: 1, what: 'block 7', remembered: '0xaa', found: '0xbb' }
      await store.remember(1, { number: 7n, hash: '0xaa' })
      await store.remember(2, { number: 7n, hash: '0xaa' })
      await store.halt(halt)
      await store.halt({ ...halt, found: '0xcc' })
      expect(await store.haltOf(1)).toEqual(halt)
      expect(await store.haltOf(2)).toBeUndefined()
      await store.clearHalt(1)
      expect(await store.haltOf(1)).toBeUndefined()
      expect(await store.finalBlock(1)).toBeUndefined()
      expect(await store.finalBlock(2)).toEqual({ number: 7n, hash: '0xaa' })
    })

    test('signed and settled ones are listed from a nonce on, ascending', async () => {
      await store.save(signed('d', 10))
      await store.save(settled('c', 9))
      await store.save(settled('b', 8, 'reverted'))
      await store.save(signed('a', 7))
      await store.save(intended('e'))
      await store.save({ ...signed('f', 9), chainId: 1 })
      await store.save({ ...signed('g', 9), from: '0x00000000000000000000000000000000000000bb' })
      expect(await store.withNonceFrom(31337, lower(FROM), 8)).toEqual([
        settled('b', 8, 'reverted'),
        settled('c', 9),
        signed('d', 10),
      ])
      expect(await store.withNonceFrom(31337, FROM, 11)).toEqual([])
    })
  })
}

function lower(address: Address): Address {
  return address.toLowerCase() as Address
}
