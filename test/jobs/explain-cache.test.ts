import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { explain } from '../../jobs/statement/explain.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const USES = Array.from({ length: 4 }, (_, index) => `use-${index}`)
let world: SmallLedger
let answers: Awaited<ReturnType<typeof explainAll>>

const explainAll = () => explain(world.ledger.warehouse, USES, 5)
const cache = () => join(world.folder, 'cache')
const nameOf = (kind: string) => readdirSync(cache()).find((name) => name.startsWith(`${kind}-`))!
const pathOf = (kind: string) => join(cache(), nameOf(kind))

beforeAll(async () => {
  world = await SmallLedger.open()
  await world.found({ minEvents: 1 })
  const { records } = world
  for (const [seed, name] of (['alice', 'bob'] as const).entries()) {
    const { batch, features } = await contribution(records, randomOf(seed), name, 7)
    await world.send(batch, ...features)
  }
  await world.send(records.deposit('payer', 100_000n), ...uses(records, randomOf(9), USES, 1_000n))
  await world.runEpoch()
  rmSync(cache(), { recursive: true })
  answers = await explainAll()
}, 60_000)
afterAll(() => world.close())

test('an answer is the same from the warehouse and from the files that the first answer leaves', async () => {
  expect(answers.every(({ items, accounts }) => items.length === 5 && accounts.length > 0)).toBe(true)
  expect(readdirSync(cache()).map((name) => name.split('-')[0])).toEqual(['factor', 'items'])
  expect(await explainAll()).toEqual(answers)
})

test.each(['items', 'factor'])('a flipped bit anywhere in the file of %s changes no answer', async (kind) => {
  const path = pathOf(kind)
  const whole = readFileSync(path)
  for (let at = 0; at < whole.length; at += Math.max(1, Math.floor(whole.length / 10))) {
    const damaged = Buffer.from(whole)
    damaged[at]! ^= 1 << (at % 8)
    writeFileSync(path, damaged)
    expect(await explainAll()).toEqual(answers)
  }
  // It was noticed: what was made anew is whole.
  writeFileSync(path, Buffer.concat([whole.subarray(0, 9), Buffer.from([whole[9]! ^ 1]), whole.subarray(10)]))
  await explainAll()
  expect(readFileSync(path).equals(whole)).toBe(true)
})

test.each(['items', 'factor'])(
  'a file of %s that was cut short, emptied or filled with another changes none either',
  async (kind) => {
    const path = pathOf(kind)
    const whole = readFileSync(path)
    const others = [
      whole.subarray(0, -1),
      whole.subarray(0, 3),
      Buffer.alloc(0),
      Buffer.alloc(whole.length),
      Buffer.from('another'),
    ]
    for (const other of others) {
      writeFileSync(path, other)
      expect(await explainAll()).toEqual(answers)
    }
    writeFileSync(path, whole)
  },
)

test('items of another cut under the name of these are not taken for them', async () => {
  const own = pathOf('items')
  const { records } = world
  const { batch, features } = await contribution(records, randomOf(30), 'alice', 3)
  await world.send(batch, ...features, ...uses(records, randomOf(31), ['later'], 1_000n))
  await world.runEpoch()
  const other = readdirSync(cache())
    .map((name) => join(cache(), name))
    .find((path) => /items-/.test(path) && path !== own)!
  renameSync(other, own)
  expect(await explainAll()).toEqual(answers)
})

test('where no file can be written the answers are the same', async () => {
  rmSync(cache(), { recursive: true })
  writeFileSync(cache(), 'no folder')
  expect(await explainAll()).toEqual(answers)
  rmSync(cache())
})

test('of many cuts only the newest files are kept', async () => {
  rmSync(cache(), { recursive: true, force: true })
  mkdirSync(cache())
  for (let file = 0; file < 9; file++) writeFileSync(join(cache(), `items-${file}`), '')
  await explainAll()
  expect(readdirSync(cache()).filter((name) => name.startsWith('items-'))).toHaveLength(4)
  expect(existsSync(pathOf('factor'))).toBe(true)
  expect(await explainAll()).toEqual(answers)
})
