import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openCheckpoint } from '../../anchor/log/checkpoint.ts'
import { formatVerifierKey } from '../../anchor/log/note/keys.ts'
import { LogSigner, type Signing } from '../../jobs/publish/log/log-signer.ts'
import { someEntries, type TiledLog, tiledLog } from '../support/tiled-log.ts'

const ORIGIN = 'log.example'
const RACERS = 2
/** They compile what they run. */
const PROCESSES_LIMIT_MS = 180_000
let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tally-signer-'))
  folder = join(parent, 'log-key')
})
afterEach(() => rmSync(parent, { recursive: true }))

/** Opens the key, as every start does, signs and lets it go. */
async function signWith(log: TiledLog, key = folder): Promise<Signing> {
  const signer = await LogSigner.open({ folder: key, origin: ORIGIN, verb: 'test' })
  try {
    return await signer.sign(log, log.read)
  } finally {
    signer.release()
  }
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => value,
    (error: { code?: unknown }) => error.code ?? error,
  )
}

const tree = (count: number, history = '') => tiledLog(someEntries(count, history))

describe('the key of a log', () => {
  test('is made once, for its owner alone, and stays the same', async () => {
    const key = async () => {
      const signer = await LogSigner.open({ folder, origin: ORIGIN, verb: 'test' })
      signer.release()
      return signer.key
    }
    const first = await key()
    expect(formatVerifierKey(await key())).toBe(formatVerifierKey(first))
    expect(statSync(join(folder, 'key')).mode & 0o777).toBe(0o600)
    const both = [1, 2].map((n) => LogSigner.open({ folder: join(parent, 'other'), origin: ORIGIN, verb: `${n}` }))
    const opened = await Promise.allSettled(both)
    expect(opened.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('signs what grew; the same again is the same note', async () => {
    const first = await signWith(tree(5))
    expect(first.did).toBe('signed')
    expect(await signWith(tree(5))).toEqual({ did: 'unchanged', note: first.note })
    const second = await signWith(tree(300))
    const signer = await LogSigner.open({ folder, origin: ORIGIN, verb: 'test' })
    signer.release()
    expect((await openCheckpoint(second.note, { key: signer.key })).checkpoint).toEqual(signer.last)
    expect(signer.last.size).toBe(300)
  })

  test('refuses another history, also after a restart, and signs the right one afterwards', async () => {
    await signWith(tree(200))
    for (const log of [tree(200, 'other '), tree(300, 'other '), tree(3_000, 'other ')])
      expect(await codeOf(signWith(log))).toBe('CHECKPOINT_INCONSISTENT')
    expect(await signWith(tree(300))).toMatchObject({ did: 'signed' })
  })

  test('signs nothing for a ledger that is behind, and refuses a smaller one of another history', async () => {
    const { note } = await signWith(tree(300))
    const known = tree(300)
    const signer = await LogSigner.open({ folder, origin: ORIGIN, verb: 'test' })
    expect(await signer.sign(tree(200), known.read)).toEqual({ did: 'behind', note, signedSize: 300 })
    expect(await signer.sign(tree(200), async () => undefined)).toEqual({ did: 'behind', note, signedSize: 300 })
    expect(await codeOf(signer.sign(tree(200, 'other '), known.read))).toBe('CHECKPOINT_INCONSISTENT')
    signer.release()
  })

  test('signs no root without its tiles', async () => {
    await signWith(tree(3))
    const log = tree(300)
    const signer = await LogSigner.open({ folder, origin: ORIGIN, verb: 'test' })
    expect(await codeOf(signer.sign(log, async () => undefined))).toBe('TILE_MISSING')
    expect(await codeOf(signer.sign(log, tree(300, 'other ').read))).toBe('ROOT_MISMATCH')
    expect(signer.last.size).toBe(3)
    signer.release()
  })

  test('is never used without its memory, nor with that of another key, nor for another log', async () => {
    await signWith(tree(3))
    cpSync(folder, join(parent, 'no-memory'), { recursive: true })
    rmSync(join(parent, 'no-memory', 'signed'))
    expect(await codeOf(signWith(tree(3), join(parent, 'no-memory')))).toBe('LOG_KEY')
    cpSync(folder, join(parent, 'no-key'), { recursive: true })
    rmSync(join(parent, 'no-key', 'key'))
    expect(await codeOf(signWith(tree(3), join(parent, 'no-key')))).toBe('LOG_KEY')
    await signWith(tree(7), join(parent, 'other'))
    cpSync(join(parent, 'other', 'signed'), join(folder, 'signed'))
    expect(await codeOf(signWith(tree(3)))).toBe('LOG_KEY')
    const foreign = LogSigner.open({ folder: join(parent, 'other'), origin: 'another.log', verb: 'test' })
    expect(await codeOf(foreign)).toBe('LOG_KEY')
  })

  test('whose folder comes from a backup takes what is served for its memory', async () => {
    await signWith(tree(3))
    const backup = join(parent, 'backup')
    cpSync(folder, backup, { recursive: true })
    const { note } = await signWith(tree(300))
    const signer = await LogSigner.open({ folder: backup, origin: ORIGIN, verb: 'test' })
    await signer.remember(note, tree(300).read)
    const other = tree(400, 'other ')
    expect(await codeOf(signer.sign(other, other.read))).toBe('CHECKPOINT_INCONSISTENT')
    signer.release()
  })

  test('that a copy of has signed another history finds out when it meets that note', async () => {
    await signWith(tree(3))
    const copy = join(parent, 'copy')
    cpSync(folder, copy, { recursive: true })
    await signWith(tree(300))
    const fork = tiledLog([...someEntries(3), ...someEntries(297, 'other ')])
    const { note } = await signWith(fork, copy)
    const signer = await LogSigner.open({ folder, origin: ORIGIN, verb: 'test' })
    expect(await codeOf(signer.remember(note, fork.read))).toBe('CHECKPOINT_INCONSISTENT')
    signer.release()
  })

  test('whose memory somebody changed meanwhile signs nothing', async () => {
    await signWith(tree(3))
    const memory = readFileSync(join(folder, 'signed'))
    await signWith(tree(5))
    const signer = await LogSigner.open({ folder, origin: ORIGIN, verb: 'test' })
    writeFileSync(join(folder, 'signed'), memory)
    const grown = tree(300)
    expect(await codeOf(signer.sign(grown, grown.read))).toBe('LOG_KEY')
    signer.release()
  })

  test(
    'two processes with two histories at the same moment: one is signed, the other refused',
    async () => {
      const program = fileURLToPath(new URL('./support/sign-tree.ts', import.meta.url))
      const loader = fileURLToPath(new URL('../faults/typescript.mjs', import.meta.url))
      const start = Date.now() + 3_000
      const outcomes = await Promise.all(
        Array.from({ length: RACERS }, (_, n) => {
          const args = ['--no-warnings', '--import', loader, program, folder, ORIGIN, `history ${n} `, String(start)]
          const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
          let told = ''
          child.stdout.on('data', (part: Buffer) => {
            told += part.toString()
          })
          return new Promise<string>((ended) => child.once('close', () => ended(told.trim())))
        }),
      )
      expect(outcomes.toSorted()).toEqual(['CHECKPOINT_INCONSISTENT', 'signed'])
    },
    PROCESSES_LIMIT_MS,
  )
})
