import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { BaseError, http } from 'viem'
import { LOCAL_CHAIN_ID } from './chain-table.ts'
import { LocalChainStartError } from './errors.ts'

/** An anvil that runs. Its `instanceId` tells it from another one that got its port or its pid later. */
export interface RunningAnvil {
  readonly pid: number
  readonly rpcUrl: string
  readonly instanceId: string
}

export interface AnvilOptions {
  /** 0: any free one. */
  readonly port: number
  readonly genesisTime_s: number
  /** Loaded when it exists. */
  readonly stateFile: string | undefined
}

export const LOCAL_MNEMONIC = 'test test test test test test test test test test test junk'
export const LOCAL_ACCOUNTS = 10
const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 5_000
const INSTANCE_LIMIT_MS = 2_000
const GONE_POLL_MS = 50
const OUTPUT_KEPT = 2_000

/** Starts anvil; it mines each transaction at once. */
export function spawnAnvil({ port, genesisTime_s, stateFile }: AnvilOptions): ChildProcess {
  const isLoaded = stateFile !== undefined && existsSync(stateFile)
  const flags = [
    ['--host', '127.0.0.1'],
    ['--port', String(port)],
    ['--chain-id', String(LOCAL_CHAIN_ID)],
    ['--mnemonic', LOCAL_MNEMONIC],
    ['--accounts', String(LOCAL_ACCOUNTS)],
    // With a state loaded, anvil refuses a next block whose time is before this one, whatever the loaded blocks say.
    ['--timestamp', String(isLoaded ? 1 : genesisTime_s)],
    isLoaded ? ['--load-state', stateFile] : [],
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
export function listeningUrl(child: ChildProcess): Promise<string> {
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

/** Ends a child, and returns when it is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  child.kill('SIGTERM')
  await exited
  clearTimeout(timer)
}

/** Ends an anvil that another process started, and returns when its port no longer answers. */
export async function endOther({ pid, rpcUrl, instanceId }: RunningAnvil): Promise<void> {
  const deadline = performance.now() + STOP_LIMIT_MS
  // Asked each time before the signal: once it is gone, its pid may be somebody else's.
  while ((await instanceAt(rpcUrl)) === instanceId) {
    sendSignal(pid, performance.now() < deadline ? 'SIGTERM' : 'SIGKILL')
    await sleep(GONE_POLL_MS)
  }
}

function sendSignal(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It ended since it was asked, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** The random name that the anvil at `rpcUrl` gave itself at its start; undefined when none answers there. */
export async function instanceAt(rpcUrl: string): Promise<string | undefined> {
  const node = http(rpcUrl, { timeout: INSTANCE_LIMIT_MS })({ retryCount: 0 })
  try {
    const metadata: unknown = await node.request({ method: 'anvil_metadata' })
    const named = metadata !== null && typeof metadata === 'object' && 'instanceId' in metadata
    return named ? String(metadata.instanceId) : undefined
  } catch (error) {
    if (error instanceof BaseError) return undefined
    throw error
  }
}
