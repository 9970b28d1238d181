import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readReceipt, verifyReceiptOffline } from '../../anchor/verify/receipt.ts'
import { statementCsv } from '../../cli/statement/csv.ts'
import { statementPage } from '../../cli/statement/page.ts'
import { bucketWords, deductionWords, lineWords, poolName, roleWords } from '../../cli/statement/words.ts'
import { carryReceipts, type StatementDocument } from '../../jobs/statement/carried-receipts.ts'
import { receiptsOf } from '../../jobs/statement/receipt.ts'
import { wholeStatementOf } from '../../jobs/statement/whole-statement.ts'
import { describeInChromium, dumpPage } from '../support/chromium.ts'
import { addressOf, NAMES, type Name } from '../support/ledger/cast.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'
import { openStatementWorld } from '../support/ledger/statement-world.ts'
import { HOSTILE_TEXTS } from '../web/support/hostile-report.ts'
import { readMarkup } from '../web/support/markup-reader.ts'

let world: SmallLedger
const documents = new Map<Name, StatementDocument>()
beforeAll(async () => {
  world = await openStatementWorld()
  for (const name of NAMES) {
    const account = addressOf(name)
    const statement = await wholeStatementOf(world.ledger, account).catch(() => undefined)
    if (statement === undefined) continue
    const receipts = statement.totals.length === 0 ? [] : await receiptsOf(world.ledger, account)
    documents.set(name, await carryReceipts(statement, receipts))
  }
})
afterAll(() => world.close())

const pageOf = (name: Name) => statementPage(documents.get(name)!)

/** Values of all numbers in a section of a page, in their order. */
function numbersIn(page: string, id: string): bigint[] {
  const [, section] = new RegExp(`<section id="${id}"(.*?)</section>`, 's').exec(page) ?? []
  return [...(section ?? '').matchAll(/<data(?: class="money")? value="(-?\d+)"/g)].map(([, value]) => BigInt(value!))
}

const rows = <Row extends object>(sql: string, name: Name) =>
  world.ledger.warehouse.all<Row>(sql, { account: addressOf(name) })

describe('a statement as a page', () => {
  test('every number of what was earned, paid and used is the warehouse’s', async () => {
    for (const name of documents.keys()) {
      const page = pageOf(name)
      const lines = await rows<{ epoch: number; token: string; amount: bigint; held: bigint }>(
        `SELECT l.epoch, l.token, l.amount, coalesce(s.held_back, 0)::HUGEINT AS held FROM settlement_line AS l
         LEFT JOIN score AS s ON s.epoch = l.epoch AND s.account = l.account AND s.token = l.token AND s.model = l.asset AND l.kind = 'data'
         WHERE l.account = $account ORDER BY l.epoch, l.token, l.kind, l.asset`,
        name,
      )
      const accounts = await rows<{ epoch: number; token: string } & Record<string, bigint>>(
        `SELECT t.epoch, t.token, small_before, earned, (cumulative - amount_before)::HUGEINT AS paid, small, coalesce(m.amount, 0)::HUGEINT AS minimum, cumulative
         FROM account_total AS t JOIN epoch AS e USING (epoch)
         LEFT JOIN minimum_payout AS m ON m.policy = e.policy AND m.token = t.token
         WHERE account = $account AND (line_count > 0 OR small_before <> small) ORDER BY t.epoch, t.token`,
        name,
      )
      expect(numbersIn(page, 'paid')).toEqual(accounts.flatMap(({ epoch, token, ...row }) => Object.values(row)))
      const earned = accounts.flatMap(({ epoch, token, small_before: before, small, paid }) => [
        ...(before! > 0n ? [before!] : []),
        ...lines
          .filter((line) => line.epoch === epoch && line.token === token)
          .flatMap(({ amount, held }) => (held === 0n ? [amount] : [amount, held])),
        ...(small! > 0n ? [-small!] : []),
        paid!,
      ])
      expect(numbersIn(page, 'earned').slice(0, earned.length)).toEqual(earned)
      const uses = documents.get(name)!.uses.flatMap(({ uses: count, fees }) => [BigInt(count), fees])
      expect(numbersIn(page, 'used')).toEqual(uses)
    }
  })

  test('every link leads to a place on the page, or is a receipt that verifies', async () => {
    for (const name of documents.keys()) {
      const page = pageOf(name)
      const { elements } = readMarkup(page)
      const ids = elements.flatMap(({ attributes }) => attributes.get('id') ?? [])
      expect(new Set(ids).size).toBe(ids.length)
      const links = elements.filter((each) => each.name === 'a').map(({ attributes }) => attributes.get('href')!)
      expect(links.length).toBeGreaterThan(10)
      for (const link of links) {
        if (link.startsWith('#')) expect(ids).toContain(link.slice(1))
        else {
          const [, base64] = /^data:application\/json;base64,([A-Za-z0-9+/]+={0,2})$/.exec(link) ?? []
          const receipt = readReceipt(Buffer.from(base64!, 'base64'))
          expect((await verifyReceiptOffline(receipt)).ok).toBe(true)
          expect(receipt.account).toBe(addressOf(name))
        }
      }
    }
  })

  test('every number in a table leads to a proof', () => {
    const page = pageOf('modeller')
    for (const id of ['owned', 'used', 'earned', 'paid', 'held', 'split']) {
      const [, section] = new RegExp(`<section id="${id}"(.*?)</section>`, 's').exec(page)!
      const cells = [...section!.matchAll(/<td class="number">(.*?)<\/td>/gs)].map(([, cell]) => cell!)
      expect(cells.length).toBeGreaterThan(0)
      for (const cell of cells) expect(cell === '–' || /<a [^>]*href="#/.test(cell)).toBe(true)
    }
  })

  test('the picture tells every pool to the atom, and that influence is no payment', () => {
    const page = pageOf('carol')
    for (const { fees, pools } of documents.get('carol')!.split) {
      expect(page).toContain(`<text class="title" x="0" y="18">Fees ${fees.toLocaleString('en-US')}</text>`)
      for (const { kind, asset, fromFees } of pools)
        expect(page).toContain(`<title>${poolName(kind, asset)}: ${fromFees.toLocaleString('en-US')}</title>`)
    }
    expect(pageOf('alice')).toContain('Influence, not payment')
  })

  test('hostile texts stay texts: the page has the same elements whatever assets and batches are called', () => {
    for (const hostile of HOSTILE_TEXTS) {
      const page = statementPage(withTexts(documents.get('alice')!, () => hostile))
      expect(readMarkup(page).skeleton).toBe(readMarkup(pageOf('alice')).skeleton)
      const owner = statementPage(withTexts(documents.get('carol')!, () => hostile))
      expect(readMarkup(owner).elements.filter(({ name }) => name === 'script' || name === 'img')).toEqual([])
    }
  })

  test('kinds that this version has no words for are shown by their names', () => {
    for (const words of [lineWords, roleWords, bucketWords, deductionWords]) {
      expect(words('something-new').short).toBe('something-new')
      expect(words('constructor').short).toBe('constructor')
    }
  })
})

describe('a statement as CSV', () => {
  test('it is RFC 4180: as many cells in every row, CR LF at every end, and the amounts as they are', () => {
    const csv = statementCsv(documents.get('modeller')!)
    const lines = csv.split('\r\n')
    expect(lines.pop()).toBe('')
    const table = lines.map(cellsOf)
    const [head, ...body] = table
    for (const row of body) expect(row).toHaveLength(head!.length)
    const column = (name: string) => head!.indexOf(name)
    const earned = body.filter((row) => row[column('section')] === 'row' && row[column('leaf')] !== '')
    const told = documents.get('modeller')!.epochs.flatMap((epoch) => epoch.lines)
    expect(earned.map((row) => [row[column('amount')], row[column('leaf')]])).toEqual(
      told.map(({ amount, leaf }) => [amount.toString(), leaf]),
    )
  })

  test.each(['=1+1', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")'])(
    'a cell %j is no formula',
    (text) => {
      const csv = statementCsv(withTexts(documents.get('modeller')!, () => text))
      const cells = csv.split('\r\n').slice(1, -1).flatMap(cellsOf)
      expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell) && !/^-?\d/.test(cell.replace(/^\+/, 'x')))).toEqual([])
      expect(cells.some((cell) => cell === `'${text}` || cell.startsWith('\ufffd') || cell === text)).toBe(true)
    },
  )

  test('an influence below 0 stays a number', () => {
    const csv = statementCsv(documents.get('bob')!)
    const hurt = documents.get('bob')!.hurt.map(({ value }) => value.toString())
    expect(hurt.length).toBeGreaterThan(0)
    for (const value of hurt) expect(csv).toContain(`,${value},`)
  })
})

describeInChromium('a statement in a real Chromium', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tally-statement-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('it opens without a word on the console, asks nobody for anything, and fits 360 pixels', async () => {
    const hostile = HOSTILE_TEXTS.filter((text) => text.length < 1_000)
    let at = 0
    const pages = [pageOf('modeller'), pageOf('alice')]
    pages.push(statementPage(withTexts(documents.get('alice')!, () => hostile[at++ % hostile.length]!)))
    pages.push(statementPage(withTexts(documents.get('alice')!, () => 'W'.repeat(300))))
    const frames = pages.map((page) => {
      const source = page.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
      return `<iframe width="360" height="800" srcdoc="${source}"></iframe>`
    })
    const script = `addEventListener('load', () => {
      const found = [...document.querySelectorAll('iframe')].map(({ contentDocument: page, contentWindow: view }) => ({
        width: page.documentElement.scrollWidth,
        asked: view.performance.getEntriesByType('resource').length,
        scripts: page.scripts.length,
        h1: page.querySelectorAll('h1').length,
        unlabelled: [...page.querySelectorAll('section')].filter((each) => !page.getElementById(each.getAttribute('aria-labelledby'))).length,
        headless: [...page.querySelectorAll('table')].filter((each) => each.caption === null || each.querySelector('thead th[scope=col]') === null ||
          [...each.tBodies[0].rows].some((row) => row.querySelector('th[scope=row]') === null)).length,
        nameless: [...page.querySelectorAll('svg[role=img]')].filter((each) => each.querySelector('title, desc') === null).length,
        jumps: [...page.querySelectorAll('h1,h2,h3,h4')].map((each) => Number(each.localName[1])).filter((level, at, all) => at > 0 && level > all[at - 1] + 1).length,
      }))
      document.body.innerHTML = '<pre id="found">' + btoa(JSON.stringify(found)) + '</pre>'
    })`
    const path = join(folder, 'frames.html')
    const style = '<style>iframe{border:0;display:block}</style>'
    await writeFile(path, `<!doctype html><meta charset="utf-8">${style}${frames.join('')}<script>${script}</script>`)
    const { dom, console } = await dumpPage(folder, path)
    expect(console).toEqual([])
    const [, answer] = /<pre id="found">(.*?)<\/pre>/s.exec(dom)!
    const good = { width: 360, asked: 0, scripts: 0, h1: 1, unlabelled: 0, headless: 0, nameless: 0, jumps: 0 }
    expect(JSON.parse(Buffer.from(answer!, 'base64').toString('utf8'))).toEqual(pages.map(() => good))
  })
})

/** Every free text of a document replaced; addresses, hashes and numbers stay. */
function withTexts(statement: StatementDocument, next: () => string): StatementDocument {
  const free = new Set(['asset', 'title', 'identity', 'batchId', 'measure', 'model', 'name'])
  const change = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return free.has(key) ? next() : value
    if (Array.isArray(value)) return value.map((each) => change(each, key))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, change(each, name)]))
  }
  const { receipts, ...rest } = statement
  return { ...(change(rest, '') as Omit<StatementDocument, 'receipts'>), receipts }
}

/** Cells of one line of CSV. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replaceAll('""', '"'),
  )
}
