import { beforeEach, describe, expect, test } from '@jest/globals'
import { SchemaQuestions } from '../../pipelines/schema-registry/schema-questions.ts'

const MINUTE_MS = 60_000
const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index)

let now: number
let asked: number[]
let left: number
let known: Set<number>

beforeEach(() => {
  now = 5
  asked = []
  left = 0
  known = new Set()
})

const questions = (registered: readonly number[] = []) =>
  new SchemaQuestions({
    registered,
    ask: async (schemaId) => {
      asked.push(schemaId)
      return known.has(schemaId) ? 'registered' : 'vain'
    },
    onLeft: () => left++,
    now_ms: () => now,
  })

describe('questions about schema ids', () => {
  test('are put once for an id; not for what is registered', async () => {
    known.add(1)
    const asker = questions([3])
    await Promise.all([asker.askFor([1, 2, 3]), asker.askFor([2, 1])])
    await asker.askFor([1, 2, 3])
    expect(asked.sort()).toEqual([1, 2])
    now += 60 * MINUTE_MS
    await asker.askFor([1, 2, 3])
    expect(asked).toEqual([1, 2, 2])
  })

  test('in vain are a hundred a minute: others are left, told once, and put later', async () => {
    const asker = questions()
    for (let first = 1; first <= 50_000; first += 10_000) await asker.askFor(idsFrom(first, 10_000))
    expect({ asked: asked.length, left }).toEqual({ asked: 100, left: 1 })
    now += MINUTE_MS
    await asker.askFor([50_000])
    expect({ asked: asked.length, left }).toEqual({ asked: 101, left: 1 })
  })

  test('that lead to a registration are not limited', async () => {
    known = new Set(idsFrom(1, 1_000))
    await questions().askFor(known)
    expect({ asked: asked.length, left }).toEqual({ asked: 1_000, left: 0 })
  })

  test('in vain are remembered for ten minutes, and put again after', async () => {
    const asker = questions()
    await asker.askFor([7])
    now += 10 * MINUTE_MS - 1
    await asker.askFor([7])
    expect(asked).toEqual([7])
    now += 1
    known.add(7)
    await asker.askFor([7])
    await asker.askFor([7])
    expect(asked).toEqual([7, 7])
  })

  test('are put a few at a time', async () => {
    let underWay = 0
    let most = 0
    const asker = new SchemaQuestions({
      registered: [],
      ask: async () => {
        most = Math.max(most, ++underWay)
        await new Promise(setImmediate)
        underWay--
        return 'vain'
      },
      onLeft: () => undefined,
    })
    await Promise.all([asker.askFor(idsFrom(1, 30)), asker.askFor(idsFrom(20, 30))])
    expect(most).toBe(4)
  })

  test('without an answer fail whoever asked, and are put again', async () => {
    const down = new Error('down')
    let isDown = true
    const asker = new SchemaQuestions({
      registered: [],
      ask: async (schemaId) => {
        if (isDown) throw down
        asked.push(schemaId)
        return 'registered'
      },
      onLeft: () => left++,
    })
    await expect(asker.askFor([1, 2])).rejects.toBe(down)
    isDown = false
    await asker.askFor([1, 2])
    expect(asked).toEqual([1, 2])
  })

  test('that wait keep what is behind them waiting: nothing is left for an outage', async () => {
    let answer = () => {}
    const up = new Promise<void>((resolve) => {
      answer = resolve
    })
    const asker = new SchemaQuestions({
      registered: [],
      ask: async () => {
        await up
        return 'registered'
      },
      onLeft: () => left++,
    })
    let ended = 0
    const all = [idsFrom(1, 500), idsFrom(501, 500)].map((ids) => asker.askFor(ids).then(() => void ended++))
    await new Promise(setImmediate)
    expect({ ended, left }).toEqual({ ended: 0, left: 0 })
    answer()
    await Promise.all(all)
    expect({ ended, left }).toEqual({ ended: 2, left: 0 })
  })
})
