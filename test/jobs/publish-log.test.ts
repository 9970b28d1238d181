import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Checkpoint, openCheckpoint } from '../../anchor/log/checkpoint.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { parseVerifierKey } from '../../anchor/log/note/keys.ts'
import { originOf } from '../../anchor/log/origin.ts'
import { TiledTree } from '../../anchor/log/tiles/tiled-tree.ts'
import { LogSigner } from '../../jobs/publish/log/log-signer.ts'
import { type LogPlaces, publishLog, readTilesIn, rememberCheckpoint } from '../../jobs/publish/log/publish-log.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import { toHex } from '../../schemas/ids.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found()
})
afterEach(() => world.close())

function placesOf(of: SmallLedger): LogPlaces {
  return { folder: join(of.folder, 'log'), keyFolder: join(of.folder, 'log-key'), verb: 'test' }
}

/** An epoch of so many uses, whose funding nobody asks for. */
async function publish(of: SmallLedger, uses: number, places: LogPlaces | undefined = placesOf(of)): Promise<void> {
  const epoch = (await of.ledger.warehouse.all('SELECT epoch FROM epoch')).length + 1
  await of.send(...Array.from({ length: uses }, (_, n) => of.records.inference(`use-${epoch}-${n}`, 5n)))
  of.endInterval()
  await of.publishNext(places === undefined ? {} : { log: places })
}

async function served({ folder }: LogPlaces): Promise<Checkpoint> {
  const key = parseVerifierKey(readFileSync(join(folder, 'verifier-key'), 'utf8').trim())
  return (await openCheckpoint(readFileSync(join(folder, 'checkpoint')), { key })).checkpoint
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
}

/** Every file with its bytes. */
function bytesIn(folder: string): Record<string, string> {
  return Object.fromEntries(filesIn(folder).map((path) => [path.slice(folder.length), readFileSync(path, 'base64')]))
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'nothing was thrown',
    (error: { code?: unknown }) => error.code ?? error,
  )
}

describe('publishing an epoch', () => {
  test('serves the tree of the manifest in tiles, every leaf of it provable with its entry', async () => {
    const places = placesOf(world)
    await publish(world, 3)
    await publish(world, 300)
    const manifest = await world.manifest(2)
    const checkpoint = await served(places)
    expect([String(checkpoint.size), toHex(checkpoint.root)]).toEqual([manifest.tree.size, manifest.tree.root])
    const tree = new TiledTree(checkpoint, readTilesIn(places.folder))
    await tree.check()
    const leaves = await world.ledger.warehouse.all('SELECT leaf_index, leaf_hash FROM outcome ORDER BY leaf_index')
    for (const index of [0, 12, 255, 256, checkpoint.size - 1]) {
      const proven = await tree.proveInclusion(index)
      expect(toHex(proven.leafHash)).toBe(toHex(leafHash(await tree.entry(index))))
      expect(toHex(proven.leafHash)).toBe(toHex(fromBlob(leaves[index]!.leaf_hash)))
    }
  })

  test('writes what files an epoch adds, and nothing twice', async () => {
    const { folder } = placesOf(world)
    await publish(world, 290)
    const before = bytesIn(folder)
    await publish(world, 2)
    const after = bytesIn(folder)
    const added = Object.keys(after).filter((path) => after[path] !== before[path])
    const size = (await served(placesOf(world))).size
    expect(added).toEqual(['/checkpoint', `/tile/0/001.p/${size - 256}`, `/tile/entries/001.p/${size - 256}`])
    // The partial tile of the older checkpoint stays; 000 is full, so its partial ones are gone.
    expect(Object.keys(before).every((path) => path in after)).toBe(true)
    expect(existsSync(join(folder, 'tile/0/000.p'))).toBe(false)
  })

  test('a run that was killed at any file is finished by the next one, with the same bytes', async () => {
    const places = placesOf(world)
    await publish(world, 290)
    const complete = bytesIn(places.folder)
    for (const path of filesIn(places.folder)) {
      const bytes = readFileSync(path)
      rmSync(path)
      writeFileSync(`${path}.new`, bytes.subarray(0, 7))
      await publishLog({ ledger: world.ledger, places, epoch: 1 })
      expect(bytesIn(places.folder)).toEqual(complete)
    }
  })

  test('tiles that were lost or damaged are made again from the warehouse', async () => {
    const places = placesOf(world)
    await publish(world, 290)
    rmSync(join(places.folder, 'tile'), { recursive: true })
    await publish(world, 1)
    const complete = bytesIn(places.folder)
    await new TiledTree(await served(places), readTilesIn(places.folder)).check()
    rmSync(join(places.folder, 'tile/0/000'))
    await publishLog({ ledger: world.ledger, places, epoch: 2, whole: true })
    expect(bytesIn(places.folder)).toEqual(complete)
    writeFileSync(join(places.folder, 'tile/0/000'), 'damaged')
    expect(await codeOf(publishLog({ ledger: world.ledger, places, epoch: 2, whole: true }))).toBe('LOG_FILE_CONFLICT')
  })
})

describe('a warehouse that comes from a backup', () => {
  test('that reads the same log signs the same checkpoints, and none while it is behind', async () => {
    const places = placesOf(world)
    await publish(world, 3)
    const backup = await world.twin()
    await publish(world, 300)
    const newest = readFileSync(join(places.folder, 'checkpoint'))
    const step = await backup.publishNext({ log: places }).then(() => served(places))
    expect(step.size).toBe(Number((await world.manifest(2)).tree.size))
    await backup.publishNext({ log: places })
    expect(readFileSync(join(places.folder, 'checkpoint'))).toEqual(newest)
    backup.close()
  })

  test('that reads another log is refused, whichever of the three memories is left', async () => {
    const places = placesOf(world)
    const origin = originOf(world.ledger.ledgerId)
    const newKey = join(world.folder, 'new-key')
    ;(await LogSigner.open({ folder: places.keyFolder, origin, verb: 'test' })).release()
    cpSync(places.keyFolder, newKey, { recursive: true })
    await publish(world, 3)
    const checkpoint = readFileSync(join(places.folder, 'checkpoint'))
    const other = await SmallLedger.open()
    await other.found()
    // The key remembers.
    expect(await codeOf(publish(other, 12, places))).toBe('CHECKPOINT_INCONSISTENT')
    // Its folder comes from a backup too: what is served remembers.
    rmSync(places.keyFolder, { recursive: true })
    cpSync(newKey, places.keyFolder, { recursive: true })
    expect(await codeOf(other.step('publish', { log: places }))).toBe('CHECKPOINT_INCONSISTENT')
    expect(readFileSync(join(places.folder, 'checkpoint'))).toEqual(checkpoint)
    // Nothing is served any more: the warehouse remembers.
    const nowhere = { ...places, folder: join(world.folder, 'elsewhere'), keyFolder: newKey }
    await rememberCheckpoint(other.ledger.warehouse, 1, checkpoint)
    expect(await codeOf(other.step('publish', { log: nowhere }))).toBe('CHECKPOINT_INCONSISTENT')
    expect(existsSync(join(nowhere.folder, 'checkpoint'))).toBe(false)
    other.close()
  })

  test('a key that was lost is no reason to go on in silence', async () => {
    const places = placesOf(world)
    await publish(world, 3)
    rmSync(places.keyFolder, { recursive: true })
    expect(await codeOf(publish(world, 1))).toBe('LOG_KEY_CHANGED')
    rmSync(join(places.folder, 'checkpoint'))
    expect(await world.step('publish', { log: places })).toMatchObject({ did: 'done', epoch: 2 })
    expect((await served(places)).size).toBe(Number((await world.manifest(2)).tree.size))
  })
})
