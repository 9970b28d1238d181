import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { privateKeyToAccount } from 'viem/accounts'
import { recoverTypedData } from '../anchor/signatures/signer.ts'
import { fromHex } from '../schemas/ids.ts'
import { makeBundle } from './audit/make-bundle.ts'
import { type AuditBenchOptions, type AuditMeasured, type LimitMeasured, SHAPE } from './audit/options.ts'

const RECORDS = 1_000_000
/** Enough that each epoch goes on from the one before. */
const EPOCHS = 5
const RECORDS_MIN = EPOCHS * 1_000
const ACCOUNTS = 100
const GOAL = 2
const SIGNATURES_TIMED = 200
const LIMIT = fileURLToPath(new URL('./audit/limit-run.js', import.meta.url))
const AUDIT = fileURLToPath(new URL('./audit/audit-run.js', import.meta.url))

/** As they are given on the command line. */
export interface AuditFlags {
  readonly records?: string
  readonly accounts?: string
  readonly seed?: string
  /** Where the ledger is made, or lies from an earlier run; a temporary one otherwise. */
  readonly folder?: string
  readonly json: boolean
}

interface AuditBenchReport extends AuditMeasured {
  readonly seed: number
  /** Who contribute. */
  readonly accounts: number
  readonly limit: LimitMeasured
  /** Checking as many signatures, alone: batches are signed, not items. */
  readonly signatures_s: number
  /** Wall time of the audit by hashing plus scoring; by processor time; and by hashing alone. */
  readonly ratio: number
  readonly ratio_cpu: number
  readonly ratio_hashing: number
}

/**
 * The whole audit of a bundle beside what no auditor can avoid, one after the other.
 *
 * @returns false when a flag is no count
 */
export async function runAuditBench({ records, accounts, seed, folder, json }: AuditFlags): Promise<boolean> {
  const [count, contributors, seedNumber] = [
    Number(records ?? RECORDS),
    Number(accounts ?? ACCOUNTS),
    Number(seed ?? 1),
  ]
  if (![count, contributors, seedNumber].every(Number.isInteger) || count < RECORDS_MIN || contributors < 1)
    return false
  const place = folder ?? mkdtempSync(join(tmpdir(), 'tallystick-bench-'))
  try {
    const report = await benchAudit({
      records: count,
      epochs: EPOCHS,
      seed: seedNumber,
      accounts: contributors,
      folder: place,
    })
    if (json) console.log(JSON.stringify(report))
    else printAudit(report)
  } finally {
    if (folder === undefined) rmSync(place, { recursive: true, force: true })
  }
  return true
}

async function benchAudit(options: AuditBenchOptions): Promise<AuditBenchReport> {
  await makeBundle(options, (text) => console.error(text))
  const bundles = join(options.folder, 'bundles')
  const limit = runChild<LimitMeasured>(LIMIT, bundles)
  const measured = runChild<AuditMeasured>(AUDIT, bundles)
  const { hashing, scoring } = limit
  return {
    ...measured,
    seed: options.seed,
    accounts: options.accounts,
    limit,
    signatures_s: (await signatureSeconds()) * measured.signatures,
    ratio: measured.wall_s / (hashing.wall_s + scoring.wall_s),
    ratio_cpu: measured.cpu_s / (hashing.cpu_s + scoring.cpu_s),
    ratio_hashing: measured.wall_s / hashing.wall_s,
  }
}

function runChild<Measured>(script: string, bundles: string): Measured {
  return JSON.parse(execFileSync(process.execPath, [script, bundles], { encoding: 'utf8' })) as Measured
}

/** Of one signature, on average. */
async function signatureSeconds(): Promise<number> {
  const signer = privateKeyToAccount(`0x${'01'.repeat(32)}`)
  const typedData = {
    domain: { name: 'Tallystick', version: '1' },
    types: { Message: [{ name: 'text', type: 'string' }] },
    primaryType: 'Message',
    message: { text: 'a batch' },
  } as const
  const signature = fromHex(await signer.signTypedData(typedData))
  const start = performance.now()
  for (let n = 0; n < SIGNATURES_TIMED; n++) await recoverTypedData(typedData, signature)
  return (performance.now() - start) / 1_000 / SIGNATURES_TIMED
}

function printAudit(report: AuditBenchReport): void {
  const { records, seed, accounts, limit, signatures, signatures_s } = report
  console.log(
    `\n${records} records of ${accounts} contributors in ${EPOCHS} epochs, seed ${seed}, features of ${SHAPE.rank} × ${SHAPE.classes}`,
  )
  const line = (name: string, wall_s: number, cpu_s: number, note = '') =>
    console.log(`${name.padEnd(32)} ${wall_s.toFixed(2).padStart(8)} s ${cpu_s.toFixed(2).padStart(8)} s CPU ${note}`)
  line('hashing', limit.hashing.wall_s, limit.hashing.cpu_s, 'content, leaf and tree')
  line('scoring', limit.scoring.wall_s, limit.scoring.cpu_s, 'curvature, solve, V and scores')
  line('the whole audit', report.wall_s, report.cpu_s, `${Math.round(report.peak_mib)} MiB at most`)
  console.log(`of it ${signatures} signatures, alone ${signatures_s.toFixed(2)} s`)
  console.log(
    `audit / (hashing + scoring): ${report.ratio.toFixed(2)} (${report.ratio_cpu.toFixed(2)} by CPU); at most ${GOAL} is the goal`,
  )
  console.log(`audit / hashing alone: ${report.ratio_hashing.toFixed(2)}`)
}
