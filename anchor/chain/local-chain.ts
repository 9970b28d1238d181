import { createTestClient, type HDAccount, http, publicActions } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import {
  endChild,
  endOther,
  instanceAt,
  LOCAL_ACCOUNTS,
  LOCAL_MNEMONIC,
  listeningUrl,
  type RunningAnvil,
  spawnAnvil,
} from './anvil-process.ts'
import { keepState, type StateKeeper } from './chain-state-file.ts'
import { LocalChainStartError } from './errors.ts'

export interface LocalChainOptions {
  /** Port on 127.0.0.1; 0 or absent: any free one. */
  port?: number
  /** Time of block 0, in seconds since 1970. Ignored when the state file exists. */
  genesisTime_s: number
  /** Where the chain is kept between runs; absent: it is forgotten. One chain a file at a time. */
  stateFile?: string
  /** False: the chain's own log goes to stderr. */
  quiet?: boolean
}

/** A running local chain; `pid` is anvil's own. */
export interface LocalChain extends RunningAnvil {
  /** Ten funded accounts of the well-known test mnemonic. Never send real money to them. */
  readonly accounts: readonly HDAccount[]
  /** Mines one block whose time is `seconds` (a whole number, at least 1) after the newest. */
  advanceTime(seconds: number): Promise<void>
  /** Writes the state file now, if there is one; after it, what happened survives a crash. {@link LocalChainSaveError} */
  saveState(): Promise<void>
  /** Saves the state and ends the process. May be called again. {@link LocalChainSaveError}; the process ends anyway. */
  stop(): Promise<void>
}

const BLOCK_INTERVAL_S = 1

/**
 * Starts a local development chain (Foundry's anvil, chain id 31337) that mines each transaction at once.
 *
 * Block times do not depend on the wall clock: each block is one second after the one before. The same transactions in the
 * same order, between the same starts, give the same block hashes. Transactions sent at the same time may share a block.
 *
 * @throws {@link LocalChainStartError} port in use, damaged state file, no binary for this platform
 */
export async function startLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  const { port = 0, genesisTime_s, stateFile } = options
  const child = spawnAnvil({ port, genesisTime_s, stateFile })
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  child.once('exit', () => process.off('exit', killWithUs))
  try {
    const rpcUrl = await listeningUrl(child)
    if (options.quiet === false) child.stdout?.pipe(process.stderr, { end: false })
    const control = controlClient(rpcUrl)
    await control.setBlockTimestampInterval({ interval: BLOCK_INTERVAL_S })
    // Loaded with a state file, anvil would count on from its --timestamp: block times would go back.
    const { timestamp } = await control.getBlock()
    await control.setNextBlockTimestamp({ timestamp: timestamp + BigInt(BLOCK_INTERVAL_S) })
    const instanceId = await instanceAt(rpcUrl)
    if (instanceId === undefined) throw new LocalChainStartError({ detail: 'it does not say its instance id.' })
    return localChain({ pid: child.pid!, rpcUrl, instanceId }, stateFile, () => endChild(child))
  } catch (error) {
    await endChild(child)
    throw error
  }
}

/**
 * Takes over a chain that {@link startLocalChain} started in a process that was killed since: its newest blocks may be in
 * no file yet. Two processes must not hold one chain at the same time.
 *
 * @param left pid, URL and instance id as {@link LocalChain} had them; and the state file to keep it in from now on
 * @returns undefined when that chain is gone, even if another one answers at its URL
 */
export async function attachLocalChain(left: RunningAnvil & { stateFile?: string }): Promise<LocalChain | undefined> {
  const { pid, rpcUrl, instanceId, stateFile } = left
  if ((await instanceAt(rpcUrl)) !== instanceId) return undefined
  const running = { pid, rpcUrl, instanceId }
  return localChain(running, stateFile, () => endOther(running))
}

/** The funded accounts of every local chain, from the well-known test mnemonic. Never send real money to them. */
export function localAccounts(): readonly HDAccount[] {
  return Array.from({ length: LOCAL_ACCOUNTS }, (_, addressIndex) =>
    mnemonicToAccount(LOCAL_MNEMONIC, { addressIndex }),
  )
}

function controlClient(rpcUrl: string) {
  return createTestClient({ mode: 'anvil', transport: http(rpcUrl, { retryCount: 0 }), cacheTime: 0 }).extend(
    publicActions,
  )
}

function localChain(running: RunningAnvil, stateFile: string | undefined, end: () => Promise<void>): LocalChain {
  const control = controlClient(running.rpcUrl)
  const keeper = stateFile === undefined ? undefined : keepState(control, stateFile)
  let stopped: Promise<void> | undefined
  return {
    ...running,
    accounts: localAccounts(),
    async advanceTime(seconds) {
      const { timestamp } = await control.getBlock()
      await control.setNextBlockTimestamp({ timestamp: timestamp + BigInt(seconds) })
      await control.mine({ blocks: 1 })
    },
    async saveState() {
      await keeper?.save()
    },
    stop() {
      stopped ??= stopChain(keeper, end)
      return stopped
    },
  }
}

async function stopChain(keeper: StateKeeper | undefined, end: () => Promise<void>): Promise<void> {
  try {
    await keeper?.stop()
  } finally {
    await end()
  }
}
