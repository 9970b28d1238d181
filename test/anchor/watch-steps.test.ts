import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { encodeFunctionData, type Hex, type LocalAccount } from 'viem'
import { verifyAttestation } from '../../anchor/chain/attestation-document.ts'
import { epochContentOf } from '../../anchor/chain/epoch-content.ts'
import { proposeEpoch } from '../../anchor/chain/epochs.ts'
import { localAccounts } from '../../anchor/chain/local-chain.ts'
import { sendOnce } from '../../anchor/chain/send.ts'
import { tallyDistributorAbi } from '../../anchor/contracts/artifacts/tally-distributor.ts'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import type { Recomputation, Recomputer } from '../../anchor/watch/recomputer.ts'
import { FolderSigningMemory, type SigningMemory } from '../../anchor/watch/signing-memory.ts'
import { Watcher } from '../../anchor/watch/watcher.ts'
import { toGenesis } from '../../schemas/genesis.ts'
import { type Hash32, toAddress, toHex } from '../../schemas/ids.ts'
import type { EpochFiles } from '../audit/support/bundle-writer.ts'
import { publishWorld } from '../audit/support/published-world.ts'
import { describeWithAnvil, rpc } from './chain-anvil.ts'
import { DELAY_S, type House, LOCAL, onFinalized, startHouse } from './chain-house.ts'
import { Mortal } from './chain-mortal.ts'

const attester = localAccounts()[5]!

describeWithAnvil('an attester', () => {
  let house: House
  let files: EpochFiles
  let folder: string
  let snapshot: Hex
  beforeAll(async () => {
    house = await startHouse({ attesters: [attester.address], threshold: 1 })
    const place = { chainId: LOCAL, distributor: house.distributor.toLowerCase(), token: house.token.toLowerCase() }
    files = (await publishWorld(place)).epochs[0]!
    snapshot = await rpc<Hex>(house.chain.rpcUrl, 'evm_snapshot')
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-attester-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  afterAll(() => house?.chain.stop())

  async function goBack(): Promise<void> {
    await rpc(house.chain.rpcUrl, 'evm_revert', snapshot)
    snapshot = await rpc<Hex>(house.chain.rpcUrl, 'evm_snapshot')
  }

  async function propose(uri: string): Promise<Hex> {
    const { record } = await proposeEpoch(await house.as(house.proposer), epochContentOf(files.manifest, uri))
    return record.recordHash
  }

  const agreeing: Recomputation = {
    get epochs() {
      return [{ genesis: toGenesis(files.genesis), manifest: files.manifest, isWhole: true }]
    },
    difference: undefined,
    isIncomplete: false,
  }
  const recomputer: Recomputer = { has: async (epoch) => epoch === 1, recompute: async () => agreeing }

  /** Writes down what it signs, whether or not anybody gets to see it. */
  function noting(signed: Set<Hex>): LocalAccount {
    return {
      ...attester,
      signTypedData: (async (data: { message: { proposalHash: Hex } }) => {
        signed.add(data.message.proposalHash)
        return attester.signTypedData(data as never)
      }) as unknown as LocalAccount['signTypedData'],
    }
  }

  interface Process {
    readonly mortal?: Mortal
    readonly signed?: Set<Hex>
    readonly recomputer?: Recomputer
    readonly memory?: SigningMemory
    readonly isFinalSlow?: boolean
  }

  /** A process of its own: nothing is shared with the one before but the folder. */
  async function look(of: Process = {}) {
    const { mortal = new Mortal(), signed = new Set() } = of
    const context = await house.as(house.anyone, undefined, mortal.transport(house.chain.rpcUrl))
    const at = of.isFinalSlow === true ? onFinalized(context) : context
    const place = { chainId: LOCAL, distributor: house.distributor }
    const memory = of.memory ?? new FolderSigningMemory(folder, place, toAddress(attester.address))
    const watcher = new Watcher({
      at,
      pins: {
        ledger: toHex(ledgerIdOf(toGenesis(files.genesis))) as Hash32,
        distributor: toAddress(house.distributor),
      },
      recomputer: of.recomputer ?? recomputer,
      attester: { signer: noting(signed), memory: mortalMemory(memory, mortal) },
      bundleWait_percent: 25,
    })
    return watcher.look()
  }

  const stored = () => readdirSync(folder).filter((name) => name.startsWith('attestation-'))

  test.each(['before', 'after'] as const)(
    'killed %s any of its steps, it signs the same and only that',
    async (when) => {
      await goBack()
      const proposed = await propose('one')
      const whole = new Mortal()
      expect(await look({ mortal: whole })).toMatchObject({ outcome: 'attested' })
      const reference = readFileSync(join(folder, stored()[0]!))
      for (let step = 1; step <= whole.operations.length; step++) {
        rmSync(folder, { recursive: true })
        const signed = new Set<Hex>()
        await expect(look({ mortal: new Mortal(step, when), signed })).rejects.toThrow()
        expect(await look({ signed })).toMatchObject({ outcome: 'attested', alarms: [] })
        expect({ step, signed: [...signed], files: stored().length }).toEqual({
          step,
          signed: expect.anything(),
          files: 1,
        })
        for (const hash of signed) expect(hash).toBe(proposed)
        expect(readFileSync(join(folder, stored()[0]!))).toEqual(reference)
      }
      expect(whole.operations).toEqual(expect.arrayContaining(['bind', 'store']))
    },
  )

  test('killed before any of its steps, then shown another proposal of the attempt, it signs one of them in all', async () => {
    await goBack()
    await propose('one')
    const whole = new Mortal()
    await look({ mortal: whole })
    const outcomes = new Set<string>()
    for (let step = 1; step <= whole.operations.length; step++) {
      await goBack()
      rmSync(folder, { recursive: true, force: true })
      const first = await propose('one')
      const signed = new Set<Hex>()
      await expect(look({ mortal: new Mortal(step, 'after'), signed })).rejects.toThrow()
      await goBack()
      const second = await propose('two')
      const { outcome, alarms } = await look({ signed })
      outcomes.add(outcome)
      expect(signed.size).toBeLessThanOrEqual(1)
      if (outcome === 'alarm') {
        expect(alarms).toMatchObject([{ kind: 'second-proposal', difference: { expected: first, found: second } }])
        expect(signed.has(second)).toBe(false)
      } else expect([...signed]).toEqual([second])
    }
    expect(outcomes).toEqual(new Set(['attested', 'alarm'])) // died before it was bound, and after
  })

  test('two processes with one folder and different views bind one proposal', async () => {
    const place = { chainId: LOCAL, distributor: house.distributor }
    const hashes = Array.from({ length: 20 }, (_, n) => `0x${String(n + 10).repeat(32)}` as Hex)
    const bound = await Promise.all(
      hashes.map((hash) =>
        new FolderSigningMemory(folder, place, toAddress(attester.address)).bind({ epoch: 1, attempt: 1 }, hash),
      ),
    )
    expect(new Set(bound).size).toBe(1)
    expect(readdirSync(join(folder, 'signed'))).toHaveLength(1)
  })

  test('a memory that is damaged signs nothing', async () => {
    await goBack()
    await propose('one')
    await look()
    const [binding] = readdirSync(join(folder, 'signed'))
    writeFileSync(join(folder, 'signed', binding!), 'damaged')
    await expect(look()).rejects.toMatchObject({ code: 'SIGNING_MEMORY' })
    rmSync(join(folder, 'signed'), { recursive: true })
    writeFileSync(join(folder, stored()[0]!), '{}')
    await expect(look()).rejects.toMatchObject({ code: 'SIGNING_MEMORY' })
    expect(existsSync(join(folder, 'signed'))).toBe(false)
  })

  test.each([
    ['replaced', () => goBack().then(() => propose('two')), 'waiting'],
    ['gone', () => goBack(), 'waiting'],
    ['past its window', () => house.chain.advanceTime(DELAY_S), 'alarm'],
  ])('a proposal that is %s when the recomputation ends is not signed', async (_, meanwhile, outcome) => {
    await goBack()
    await propose('one')
    const signed = new Set<Hex>()
    const slow: Recomputer = {
      ...recomputer,
      recompute: async () => {
        await meanwhile()
        return agreeing
      },
    }
    expect(await look({ signed, recomputer: slow })).toMatchObject({ outcome })
    expect({ signed: [...signed], folder: readdirSync(folder) }).toEqual({ signed: [], folder: [] })
  })

  test('a proposal in a block that is not final is not signed; late in its window that is an alarm', async () => {
    await goBack()
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x60') // so that what was deployed is final
    const signed = new Set<Hex>()
    await propose('one')
    expect(await look({ signed, isFinalSlow: true })).toMatchObject({ outcome: 'waiting' })
    await house.chain.advanceTime(DELAY_S / 4)
    expect(await look({ signed, isFinalSlow: true })).toMatchObject({ alarms: [{ kind: 'not-final' }] })
    expect([...signed]).toEqual([])
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x60')
    expect(await look({ signed, isFinalSlow: true })).toMatchObject({ outcome: 'attested' })
  })

  test('a proposal that was vetoed in a block that is not final yet is not signed', async () => {
    await goBack()
    await propose('one')
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x60')
    const signed = new Set<Hex>()
    const slow: Recomputer = {
      ...recomputer,
      recompute: async () => {
        const data = encodeFunctionData({ abi: tallyDistributorAbi, functionName: 'vetoEpoch', args: [1n] })
        const guardian = await house.as(localAccounts().at(-1)!)
        await sendOnce(guardian, { intent: 'veto', to: house.distributor, data })
        return agreeing
      },
    }
    expect(await look({ signed, recomputer: slow, isFinalSlow: true })).toMatchObject({ outcome: 'waiting' })
    expect([...signed]).toEqual([])
  })

  test('what it stores is what the reader takes', async () => {
    await goBack()
    const proposalHash = await propose('one')
    await look()
    expect(await verifyAttestation(readFileSync(join(folder, stored()[0]!)))).toMatchObject({ proposalHash, epoch: 1 })
  })
})

/** A memory whose process may die at each of its operations. */
function mortalMemory(inner: SigningMemory, mortal: Mortal): SigningMemory {
  return {
    bind: (...args) => mortal.live('bind', () => inner.bind(...args)),
    bound: (...args) => mortal.live('bound', () => inner.bound(...args)),
    isStored: (...args) => mortal.live('isStored', () => inner.isStored(...args)),
    store: (...args) => mortal.live('store', () => inner.store(...args)),
  }
}

describe('a memory without a chain', () => {
  test('remembers by chain, contract, epoch, attempt and key', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tally-memory-'))
    try {
      const memories = [LOCAL, 1].flatMap((chainId) =>
        [`0x${'11'.repeat(20)}`, `0x${'22'.repeat(20)}`].flatMap((distributor) =>
          [3, 4].map(
            (key) =>
              new FolderSigningMemory(
                folder,
                { chainId, distributor: distributor as Hex },
                toAddress(localAccounts()[key]!.address),
              ),
          ),
        ),
      )
      const attempts = [1, 2].flatMap((epoch) => [1, 2].map((attempt) => ({ epoch, attempt })))
      let n = 0
      const hash = (each: number) => `0x${String(each).padStart(64, '0')}` as Hex
      for (const memory of memories)
        for (const attempt of attempts) expect(await memory.bind(attempt, hash(n++))).toBe(hash(n - 1))
      n = 0
      for (const memory of memories) for (const attempt of attempts) expect(await memory.bound(attempt)).toBe(hash(n++))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
