import type { ReportAccount, ReportData, ReportInference, ReportItem } from '../../../web/src/index.ts'
import { digitPicture } from './digit-picture.ts'

const UNIT = 10n ** 18n
const HEX = '0123456789abcdef'

/** Numbers in [0, 1) from a seed: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const CAST = [
  ['Ada', 'honest', 131_200],
  ['Bruno', 'honest', 148_700],
  ['Chioma', 'honest', 158_300],
  ['Dmitri', 'honest', 127_500],
  ['Elif', 'honest', 149_900],
  ['Farid', 'honest', 139_400],
  ['Grace', 'honest', 144_600],
  ['Hugo', 'wrong-labels', 0],
  ['Ines', 'copier', 0],
  ['Jonas', 'noise', 400],
] as const

const REASONS: Readonly<Record<string, string>> = {
  honest:
    'Its digits made the right answer more likely in most of the paid questions, above all for the digits 3 and 8.',
  'wrong-labels':
    'Most of its labels contradict the pictures, so its digits pushed answers away from what was right; its total is below zero, and that counts as zero.',
  copier: 'All 500 of its digits were already in the ledger from Chioma, who brought them first; copies earn nothing.',
  noise: 'Its pictures show nothing that the model could use; they moved paid answers hardly at all.',
}

/** A plausible report: ten accounts, two epochs, three answers. The same seed gives the same report. */
export function sampleReport(seed = 7): ReportData {
  const random = randomFrom(seed)
  const fees = (5_000n * UNIT) / 100n
  const dataPool = (fees * 55n) / 100n
  const accounts = CAST.map(([name, role, share]) => sampleAccount(name, role, share, (dataPool * 94n) / 100n, random))
  const earned = accounts.reduce((sum, account) => sum + BigInt(account.earned), 0n)
  const pools = [
    { kind: 'data', label: 'Contributors', amount: String(earned) },
    { kind: 'model', label: 'Model', amount: String((fees * 20n) / 100n) },
    { kind: 'agent', label: 'Agent', amount: String((fees * 10n) / 100n) },
    { kind: 'infrastructure', label: 'Infrastructure', amount: String((fees * 10n) / 100n) },
    { kind: 'treasury', label: 'Treasury', amount: String((fees * 5n) / 100n) },
    { kind: 'carried', label: 'Carried forward', amount: String(dataPool - earned) },
  ]
  const other = (name: string, role: string, kind: string) => {
    const amount = pools.find((pool) => pool.kind === kind)!.amount
    const owns = kind === 'treasury' ? [] : [`75 % of ${name}’s ${kind}`]
    return { name, account: address(random), role, owns, earned: amount, claimed: amount }
  }
  return {
    title: 'Who earned what for 5,000 paid answers',
    seed: String(seed),
    token: { symbol: 'TALLY', decimals: 18, address: address(random) },
    epochs: [0, 1].map((epoch) => ({
      epoch,
      records: 7_530 - epoch * 4_980,
      accepted: 7_021 - epoch * 4_975,
      duplicate: 503 - epoch,
      rejected: 6 - epoch * 4,
      events: 2_500,
      ledgerRoot: hex(64, random),
      payoutRoot: hex(64, random),
      manifestHash: hex(64, random),
      treeSize: String(7_530 + epoch * 2_550),
    })),
    flow: { fees: String(fees), pools },
    accounts,
    others: [
      other('Mira', 'model', 'model'),
      other('Quill', 'agent', 'agent'),
      other('Rackhouse', 'infrastructure', 'infrastructure'),
      other('Treasury', 'treasury', 'treasury'),
    ],
    inferences: [3, 8, 4].map((digit, index) => sampleInference(digit, index === 2 ? 9 : digit, random)),
    audit: sampleAudit(),
    commands: [
      {
        command: 'npx tally audit .tally/demo/bundles --from genesis',
        does: 'Computes every sum and root again from the records and compares them.',
      },
      {
        command: 'npx tally verify .tally/demo/receipts/ada.json --rpc http://127.0.0.1:8545',
        does: 'Checks one receipt against the chain.',
      },
    ],
  }
}

/** Nothing has happened yet. */
export function emptyReport(): ReportData {
  const { token, commands } = sampleReport()
  return {
    title: 'Nothing yet',
    seed: '0',
    token,
    epochs: [],
    flow: { fees: '0', pools: [] },
    accounts: [],
    others: [],
    inferences: [],
    audit: { ok: true, checks: [], trusted: [] },
    commands,
  }
}

function sampleAccount(name: string, role: string, share: number, pool: bigint, random: () => number): ReportAccount {
  const earned = (pool * BigInt(share)) / 1_000_000n + (share > 0 ? BigInt(Math.floor(random() * 1e9)) : 0n)
  const spread = share === 0 ? 0 : Math.floor(6_000 + random() * 14_000)
  const pictured = role === 'noise' ? ('noise' as const) : undefined
  const item = (from: number, step: number): ReportItem => {
    const digit = Math.floor(random() * 10)
    const label = role === 'wrong-labels' ? (digit + 3) % 10 : digit
    return {
      picture: digitPicture(pictured ?? digit, random),
      label: String(label),
      value: String(Math.round(from * (1 - step * 0.13))),
    }
  }
  const helps =
    role === 'honest' ? 900_000 + random() * 300_000 : role === 'noise' ? 21_000 : role === 'copier' ? 0 : 60_000
  const hurts =
    role === 'honest' ? -180_000 - random() * 90_000 : role === 'noise' ? -35_000 : role === 'copier' ? 0 : -1_050_000
  const strip = (from: number) => (from === 0 ? [] : Array.from({ length: 5 }, (_, step) => item(from, step)))
  return {
    account: address(random),
    name,
    role,
    accepted: 500,
    duplicates: role === 'copier' ? 500 : Math.floor(random() * 3),
    share: { low: Math.max(0, share - spread), value: share, high: share + spread },
    earned: String(earned),
    claimed: String(name === 'Farid' ? 0n : earned),
    helped: strip(helps),
    hurt: strip(hurts),
    why: REASONS[role]!,
  }
}

function sampleInference(digit: number, answer: number, random: () => number): ReportInference {
  const fee = UNIT / 100n
  const parts = [
    ['Mira (model)', 20n],
    ['Quill (agent)', 10n],
    ['Rackhouse (machines)', 10n],
    ['Treasury', 5n],
    ['Ada', 4n],
    ['Bruno', 11n],
    ['Chioma', 14n],
    ['Dmitri', 7n],
    ['Elif', 9n],
    ['Grace', 10n],
  ] as const
  return {
    id: `urn:uuid:${hex(12, random)}-question-${digit}`,
    picture: digitPicture(digit, random),
    answer: String(answer),
    label: String(digit),
    fee: String(fee),
    split: parts.map(([name, percent]) => ({ name, amount: String((fee * percent) / 100n) })),
    influential: Array.from({ length: 8 }, (_, place) => {
      const value = Math.round((place < 6 ? 1 - place * 0.12 : -0.55 + place * 0.03) * 812_345)
      return {
        picture: digitPicture(place < 6 ? digit : (digit + 6) % 10, random),
        label: String(place < 6 ? digit : (digit + 6) % 10),
        value: String(value),
        name: CAST[Math.floor(random() * 8)]![0],
      }
    }),
  }
}

function sampleAudit(): ReportData['audit'] {
  return {
    ok: true,
    checks: [
      { name: 'Every record has a leaf and an outcome', detail: '10,080 records in 2 epochs; no gap.' },
      { name: 'Attribution computed again', detail: 'Ten accounts, same integers from a second program.' },
      { name: 'Fees equal what was paid and kept', detail: '50.00 TALLY in, 50.00 TALLY out, to the last digit.' },
      { name: 'Roots on the chain', detail: 'Both payout roots read from the contract and found equal.' },
    ],
    trusted: ['That features were taken honestly from the pictures.', 'That the local chain was not rewritten.'],
  }
}

function address(random: () => number): string {
  return hex(40, random)
}

function hex(length: number, random: () => number): string {
  return `0x${Array.from({ length }, () => HEX[Math.floor(random() * 16)]).join('')}`
}
