import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { connectChain } from '../../anchor/chain/connect.ts'
import { deployLocal } from '../../anchor/chain/deploy-local.ts'
import {
  attachLocalChain,
  type LocalChain,
  type LocalChainOptions,
  startLocalChain,
} from '../../anchor/chain/local-chain.ts'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { blockHashes, describeWithAnvil, GENESIS_S, rpc } from './chain-anvil.ts'

const chains: LocalChain[] = []
const folders: string[] = []

afterEach(async () => {
  await Promise.all(chains.splice(0).map((chain) => chain.stop()))
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })))
})

async function start(options: Partial<LocalChainOptions> = {}): Promise<LocalChain> {
  const chain = await startLocalChain({ genesisTime_s: GENESIS_S, ...options })
  chains.push(chain)
  return chain
}

async function stateFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tally-chain-'))
  folders.push(folder)
  return join(folder, 'kept', 'chain.json')
}

async function deployOn(chain: LocalChain) {
  const connection = await connectChain({ rpcUrl: chain.rpcUrl, chainId: 31337 })
  const [account, proposer] = chain.accounts
  return deployLocal(
    { connection, store: new MemoryTransactionStore(), account: account! },
    { proposer: proposer!.address },
  )
}

async function newestTime_s(chain: LocalChain): Promise<number> {
  const block = await rpc<{ timestamp: string }>(chain.rpcUrl, 'eth_getBlockByNumber', 'latest', false)
  return Number(block.timestamp)
}

describeWithAnvil('local chain', () => {
  test('the same transactions give the same block hashes, whatever the clock says', async () => {
    const hashes: string[][] = []
    for (const pause_ms of [0, 1_500]) {
      const chain = await start()
      await deployOn(chain)
      await new Promise((resolve) => setTimeout(resolve, pause_ms))
      await chain.advanceTime(3_600)
      await rpc(chain.rpcUrl, 'evm_mine')
      hashes.push(await blockHashes(chain.rpcUrl))
    }
    expect(hashes[0]).toHaveLength(5)
    expect(hashes[1]).toEqual(hashes[0])
  })

  test('time moves by one second a block, and by what is asked for', async () => {
    const chain = await start()
    expect(await newestTime_s(chain)).toBe(GENESIS_S)
    await rpc(chain.rpcUrl, 'evm_mine')
    expect(await newestTime_s(chain)).toBe(GENESIS_S + 1)
    await chain.advanceTime(3_600)
    expect(await newestTime_s(chain)).toBe(GENESIS_S + 3_601)
    await rpc(chain.rpcUrl, 'evm_mine')
    expect(await newestTime_s(chain)).toBe(GENESIS_S + 3_602)
  })

  test('the accounts are funded, and the pid is the chain itself', async () => {
    const chain = await start()
    for (const { address } of chain.accounts) {
      expect(BigInt(await rpc<string>(chain.rpcUrl, 'eth_getBalance', address, 'latest'))).toBe(10_000n * 10n ** 18n)
    }
    process.kill(chain.pid, 'SIGKILL')
    await expect(async () => {
      for (;;) await rpc(chain.rpcUrl, 'eth_chainId')
    }).rejects.toThrow()
  })

  test('a stopped chain goes on where it was, without going back in time', async () => {
    const file = await stateFile()
    const before = await start({ stateFile: file })
    const deployed = await deployOn(before)
    await before.advanceTime(10_000)
    const hashes = await blockHashes(before.rpcUrl)
    await before.stop()
    await before.stop()

    const after = await start({ stateFile: file })
    expect(await blockHashes(after.rpcUrl)).toEqual(hashes)
    expect(await rpc(after.rpcUrl, 'eth_getCode', deployed.distributor, 'latest')).not.toBe('0x')
    const time_s = await newestTime_s(after)
    await rpc(after.rpcUrl, 'evm_mine')
    await rpc(after.rpcUrl, 'evm_mine')
    expect(await newestTime_s(after)).toBe(time_s + 2)
    expect(await blockHashes(after.rpcUrl)).toHaveLength(hashes.length + 2)
  })

  test('a killed chain goes on from what was saved', async () => {
    const file = await stateFile()
    const before = await start({ stateFile: file })
    await rpc(before.rpcUrl, 'evm_mine')
    await before.saveState()
    const hashes = await blockHashes(before.rpcUrl)
    process.kill(before.pid, 'SIGKILL')
    await expect(before.stop()).rejects.toMatchObject({ code: 'LOCAL_CHAIN_SAVE' })
    chains.splice(chains.indexOf(before), 1)
    expect(await blockHashes((await start({ stateFile: file })).rpcUrl)).toEqual(hashes)
  })

  test('a chain whose process was left alone is taken over, saved and ended', async () => {
    const file = await stateFile()
    const left = await start()
    await rpc(left.rpcUrl, 'evm_mine')
    const { pid, rpcUrl, instanceId } = left
    const taken = await attachLocalChain({ pid, rpcUrl, instanceId, stateFile: file })
    expect(taken).toMatchObject({ pid, rpcUrl })
    await taken?.advanceTime(10)
    const hashes = await blockHashes(rpcUrl)
    await taken?.stop()
    await expect(rpc(rpcUrl, 'eth_chainId')).rejects.toThrow()
    expect(await blockHashes((await start({ stateFile: file })).rpcUrl)).toEqual(hashes)
  })

  test('a chain that is gone is not taken over, even when another one has its port', async () => {
    const gone = await start()
    const { pid, rpcUrl, instanceId } = gone
    await gone.stop()
    expect(await attachLocalChain({ pid, rpcUrl, instanceId })).toBeUndefined()
    const other = await start({ port: Number(new URL(rpcUrl).port) })
    expect(other.rpcUrl).toBe(rpcUrl)
    expect(await attachLocalChain({ pid, rpcUrl, instanceId })).toBeUndefined()
  })

  test('it is saved from time to time', async () => {
    const file = await stateFile()
    const chain = await start({ stateFile: file })
    await rpc(chain.rpcUrl, 'evm_mine')
    let saved = -1
    while (saved !== 1) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      const state = await readFile(file, 'utf8').catch(() => '{}')
      saved = Number(JSON.parse(state).best_block_number ?? -1)
    }
    expect(saved).toBe(1)
  })

  test('a damaged state file and a port in use are said', async () => {
    const file = await stateFile()
    const first = await start({ stateFile: file })
    await first.saveState()
    const port = Number(new URL(first.rpcUrl).port)
    await expect(start({ port })).rejects.toMatchObject({ code: 'LOCAL_CHAIN_START' })
    await first.stop()
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, 100))
    await expect(start({ stateFile: file })).rejects.toMatchObject({ code: 'LOCAL_CHAIN_START' })
  })
})
