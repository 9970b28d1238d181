import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createTestClient, type HDAccount, http, publicActions } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { LOCAL_CHAIN_ID } from './chain-table.ts'
import { LocalChainSaveError, LocalChainStartError } from './errors.ts'

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

export interface LocalChain {
  readonly rpcUrl: string
  /** The process id of anvil itself. */
  readonly pid: number
  /** Ten funded accounts of the well-known test mnemonic. Never send real money to them. */
  readonly accounts: readonly HDAccount[]
  /** Mines one block whose time is `seconds` (a whole number, at least 1) after the newest. */
  advanceTime(seconds: number): Promise<void>
  /** Writes the state file now, if there is one; after it, what happened survives a crash. {@link LocalChainSaveError} */
  saveState(): Promise<void>
  /** Saves the state and ends the process. May be called again. {@link LocalChainSaveError}; the process ends anyway. */
  stop(): Promise<void>
}

const MNEMONIC = 'test test test test test test test test test test test junk'
const ACCOUNTS = 10
const BLOCK_INTERVAL_S = 1
const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 5_000
const SAVE_INTERVAL_MS = 1_000
const OUTPUT_KEPT = 2_000

/**
 * Starts a local development chain (Foundry's anvil, chain id 31337) that mines each transaction at once.
 *
 * Block times do not depend on the wall clock: each block is one second after the one before. The same transactions in the
 * same order, between the same starts, give the same block hashes. Transactions sent at the same time may share a block.
 *
 * @throws {@link LocalChainStartError} port in use, damaged state file, no binary for this platform
 */
export async function startLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  const child = spawnAnvil(options)
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
    const keeper = options.stateFile === undefined ? undefined : keepState(control, options.stateFile)
    return localChain(child, rpcUrl, control, keeper)
  } catch (error) {
    await end(child)
    throw error
  }
}

type ControlClient = ReturnType<typeof controlClient>

function controlClient(rpcUrl: string) {
  return createTestClient({ mode: 'anvil', transport: http(rpcUrl, { retryCount: 0 }), cacheTime: 0 }).extend(
    publicActions,
  )
}

function localChain(
  child: ChildProcess,
  rpcUrl: string,
  control: ControlClient,
  keeper: StateKeeper | undefined,
): LocalChain {
  let stopped: Promise<void> | undefined
  return {
    rpcUrl,
    pid: child.pid!,
    accounts: Array.from({ length: ACCOUNTS }, (_, addressIndex) => mnemonicToAccount(MNEMONIC, { addressIndex })),
    async advanceTime(seconds) {
      const { timestamp } = await control.getBlock()
      await control.setNextBlockTimestamp({ timestamp: timestamp + BigInt(seconds) })
      await control.mine({ blocks: 1 })
    },
    async saveState() {
      await keeper?.save()
    },
    stop() {
      stopped ??= stopChain(child, keeper)
      return stopped
    },
  }
}

async function stopChain(child: ChildProcess, keeper: StateKeeper | undefined): Promise<void> {
  try {
    await keeper?.stop()
  } finally {
    await end(child)
  }
}

interface StateKeeper {
  save(): Promise<void>
  stop(): Promise<void>
}

/**
 * Writes the chain's state to `stateFile` whenever there is a new block. anvil's own --dump-state writes in place, so that
 * a kill in the middle would leave a file it cannot read.
 */
function keepState(control: ControlClient, stateFile: string): StateKeeper {
  let savedHash: string | undefined
  let saving: Promise<void> = Promise.resolve()

  async function saveOnce(): Promise<void> {
    try {
      const { hash } = await control.getBlock()
      if (hash === savedHash) return
      const state = gunzipSync(Buffer.from((await control.dumpState()).slice(2), 'hex'))
      await writeWhole(stateFile, state)
      savedHash = hash
    } catch (error) {
      throw new LocalChainSaveError({ stateFile, detail: error instanceof Error ? error.message : String(error) })
    }
  }
  function save(): Promise<void> {
    // A failed save does not stop the next one: each writes everything.
    saving = saving.catch(() => undefined).then(saveOnce)
    return saving
  }
  const timer = setInterval(() => {
    // A failure here is not the end: the next tick writes everything again, and `stop` reports its own failure.
    save().catch(() => undefined)
  }, SAVE_INTERVAL_MS)
  timer.unref()
  return {
    save,
    stop() {
      clearInterval(timer)
      return save()
    },
  }
}

/** Killed at any point, the file is the old one or the new one, whole. */
async function writeWhole(file: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const handle = await open(`${file}.new`, 'w')
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
}

function spawnAnvil({ port = 0, genesisTime_s, stateFile }: LocalChainOptions): ChildProcess {
  const flags = [
    ['--host', '127.0.0.1'],
    ['--port', String(port)],
    ['--chain-id', String(LOCAL_CHAIN_ID)],
    ['--mnemonic', MNEMONIC],
    ['--accounts', String(ACCOUNTS)],
    ['--timestamp', String(genesisTime_s)],
    stateFile !== undefined && existsSync(stateFile) ? ['--load-state', stateFile] : [],
  ].flat()
  return spawn(anvilBinary(), flags, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } })
}

/** The binary itself: the package's own launcher is a Node process in between, whose pid is not anvil's. */
function anvilBinary(): string {
  const system = { linux: 'linux', darwin: 'darwin', win32: 'win32' }[process.platform as string]
  const machine = { x64: 'amd64', arm64: 'arm64' }[process.arch as string]
  const require = createRequire(import.meta.url)
  try {
    const launcher = createRequire(require.resolve('@foundry-rs/anvil/package.json'))
    const binary = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
    return launcher.resolve(`@foundry-rs/anvil-${system}-${machine}/bin/${binary}`)
  } catch {
    throw new LocalChainStartError(
      { detail: `anvil is not installed for ${process.platform} ${process.arch}.` },
      'Run npm ci without --omit=optional, or set RPC_URL to a chain that runs elsewhere.',
    )
  }
}

/** Waits for anvil's own word that it listens, and on which port. */
function listeningUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (detail: string) => reject(new LocalChainStartError({ detail: `${detail}\n${output}`.trim() }))
    const timer = setTimeout(() => fail(`no answer within ${START_LIMIT_MS} ms.`), START_LIMIT_MS)
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_KEPT)
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(output)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(`http://127.0.0.1:${port}`)
    }
    // Reading goes on for ever: with nobody reading, the pipe would fill and anvil would stand still.
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      fail(`anvil ended with ${code ?? signal}.`)
    })
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  child.kill('SIGTERM')
  await exited
  clearTimeout(timer)
}
