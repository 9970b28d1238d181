import { execFileSync } from 'node:child_process'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { FeatureFiles } from '../../jobs/attribution/files/feature-files.ts'
import { writeFeatureFiles } from '../../jobs/attribution/files/write-features.ts'
import type { DenseRows, FactoredRows, FeatureRows } from '../../jobs/attribution/rows.ts'
import { builtCli } from '../cli/support/built-cli.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'
import { randomOf } from '../support/ledger/random-features.ts'

const OTHER_NODE = process.env.TALLY_OTHER_NODE
const HOW = 'TALLY_OTHER_NODE=$(node scripts/fetch-node.mjs FOLDER) npm test -- same-bits-nodes'
const SETUP_LIMIT_MS = 180_000
const OUTPUT_BYTES_MAX = 1 << 26
const [ITEMS, EVENTS, ACCOUNTS] = [600, 300, 40]
const SHAPES = { factored: { rank: 12, classes: 4 }, dense: { rank: 40, classes: 1 } } as const
const seed = Number(process.env.TALLY_SEED ?? Date.now() % 2 ** 31)

type Random = ReturnType<typeof randomOf>
type Kind = keyof typeof SHAPES

/** What `tally attribute --features --json` prints, as far as the order of rows does not matter. */
interface Printed {
  readonly vHash: string
  readonly dBarFixed: string
  readonly accounts: readonly { readonly account: string; readonly score: string; readonly share: number }[]
  readonly values: readonly { readonly id: string; readonly value: number }[]
}

function rowsOf(kind: Kind, order: readonly number[], salt: number): FeatureRows {
  const { rank, classes } = SHAPES[kind]
  const drawn = order.map((row) => drawRow(randomOf(seed + salt + 7 * row), rank, classes))
  const dense: DenseRows = {
    kind: 'dense',
    count: order.length,
    rank,
    factors: Int8Array.from(drawn.flatMap(({ factors }) => factors)),
    multipliers: Uint16Array.from(drawn, ({ multiplier }) => multiplier),
  }
  if (kind === 'dense') return dense
  return {
    ...dense,
    kind: 'factored',
    classes,
    checkpointCount: 2,
    probabilities: Uint16Array.from(drawn.flatMap(({ members }) => members[0]!)),
    checkpoints: Uint16Array.from(drawn.flatMap(({ members }) => members.slice(1).flat())),
    labels: Uint16Array.from(drawn, ({ label }) => label),
  } satisfies FactoredRows
}

function drawRow(random: Random, rank: number, classes: number) {
  return {
    factors: Array.from({ length: rank }, () => random(127) - 63),
    multiplier: 1_000 + random(60_000),
    label: random(classes),
    members: Array.from({ length: 3 }, () => {
      const weights = Array.from({ length: classes }, () => 1 + random(1_000))
      const sum = weights.reduce((total, weight) => total + weight, 0)
      return weights.map((weight) => Math.round((1_000 * weight) / sum))
    }),
  }
}

/** The same contributions and uses, in any order. */
function filesOf(kind: Kind, items: readonly number[], events: readonly number[]): FeatureFiles {
  return {
    contributions: {
      ids: items.map((item) => `c${item}`),
      accounts: items.map((item) => `account ${item % ACCOUNTS}`),
      withdrawn: Uint8Array.from(items, (item) => (item % 17 === 3 ? 1 : 0)),
      rows: rowsOf(kind, items, 1),
    },
    inferences: {
      ids: events.map((event) => `u${event}`),
      fees: events.map((event) => 10n ** 18n + BigInt(event)),
      payers: events.map((event) => `payer ${event % 9}`),
      own: Uint8Array.from(events, (event) => (event % 31 === 5 ? 1 : 0)),
      p16: Uint16Array.from(events, (event) => 20_000 + 101 * event),
      rows: rowsOf(kind, events, 1_000_003),
    },
  }
}

function shuffled(count: number, random: Random): number[] {
  const order = [...Array(count).keys()]
  for (let at = count - 1; at > 0; at--) {
    const other = random(at + 1)
    ;[order[at], order[other]] = [order[other]!, order[at]!]
  }
  return order
}

describe.each(['factored', 'dense'] as const)('a period of %s features from files', (kind) => {
  const path = temporaryFolder()
  let main = ''
  const printed = new Map<string, string>()
  const own = (folder: string) => {
    const text = printed.get(folder) ?? attribute(process.execPath, folder)
    printed.set(folder, text)
    return text
  }
  const attribute = (node: string, folder: string) =>
    execFileSync(node, [main, 'attribute', '--features', folder, '--min-events', '10', '--json'], {
      cwd: path(),
      encoding: 'utf8',
      maxBuffer: OUTPUT_BYTES_MAX,
    })

  beforeAll(async () => {
    console.log(`TALLY_SEED=${seed}`)
    main = await builtCli()
    await writeFeatureFiles(path('in-order'), filesOf(kind, [...Array(ITEMS).keys()], [...Array(EVENTS).keys()]))
    const random = randomOf(seed)
    await writeFeatureFiles(path('shuffled'), filesOf(kind, shuffled(ITEMS, random), shuffled(EVENTS, random)))
  }, SETUP_LIMIT_MS)

  test('gives every account and contribution the same in whatever order the rows stand', () => {
    const [first, second] = ['in-order', 'shuffled'].map((folder) => {
      const { values, ...rest } = JSON.parse(own(folder)) as Printed
      const accounts = rest.accounts.map(({ account, score, share }) => ({ account, score, share }))
      return { ...rest, accounts, values: [...values].sort((a, b) => (a.id < b.id ? -1 : 1)) }
    })
    expect(first!.accounts.filter(({ score }) => BigInt(score) > 0n).length).toBeGreaterThan(ACCOUNTS / 8)
    expect(first!.dBarFixed).toMatch(/^\d+$/)
    expect(second).toEqual(first)
  })

  const title = 'gives the same bytes under another version of Node'
  if (OTHER_NODE === undefined && process.env.CI === undefined) {
    console.warn(`Node against Node is skipped. ${HOW}`)
    test.skip(title, () => undefined)
  } else {
    test(title, () => {
      if (OTHER_NODE === undefined) throw new Error(`There is no other Node: ${HOW}`)
      expect(execFileSync(OTHER_NODE, ['--version'], { encoding: 'utf8' }).trim()).not.toBe(process.version)
      expect(attribute(OTHER_NODE, 'in-order')).toBe(own('in-order'))
    })
  }
})
