import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Block, Hex } from 'viem'
import { LocalChainSaveError } from './errors.ts'

/** What is asked of a chain whose state is kept. */
interface ControlClient {
  getBlock(): Promise<Pick<Block, 'hash'>>
  dumpState(): Promise<Hex>
}

const SAVE_INTERVAL_MS = 1_000

/** Keeps a chain's state in a file. */
export interface StateKeeper {
  save(): Promise<void>
  stop(): Promise<void>
}

/**
 * Writes the chain's state to `stateFile` whenever there is a new block. anvil's own --dump-state writes in place, so that
 * a kill in the middle would leave a file it cannot read.
 */
export function keepState(control: ControlClient, stateFile: string): StateKeeper {
  let savedHash: Hex | null | undefined
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
