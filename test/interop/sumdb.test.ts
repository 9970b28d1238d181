import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeBase64 } from '../../anchor/base64.ts'
import { signCheckpoint } from '../../anchor/log/checkpoint.ts'
import { consistencyProof } from '../../anchor/log/consistency-proof.ts'
import { inclusionProof } from '../../anchor/log/inclusion-proof.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { formatVerifierKey, generateSigningKey, signerOf } from '../../anchor/log/note/keys.ts'
import { parseNote, signNote } from '../../anchor/log/note/note.ts'
import { rootHash } from '../../anchor/log/root-hash.ts'
import { LogSigner } from '../../jobs/publish/log/log-signer.ts'
import { someEntries, tiledLog } from '../support/tiled-log.ts'

const MODULE = fileURLToPath(new URL('./go', import.meta.url))
const BUILD_LIMIT_MS = 300_000
const ORIGIN = 'tallystick/ledger/interop'

const hasGo = spawnSync('go', ['version']).status === 0
if (!hasGo && process.env.CI !== 'true')
  console.info('Skipped: Go’s checks of our log need go on the PATH. Debian: apt-get install golang-go.')
const describeWithGo = hasGo || process.env.CI === 'true' ? describe : describe.skip

describeWithGo('golang.org/x/mod/sumdb accepts', () => {
  let folder: string
  let program: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-sumdb-'))
    program = join(folder, 'interop')
    const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: MODULE, encoding: 'utf8' })
    if (built.status !== 0) throw new Error(`go build: ${built.error?.message ?? built.stderr}`)
  }, BUILD_LIMIT_MS)
  afterAll(() => rmSync(folder, { recursive: true }))

  /** Writes the files of a log as they are served. */
  function serve(files: Iterable<[string, Uint8Array]>, checkpoint: Uint8Array): string {
    const log = mkdtempSync(join(folder, 'log-'))
    for (const [path, bytes] of [...files, ['checkpoint', checkpoint] as const]) {
      mkdirSync(dirname(join(log, path)), { recursive: true })
      writeFileSync(join(log, path), bytes)
    }
    return log
  }

  function check(log: string, request: object): { status: number | null; stderr: string; report: unknown } {
    const ended = spawnSync(program, [log], { input: JSON.stringify(request), encoding: 'utf8' })
    const { status, stderr } = ended
    return { status, stderr, report: status === 0 ? JSON.parse(ended.stdout) : undefined }
  }

  test.each([1, 2, 255, 256, 257, 600])('checkpoint, tiles, bundles and our proofs of %i leaves', async (size) => {
    const entries = someEntries(size)
    const { files, read, root } = tiledLog(entries)
    const signer = await LogSigner.open({ folder: join(folder, `key-${size}`), origin: ORIGIN, verb: 'test' })
    const { note } = await signer.sign({ size, root }, read)
    signer.release()
    const leaves = entries.map(leafHash)
    const indexes = [...new Set([0, Math.floor(size / 2), size - 1])]
    const oldSizes = [...new Set([1, Math.ceil(size / 3), Math.max(1, size - 1), size])]
    const oldRoots = oldSizes.map((old) => ({ Size: old, Root: encodeBase64(rootHash(leaves.slice(0, old))) }))
    const request = {
      Keys: [formatVerifierKey(signer.key)],
      Origin: ORIGIN,
      OldRoots: oldRoots,
      Inclusion: indexes.map((index) => ({
        Index: index,
        LeafHash: encodeBase64(leaves[index]!),
        Proof: inclusionProof(leaves, index).map(encodeBase64),
      })),
      Consistency: oldRoots.map(({ Size, Root }) => ({
        OldSize: Size,
        OldRoot: Root,
        Proof: consistencyProof(leaves, Size).map(encodeBase64),
      })),
    }
    const counts = { inclusion: indexes.length, consistency: oldSizes.length }
    const log = serve(files, note)
    expect(check(log, request)).toEqual({
      status: 0,
      stderr: '',
      report: { size, records: size, trees: oldSizes.length, ...counts },
    })
    // Of a tree of one leaf Go reads no tile: its hash is the root.
    for (const path of size === 1 ? [] : files.keys()) {
      const bytes = readFileSync(join(log, path))
      writeFileSync(join(log, path), bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1))
      expect({ path, status: check(log, request).status }).toEqual({ path, status: 1 })
      writeFileSync(join(log, path), bytes)
    }
  })

  test('a note with more signatures than one, and refuses one that was altered', () => {
    const { files, root } = tiledLog(someEntries(5))
    const signers = [signerOf(generateSigningKey(ORIGIN)), signerOf(generateSigningKey('witness.example/1'))]
    const [own, other] = signers as [(typeof signers)[0], (typeof signers)[0]]
    const note = signCheckpoint({ origin: ORIGIN, size: 5, root, extensions: ['an extension'] }, own)
    const both = signNote(parseNote(note), [other])
    const Keys = signers.map(({ key }) => formatVerifierKey(key))
    expect(check(serve(files, both), { Keys, Origin: ORIGIN })).toMatchObject({ status: 0 })
    const altered = Buffer.from(Buffer.from(both).toString().replace('an extension', 'an Extension'))
    expect(check(serve(files, altered), { Keys, Origin: ORIGIN })).toMatchObject({ status: 1 })
  })
})
