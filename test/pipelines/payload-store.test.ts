import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'

describe('FolderPayloadStore', () => {
  let folder: string
  let store: FolderPayloadStore
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-payloads-'))
    store = new FolderPayloadStore(folder)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const filesOf = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))

  test('returns what was put, under SHA-256(salt ‖ payload), also to another process', async () => {
    for (const payload of [randomBytes(784), Buffer.alloc(0), Buffer.from('text')]) {
      const salt = randomBytes(16)
      const hash = await store.put({ salt, payload })
      expect(Buffer.from(hash)).toEqual(createHash('sha256').update(salt).update(payload).digest())
      const found = await new FolderPayloadStore(folder).get(hash)
      expect(Buffer.from(found!.salt)).toEqual(salt)
      expect(Buffer.from(found!.payload)).toEqual(payload)
    }
  })

  test('the same payload again changes nothing; the same payload with another salt is another one', async () => {
    const payload = Buffer.from('a digit')
    const salt = randomBytes(16)
    const first = await store.put({ salt, payload })
    expect(await store.put({ salt, payload })).toEqual(first)
    expect(filesOf()).toHaveLength(1)
    expect(await store.put({ salt: randomBytes(16), payload })).not.toEqual(first)
    expect(filesOf()).toHaveLength(2)
  })

  test('what was never put, or was erased, is undefined', async () => {
    const hash = await store.put({ salt: randomBytes(16), payload: Buffer.from('to be erased') })
    expect(await store.get(randomBytes(32))).toBeUndefined()
    for (const file of filesOf()) rmSync(file)
    expect(await store.get(hash)).toBeUndefined()
  })

  test('one flipped bit anywhere in the file, or a byte too few, is found', async () => {
    const hash = await store.put({ salt: randomBytes(16), payload: Buffer.from('abc') })
    const file = filesOf()[0]!
    const good = readFileSync(file)
    const bad = [...good.keys()].map((at) => {
      const bytes = Buffer.from(good)
      bytes[at]! ^= 1
      return bytes
    })
    for (const bytes of [...bad, good.subarray(1), Buffer.alloc(0)]) {
      writeFileSync(file, bytes)
      await expect(store.get(hash)).rejects.toMatchObject({ code: 'PAYLOAD_CORRUPT' })
    }
    writeFileSync(file, good)
    expect(String((await store.get(hash))!.payload)).toBe('abc')
  })

  test('refuses a salt of another length: it would come back as part of the payload', async () => {
    for (const length of [0, 15, 17]) {
      await expect(store.put({ salt: randomBytes(length), payload: Buffer.from('abc') })).rejects.toThrow('16 bytes')
    }
    expect(filesOf()).toEqual([])
  })
})
