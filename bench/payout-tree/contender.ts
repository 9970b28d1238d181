// One contender in a process of its own, so that its memory peak is its own: its name and options as JSON in the arguments,
// what was measured as JSON on standard output.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import type { Hex } from '../../anchor/bytes.ts'
import { buildPayoutTreeOnThreads } from '../../anchor/payout/build-on-threads.ts'
import { PAYOUT_LEAF_TYPES } from '../../anchor/payout/payout-leaf-hash.ts'
import { allocatePayoutRows, PAYOUT_ROW_BYTES, payoutAt } from '../../anchor/payout/payout-rows.ts'
import type { PayoutTree } from '../../anchor/payout/payout-tree.ts'
import { readStoredPayout, storedPayoutTree } from '../../anchor/payout/stored-payout-tree.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import { median } from '../statistics.ts'
import { hashOnThreads } from './bare-hashing.ts'
import type { Contender, ContenderOptions, MeasuredFile, MeasuredTree } from './measured.ts'

const CHAIN_ID = 31_337n
const DISTRIBUTOR: Hex = `0x${'d1'.repeat(20)}`
const PROOFS = 100
/** Accounts are made ascending by numbers of 32 bits in front. */
const PREFIXES = 2 ** 32

const CONTENDERS: Readonly<Record<Contender, (options: ContenderOptions) => Promise<MeasuredTree>>> = {
  tree: (options) => buildTree(options, makeRows(options)),
  shuffled: (options) => buildTree(options, shuffle(makeRows(options), options.seed)),
  hashing: ({ accounts, threads }) => hashOnThreads({ leaves: accounts, threads, with: 'keccak.wasm' }),
  'hash-wasm': ({ accounts, threads }) => hashOnThreads({ leaves: accounts, threads, with: 'hash-wasm' }),
  openzeppelin: (options) => openZeppelin(makeRows(options)),
}

const [name, options] = process.argv.slice(2)
const measured = await CONTENDERS[name as Contender](JSON.parse(options!) as ContenderOptions)
console.log(JSON.stringify(measured))

/** As publish hands them over: by account and token; one token, amounts below 2^96. */
function makeRows({ accounts, seed }: ContenderOptions): Uint8Array {
  const random = Xoshiro128.fromSeed(seed)
  const rows = allocatePayoutRows(accounts)
  const view = new DataView(rows.buffer)
  for (let account = 0; account < accounts; account++) {
    const at = account * PAYOUT_ROW_BYTES
    view.setUint32(at, Math.floor((account * PREFIXES) / accounts))
    for (let word = 4; word < 20; word += 4) view.setUint32(at + word, random.nextUint32())
    rows.fill(0x11, at + 20, at + 40)
    for (let word = 60; word < PAYOUT_ROW_BYTES; word += 4) view.setUint32(at + word, random.nextUint32())
  }
  return rows
}

function shuffle(rows: Uint8Array, seed: string): Uint8Array {
  const random = Xoshiro128.fromSeed(seed).fork('shuffle')
  const row = new Uint8Array(PAYOUT_ROW_BYTES)
  for (let last = rows.length / PAYOUT_ROW_BYTES - 1; last > 0; last--) {
    const [a, b] = [last * PAYOUT_ROW_BYTES, random.nextInt(last + 1) * PAYOUT_ROW_BYTES]
    row.set(rows.subarray(a, a + PAYOUT_ROW_BYTES))
    rows.copyWithin(a, b, b + PAYOUT_ROW_BYTES)
    rows.set(row, b)
  }
  return rows
}

async function buildTree({ threads, seed }: ContenderOptions, rows: Uint8Array): Promise<MeasuredTree> {
  const { result: tree, ...times } = await timed(() =>
    buildPayoutTreeOnThreads({ chainId: CHAIN_ID, distributor: DISTRIBUTOR, rows }, { threads }),
  )
  return { ...times, stored: await storeAndProve(tree, seed) }
}

async function openZeppelin(rows: Uint8Array): Promise<MeasuredTree> {
  const values = Array.from({ length: rows.length / PAYOUT_ROW_BYTES }, (_, account) => {
    const { account: address, token, cumulative } = payoutAt(rows, account * PAYOUT_ROW_BYTES)
    return [`${CHAIN_ID}`, DISTRIBUTOR, address, token, `${cumulative}`]
  })
  const { result: _, ...times } = await timed(async () => StandardMerkleTree.of(values, [...PAYOUT_LEAF_TYPES]))
  return times
}

async function timed<Result>(work: () => Promise<Result>): Promise<MeasuredTree & { result: Result }> {
  const before_mib = process.memoryUsage.rss() / 2 ** 20
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const wall_ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const peak_mib = process.resourceUsage().maxRSS / 1024
  return { result, wall_ms, cpu_ms: (user + system) / 1e3, before_mib, peak_mib }
}

async function storeAndProve(tree: PayoutTree, seed: string): Promise<MeasuredFile> {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-bench-'))
  try {
    const path = join(folder, 'tree')
    const start = performance.now()
    const written = await open(path, 'w')
    for (const bytes of storedPayoutTree(tree)) await written.writeFile(bytes)
    await written.sync()
    await written.close()
    const write_ms = performance.now() - start
    return { write_ms, mib: statSync(path).size / 2 ** 20, proof_ms: median(await proofTimes(path, tree, seed)) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function proofTimes(path: string, tree: PayoutTree, seed: string): Promise<number[]> {
  const random = Xoshiro128.fromSeed(seed).fork('proofs')
  const { chainId, distributor, root } = tree
  const times: number[] = []
  for (let proof = 0; proof < PROOFS; proof++) {
    const { account, token } = payoutAt(tree.parts.rows, random.nextInt(tree.size) * PAYOUT_ROW_BYTES)
    const start = performance.now()
    const file = await open(path, 'r')
    const read = async (at: number, length: number) => {
      const bytes = new Uint8Array(length)
      const { bytesRead } = await file.read(bytes, 0, length, at)
      return bytes.subarray(0, bytesRead)
    }
    await readStoredPayout({ read, root, chainId, distributor, account, token })
    await file.close()
    times.push(performance.now() - start)
  }
  return times
}
