import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { AuditReport } from '../../audit/index.ts'
import { builtCli } from '../cli/support/built-cli.ts'
import { checkPayouts, ledgerRoots, readBundles } from './rebuild-roots.ts'

const root = resolve(import.meta.dirname, '../..')
const tally = join(root, 'dist', 'cli', 'main.js')
const DEMO_LIMIT_MS = 300_000

interface DemoDocument {
  seed: string
  seconds: number
  epochs: { epoch: number; ledgerRoot: string; payoutRoot: string; treeSize: number }[]
  accounts: {
    account: string
    role: 'honest' | 'wrong-labels' | 'copier' | 'noise'
    accepted: number
    duplicates: number
    near: number
    share: number
    earned: string
    claimed: string
  }[]
  retrained: {
    contributions: number
    dropped: number
    judgedBy: number
    accuracy: { before: number; withoutHurting: number; withoutAsManyAtRandom: number }
  }
  audit: { ok: boolean }
}

let folder: string
let kept: string
let first: DemoDocument

async function demo(...flags: string[]): Promise<DemoDocument> {
  const { stdout } = await promisify(execFile)(process.execPath, [tally, 'demo', '--json', ...flags], {
    cwd: folder,
    maxBuffer: 2 ** 24,
  })
  return JSON.parse(stdout) as DemoDocument
}

beforeAll(async () => {
  // Inside the repository, so that the README's imports resolve as they do for a reader.
  mkdirSync(join(root, '.tally'), { recursive: true })
  await builtCli()
  folder = mkdtempSync(join(root, '.tally', 'demo-'))
  kept = join(folder, 'my-ledger')
  first = await demo('--seed', 'one', '--epochs', '2', '--keep', kept)
}, DEMO_LIMIT_MS)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the demo', () => {
  test('dropping the data that hurts makes the model better', () => {
    const { contributions, dropped, judgedBy, accuracy } = first.retrained
    expect(contributions).toBe(5_000)
    expect(judgedBy).toBe(1_000)
    // Wrong labels and noise are 1,000 of them.
    expect(dropped).toBeGreaterThan(500)
    expect(accuracy.withoutHurting).toBeGreaterThan(accuracy.before)
    // A thousand digits tell a percent apart: what is drawn at random is compared over seeds by `npm run bench -- insights`.
    expect(accuracy.withoutAsManyAtRandom).toBeGreaterThan(0.8)
  })

  test('ends in an audit that agrees, and everybody claimed what they earned', () => {
    expect(first.audit.ok).toBe(true)
    expect(first.epochs.map(({ epoch }) => epoch)).toEqual([1, 2])
    expect(first.accounts).toHaveLength(10)
    for (const each of first.accounts) {
      expect(each.claimed).toBe(each.earned)
      expect(each.accepted + each.duplicates).toBe(500)
    }
  })

  test('wrong labels and noise earn at most a tenth of the honest mean, the copier nothing, no honest account nothing', () => {
    const earnedBy = (role: string) =>
      first.accounts.filter((each) => each.role === role).map(({ earned }) => Number(earned))
    const honest = earnedBy('honest')
    const mean = honest.reduce((sum, earned) => sum + earned, 0) / honest.length
    expect(honest).toHaveLength(7)
    for (const earned of honest) expect(earned).toBeGreaterThan(mean / 4)
    for (const earned of [...earnedBy('wrong-labels'), ...earnedBy('noise')])
      expect(earned).toBeLessThanOrEqual(mean / 10)
    expect(earnedBy('copier')).toEqual([0])
    expect(first.accounts.find(({ role }) => role === 'copier')).toMatchObject({
      accepted: 0,
      duplicates: 500,
      near: 250,
    })
  })

  test('the features of contributions that are drawn by what they are worth are extracted again, and are the same', async () => {
    const flags = ['--payloads', join(kept, 'payloads'), '--extractor', join(kept, 'extractor'), '--json']
    const args = ['audit', join(kept, 'bundles'), '--re-extract', '20', '--randomness', '5e'.repeat(32), ...flags]
    // Exit code 3: the chain was not asked.
    const { code, stdout } = (await promisify(execFile)(process.execPath, [tally, ...args], {
      maxBuffer: 2 ** 24,
    }).catch((error: unknown) => error)) as { code: number; stdout: string }
    const { ok, reExtraction } = JSON.parse(stdout) as AuditReport
    expect({ code, ok }).toEqual({ code: 3, ok: true })
    expect(reExtraction!.periods.map(({ epoch, draws }) => ({ epoch, draws }))).toEqual([
      { epoch: 1, draws: 20 },
      { epoch: 2, draws: 20 },
    ])
    expect(reExtraction!.items.every(({ outcome }) => outcome === 'same')).toBe(true)
  })

  test(
    'promise 3: the same seed gives byte-identical roots, another seed others',
    async () => {
      const again = join(folder, 'again')
      const second = await demo('--seed', 'one', '--keep', again)
      expect(second.epochs[0]).toEqual(first.epochs[0])
      const manifest = (ledger: string) =>
        readFileSync(join(ledger, 'bundles', 'epoch-000001', 'manifest.json'), 'utf8')
      expect(manifest(again)).toBe(manifest(kept))
      const other = await demo('--seed', 'two', '--keep', join(folder, 'other'))
      expect(other.audit.ok).toBe(true)
      expect(other.epochs[0]?.ledgerRoot).not.toBe(first.epochs[0]?.ledgerRoot)
      expect(other.epochs[0]?.payoutRoot).not.toBe(first.epochs[0]?.payoutRoot)
    },
    DEMO_LIMIT_MS,
  )

  test('the roots are rebuilt by a ten-line RFC 6962 function, by merkletreejs and by OpenZeppelin', async () => {
    const last = first.epochs.at(-1)!
    const { leaves, payouts } = await readBundles(join(kept, 'bundles'), last.epoch)
    expect(leaves).toHaveLength(last.treeSize)
    expect(ledgerRoots(leaves)).toEqual({ byRfc: last.ledgerRoot, byMerkletreejs: last.ledgerRoot })
    const genesis = JSON.parse(readFileSync(join(kept, 'genesis.json'), 'utf8')) as {
      chainId: number
      distributor: string
    }
    // On chain every proof was verified too: nobody could have claimed otherwise.
    expect(checkPayouts(genesis.chainId, genesis.distributor, payouts)).toEqual({ root: last.payoutRoot, accepted: 10 })
  })

  test('the report is one file that names every account', () => {
    const report = readFileSync(join(kept, 'report.html'), 'utf8')
    for (const name of ['Ada', 'Bruno', 'Hugo', 'Ines', 'Jonas', 'Model lab']) expect(report).toContain(name)
    expect(report).not.toMatch(/(src|href)="https?:/)
  })

  test('a folder that is not empty, an unreadable digit and a bad number are refused with a sentence', () => {
    const refused = (...flags: string[]) => {
      try {
        execFileSync(process.execPath, [tally, 'demo', ...flags], { cwd: folder, stdio: 'pipe' })
        return { code: 0, text: '' }
      } catch (error) {
        const { status, stderr } = error as { status: number; stderr: Buffer }
        return { code: status, text: stderr.toString() }
      }
    }
    expect(refused('--keep', kept)).toMatchObject({ code: 5, text: expect.stringContaining('is not empty') })
    expect(refused('--digit', 'nothing.png')).toMatchObject({ code: 5, text: expect.stringContaining('nothing.png') })
    expect(refused('--epochs', '0')).toMatchObject({ code: 2, text: expect.stringContaining('whole number') })
  })
})

describe('the README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const blocks = (language: string) =>
    [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]!)

  /** Runs a line of a shell block as a reader would; 3 is "checked, but the chain was not asked". */
  function runLine(line: string, cwd: string): { code: number; output: string } {
    const command = line.replace('ACCOUNT', first.accounts.find(({ earned }) => earned !== '0')!.account)
    try {
      return {
        code: 0,
        output: execFileSync('sh', ['-c', command], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
      }
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string }
      return { code: status, output: stdout }
    }
  }

  test(
    'its snippets run: a contribution, a voucher and a use are accepted, a receipt and the bundles verify',
    () => {
      const [install, keep, join_, verify] = blocks('sh')
      expect(install).toBe('npm ci\nnpm run demo\n')
      expect(keep).toBe('npm run demo -- --keep my-ledger\n')
      writeFileSync(join(folder, 'join.mjs'), blocks('js')[0]!)
      const [run, status] = join_!.trim().split('\n').slice(1)
      expect(runLine('node join.mjs', folder).code).toBe(0)
      expect(runLine(run!, folder)).toMatchObject({ code: 0, output: expect.stringContaining('finalize epoch 3') })
      const epochs = JSON.parse(runLine(`${status} --json`, folder).output) as {
        epochs: { state: string; counts: object }[]
      }
      expect(epochs.epochs[2]).toMatchObject({ state: 'finalized', counts: { accepted: 3, duplicate: 0, rejected: 0 } })
      const [receipt, verified, event, verifiedEvent, audited] = verify!
        .trim()
        .split('\n')
        .map((line) => runLine(line, folder))
      expect([receipt?.code, event?.code]).toEqual([0, 0])
      expect(verified).toMatchObject({ code: 3, output: expect.stringContaining('receipt: OK') })
      expect(verifiedEvent).toMatchObject({ code: 3, output: expect.stringContaining('event receipt: OK') })
      expect(audited).toMatchObject({ code: 3, output: expect.stringContaining('audit: OK') })
    },
    DEMO_LIMIT_MS,
  )
})
