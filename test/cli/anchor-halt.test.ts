import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { LocalChain } from '../../anchor/chain/local-chain.ts'
import { dataDirectory } from '../../cli/data-directory.ts'
import { WarehouseTransactionStore } from '../../jobs/anchoring/warehouse-transaction-store.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { describeWithAnvil, rpc } from '../anchor/chain-anvil.ts'
import { externalChain, prepareLedger, type SmallLedger } from './support/small-ledger.ts'
import { documentOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const LOCAL = 31337
const OLD_HASH = `0x${'ab'.repeat(32)}` as const

describeWithAnvil('tally on a chain whose finality was broken', () => {
  const path = temporaryFolder()

  let ledger: SmallLedger
  let chain: LocalChain

  beforeAll(async () => {
    ledger = await prepareLedger(path('ledger'))
    chain = await externalChain(ledger)
    for (const step of [['epoch', 'close'], ['attribute'], ['settle'], ['publish']])
      expect((await tallyHere([...step, '--data', ledger.data, '--rpc', chain.rpcUrl])).end).toBe(0)
    await halted(ledger)
  })
  afterAll(() => chain?.stop())

  test('sends nothing, says why, and goes on once an operator has accepted the chain', () => story(ledger, chain))

  /** As an earlier run leaves it that found another block 1 than the one it had taken as final. */
  async function halted({ data }: SmallLedger): Promise<void> {
    const warehouse = await openWarehouse(dataDirectory(data).warehouse, { verb: 'test' })
    const store = new WarehouseTransactionStore(warehouse)
    await store.remember(LOCAL, { number: 1n, hash: OLD_HASH })
    await store.halt({ chainId: LOCAL, what: 'block 1', remembered: OLD_HASH, found: '0xcd' })
    warehouse.close()
  }

  async function story({ data }: SmallLedger, { rpcUrl }: LocalChain): Promise<void> {
    const { hash } = await rpc<{ hash: string }>(rpcUrl, 'eth_getBlockByNumber', '0x1', false)
    const run = (...args: string[]) => tallyHere([...args, '--data', data, '--rpc', rpcUrl])

    const refused = await run('anchor', 'propose', '--json')
    expect(refused.end).toBe(11)
    expect(documentOf(refused)).toMatchObject({ error: { code: 'CHAIN_HALTED', facts: { what: 'block 1' } } })
    expect(documentOf(await run('anchor', 'status', '--json'))).toMatchObject({
      halt: { what: 'block 1', remembered: OLD_HASH },
      epochs: [{ epoch: 1, state: 'not proposed' }],
    })
    expect((await run('anchor', 'status')).stdout).toContain(`HALTED: on chain 31337, block 1 was final as ${OLD_HASH}`)

    const shown = await run('anchor', 'resume')
    expect(shown.end).toBe(11)
    expect(shown.stdout).toContain(`tally anchor resume --accept ${hash}`)
    const other = await run('anchor', 'resume', '--json', '--accept', OLD_HASH)
    expect(other.end).toBe(5)
    expect(documentOf(other)).toMatchObject({ error: { code: 'OTHER_BLOCK' } })

    expect((await run('anchor', 'resume', '--accept', hash)).end).toBe(0)
    expect(documentOf(await run('anchor', 'status', '--json'))).toMatchObject({ halt: null })
    expect((await run('anchor', 'resume')).stdout).toContain('is not halted')
    // A second node is asked before it is called done; here it is the same one under another name.
    const second = rpcUrl.replace('127.0.0.1', 'localhost')
    expect((await run('anchor', 'propose', '--check-rpc', second)).end).toBe(0)
    expect(documentOf(await run('anchor', 'status', '--json'))).toMatchObject({ epochs: [{ state: 'proposed' }] })
  }
})
