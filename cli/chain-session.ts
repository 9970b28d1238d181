import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { RunningAnvil } from '../anchor/chain/anvil-process.ts'
import { LOCAL_CHAIN_ID } from '../anchor/chain/chain-table.ts'
import { type ChainConnection, connectChain } from '../anchor/chain/connect.ts'
import { attachLocalChain, type LocalChain, localAccounts, startLocalChain } from '../anchor/chain/local-chain.ts'
import { TallyError } from '../schemas/errors.ts'
import { type Address, toAddress } from '../schemas/ids.ts'
import type { Config } from './config.ts'
import type { DataDirectory } from './data-directory.ts'

/** Places of the local chain's funded accounts. */
const DEPLOYER = 0
const PROPOSER = 1

/** What `tally anchor deploy` wrote down. */
export interface Deployment {
  readonly chainId: number
  readonly distributor: Address
  readonly token: Address | null
  /** Block of the distributor's creation. */
  readonly fromBlock: string
}

export class DeploymentMissingError extends TallyError {
  override readonly code = 'DEPLOYMENT_MISSING'
  constructor(facts: { path: string }) {
    super(`${facts.path} does not exist: this ledger has no contract yet.`, {
      facts,
      hint: 'Run `tally anchor deploy` first.',
    })
  }
}

export class ProposerKeyMissingError extends TallyError {
  override readonly code = 'PROPOSER_KEY_MISSING'
  constructor(facts: { chainId: number }) {
    super(`Chain ${facts.chainId} is no local one, and there is no key to send with.`, {
      facts,
      hint: 'Set PROPOSER_KEY.',
    })
  }
}

export interface ChainSession {
  readonly connection: ChainConnection
  readonly rpcUrl: string
  /** The embedded chain, when no RPC URL is configured. */
  readonly local: LocalChain | undefined
  /** Only on a local chain. */
  readonly deployer: LocalAccount | undefined
  readonly proposer: LocalAccount
  close(): Promise<void>
}

export interface ChainSessionOptions {
  readonly config: Config
  readonly directory: DataDirectory
  /** Time of block 0 of a new embedded chain, seconds since 1970. */
  readonly genesisTime_s?: number
}

/** Connects to the configured chain, or runs the embedded one: anvil, with its state in the data directory. */
export async function openChain(options: ChainSessionOptions): Promise<ChainSession> {
  const { config, directory } = options
  const deployment = readDeployment(directory)
  if (config.rpcUrl !== undefined) {
    const { rpcUrl, checkRpcUrl } = config
    const check = checkRpcUrl === undefined ? {} : { checkRpcUrl }
    const connection = await connectChain({ rpcUrl, chainId: deployment?.chainId ?? LOCAL_CHAIN_ID, ...check })
    const keys = keysFor(config, connection.entry.chainId)
    return { connection, rpcUrl: config.rpcUrl, local: undefined, ...keys, close: async () => {} }
  }
  const local = await embeddedChain(directory, options.genesisTime_s)
  const connection = await connectChain({ rpcUrl: local.rpcUrl, chainId: LOCAL_CHAIN_ID })
  return {
    connection,
    rpcUrl: local.rpcUrl,
    local,
    ...keysFor(config, LOCAL_CHAIN_ID),
    close: () => stop(local, directory),
  }
}

/**
 * A `tally` that was killed leaves its anvil running, with the newest blocks only in that process: so it is taken over. Only
 * when it is gone too a new one is started from the saved state.
 */
async function embeddedChain(directory: DataDirectory, genesisTime_s: number | undefined): Promise<LocalChain> {
  const left = readLeftProcess(directory)
  const taken = left && (await attachLocalChain({ ...left, stateFile: directory.chainState }))
  if (taken) return taken
  const chain = await startLocalChain({
    stateFile: directory.chainState,
    genesisTime_s: genesisTime_s ?? Math.floor(Date.now() / 1000),
  })
  writeFileSync(
    directory.chainProcess,
    JSON.stringify({ pid: chain.pid, rpcUrl: chain.rpcUrl, instanceId: chain.instanceId } satisfies RunningAnvil),
  )
  return chain
}

function readLeftProcess(directory: DataDirectory): RunningAnvil | undefined {
  if (!existsSync(directory.chainProcess)) return undefined
  try {
    return JSON.parse(readFileSync(directory.chainProcess, 'utf8')) as RunningAnvil
  } catch (error) {
    // Killed while it was written: that process had sent nothing yet.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Saves and stops the chain that a killed `tally` left in this folder, if there is one. The caller holds the warehouse's lock. */
export async function stopLeftChain(directory: DataDirectory): Promise<void> {
  const left = readLeftProcess(directory)
  if (left === undefined) return
  const chain = await attachLocalChain({ ...left, stateFile: directory.chainState })
  if (chain === undefined) rmSync(directory.chainProcess, { force: true })
  else await stop(chain, directory)
}

async function stop(chain: LocalChain, directory: DataDirectory): Promise<void> {
  await chain.stop()
  rmSync(directory.chainProcess, { force: true })
}

/** Deployer and proposer are two accounts: the contract lets nobody hold both roles. */
function keysFor(config: Config, chainId: number): { deployer: LocalAccount | undefined; proposer: LocalAccount } {
  const local = chainId === LOCAL_CHAIN_ID ? localAccounts() : undefined
  const configured =
    config.proposerKey === undefined ? undefined : privateKeyToAccount(config.proposerKey as `0x${string}`)
  const proposer = configured ?? local?.[PROPOSER]
  if (proposer === undefined) throw new ProposerKeyMissingError({ chainId })
  return { deployer: local?.[DEPLOYER], proposer }
}

function readDeployment(directory: DataDirectory): Deployment | undefined {
  if (!hasDeployment(directory)) return undefined
  const value = JSON.parse(readFileSync(directory.deployment, 'utf8')) as Deployment
  return { ...value, distributor: toAddress(value.distributor) }
}

/** Whether epochs of this ledger are to be proposed to a chain: it has a contract there. */
export function hasDeployment(directory: DataDirectory): boolean {
  return existsSync(directory.deployment)
}

/** @throws DeploymentMissingError */
export function requireDeployment(directory: DataDirectory): Deployment {
  const deployment = readDeployment(directory)
  if (deployment === undefined) throw new DeploymentMissingError({ path: directory.deployment })
  return deployment
}
