import { describe, expect, test } from '@jest/globals'
import { type ReportData, ReportDataError, renderReport } from '../../web/src/index.ts'
import { readMarkup } from './support/markup-reader.ts'
import { emptyReport, sampleReport } from './support/sample-report.ts'

/** Amounts in smallest units that a part of the page shows, in order. */
function amountsIn(page: string, start: string, end: string): bigint[] {
  const from = page.indexOf(start)
  expect(from).toBeGreaterThan(-1)
  const part = page.slice(from, page.indexOf(end, from))
  return [...part.matchAll(/<data class="money" value="(-?\d+)"/g)].map(([, atoms]) => BigInt(atoms!))
}

function sumOf(texts: readonly string[]): bigint {
  return texts.reduce((sum, text) => sum + BigInt(text), 0n)
}

describe('what is shown is what the data says', () => {
  const data = sampleReport()
  const page = renderReport(data)
  const earned = sumOf(data.accounts.map((account) => account.earned))
  const claimed = sumOf(data.accounts.map((account) => account.claimed))
  const everybody = [...data.accounts, ...data.others]

  test('key figures', () => {
    expect(amountsIn(page, '<div id="fees-total"', '</div>')).toEqual([BigInt(data.flow.fees)])
    expect(amountsIn(page, '<div id="earned-total"', '</div>')).toEqual([earned])
    expect(amountsIn(page, '<div id="claimed-total"', '</div>')).toEqual([sumOf(everybody.map((one) => one.claimed))])
  })

  test('the total of contributors', () => {
    expect(amountsIn(page, 'id="contributors-total"', '</div>')).toEqual([earned, claimed])
  })

  test('each account, the highest earner first', () => {
    const shown = [...page.matchAll(/<details class="account"[\s\S]*?<\/summary>/g)].map(([card]) => {
      const [own, taken] = amountsIn(card, '<summary>', '</summary>')
      return [/<h3 class="name"><bdi>(.*?)<\/bdi>/.exec(card)![1]!, own!, taken!] as const
    })
    const expected = data.accounts.map(({ name, earned, claimed }) => [name, BigInt(earned), BigInt(claimed)] as const)
    expect([...shown].sort()).toEqual([...expected].sort())
    for (const [index, [, own]] of shown.slice(1).entries()) expect(own <= shown[index]![1]).toBe(true)
  })

  test('others, with the sum of all who were paid', () => {
    const others = data.others.flatMap((other) => [BigInt(other.earned), BigInt(other.claimed)])
    const all = [sumOf(everybody.map((one) => one.earned)), sumOf(everybody.map((one) => one.claimed))]
    expect(amountsIn(page, '<h3>Also paid', '</table>')).toEqual([...others, ...all])
  })

  test('every part of a fee, and what the list leaves out', () => {
    const inference = data.inferences[0]!
    const part = { ...inference, split: inference.split.slice(1) }
    const short = renderReport({ ...data, inferences: [part] })
    const shown = amountsIn(short, '<h4>Where this fee went', '<div class="influential"')
    expect(shown.reduce((sum, atoms) => sum + atoms, 0n)).toBe(BigInt(inference.fee))
    expect(short).toContain('not in this list')
  })

  test('exact amounts stand in titles', () => {
    for (const account of data.accounts) {
      const digits = account.earned.padStart(19, '0')
      const exact = `${digits.slice(0, -18)}.${digits.slice(-18).replace(/0+$/, '').padEnd(2, '0')}`
      expect(page).toContain(`value="${account.earned}" title="exactly ${exact} TALLY"`)
    }
  })

  test('roots, commands, checks and what was trusted', () => {
    const { text } = readMarkup(page)
    for (const { ledgerRoot, payoutRoot, manifestHash } of data.epochs) {
      for (const root of [ledgerRoot, payoutRoot, manifestHash]) expect(text).toContain(root)
    }
    for (const { command, does } of data.commands) expect(text).toContain(does + command)
    for (const { name, detail } of data.audit.checks) expect(text).toContain(name + detail)
    for (const trusted of data.audit.trusted) expect(text).toContain(trusted)
  })

  test('roles in plain words, and why each earned what it earned', () => {
    const { text } = readMarkup(page)
    for (const words of ['wrong labels', 'copies another account', 'noise', 'own digits']) expect(text).toContain(words)
    for (const { why } of data.accounts) expect(text).toContain(why)
  })

  test('influence is told apart from payment wherever single digits have values', () => {
    for (const section of ['id="earned"', 'id="answers"']) {
      const from = page.indexOf(section)
      expect(page.slice(from, page.indexOf('</section>', from))).toContain('Influence is not payment.')
    }
    const strips = page.split('<ul class="strip">').length - 1
    expect(strips).toBeGreaterThan(10)
  })

  test('the same data gives the same page', () => {
    expect(renderReport(sampleReport())).toBe(page)
  })

  test('headings do not skip a level', () => {
    const levels = readMarkup(page).elements.flatMap(({ name }) => (/^h\d$/.test(name) ? [Number(name[1])] : []))
    expect(levels[0]).toBe(1)
    for (const [index, level] of levels.slice(1).entries()) expect(level - levels[index]!).toBeLessThanOrEqual(1)
  })

  test('every picture has a text, every id is unique, every link to a place finds it', () => {
    const { elements } = readMarkup(page)
    const ids = elements.flatMap(({ attributes }) => attributes.get('id') ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    for (const { name, attributes } of elements) {
      if (name === 'img') expect(attributes.get('alt')).toMatch(/digit/)
      const target = attributes.get('href') ?? ''
      if (target.startsWith('#')) expect(ids).toContain(target.slice(1))
      for (const id of (attributes.get('aria-labelledby') ?? '').split(' ')) if (id !== '') expect(ids).toContain(id)
    }
  })
})

describe('what is not there is explained', () => {
  test('nothing has happened yet', () => {
    const { text } = readMarkup(renderReport(emptyReport()))
    expect(text).toContain('Nobody has contributed yet')
    expect(text).toContain('No paid answer can be shown yet')
    expect(text).toContain('No fee has been paid yet')
    expect(text).toContain('No period has been closed yet')
  })

  test('an audit without checks has not passed', () => {
    const { text } = readMarkup(renderReport(emptyReport()))
    expect(text).toContain('No audit has been run yet')
    expect(text).not.toMatch(/passed/i)
  })

  test('a share is null until something was paid', () => {
    const data = sampleReport()
    const accounts = data.accounts.map((account) => ({ ...account, share: null, earned: '0', claimed: '0' }))
    const page = renderReport({ ...data, accounts })
    expect(readMarkup(page).text.split('not paid yet').length - 1).toBe(accounts.length)
    expect(page).not.toContain('class="share-bar"')
    expect(page).not.toContain('NaN')
  })

  test('no digit helped or hurt, no digit and no part is listed', () => {
    const data = sampleReport()
    const accounts = data.accounts.map((account) => ({ ...account, helped: [], hurt: [] }))
    const inferences = data.inferences.map((inference) => ({ ...inference, influential: [], split: [] }))
    const { text } = readMarkup(renderReport({ ...data, accounts, inferences }))
    expect(text).toContain('None of its digits is among those that helped.')
    expect(text).toContain('No digit is listed for this answer.')
    expect(text).toContain('This fee has not been divided yet.')
  })

  test('an audit that found a difference is said at the top and shows no tick', () => {
    const data = sampleReport()
    const page = renderReport({ ...data, audit: { ...data.audit, ok: false } })
    expect(page.indexOf('The audit did not pass.')).toBeLessThan(page.indexOf('<main'))
    expect(page).toContain('<ul class="checks">')
    expect(page).not.toContain('class="checks passed"')
  })

  test('pools that are not the fees are pointed out', () => {
    const data = sampleReport()
    const page = renderReport({ ...data, flow: { ...data.flow, fees: String(BigInt(data.flow.fees) + 1n) } })
    expect(readMarkup(page).text).toContain('they differ by')
    expect(readMarkup(renderReport(data)).text).toContain('The pools together are exactly the fees')
  })
})

describe('data that contradicts itself makes no page', () => {
  const data = sampleReport()
  const [first, ...rest] = data.accounts
  const withFirst = (change: object): ReportData => ({ ...data, accounts: [{ ...first!, ...change }, ...rest] })
  test.each<[string, ReportData]>([
    ['an amount with a point', withFirst({ earned: '1.5' })],
    ['an amount in words', { ...data, flow: { ...data.flow, fees: 'much' } }],
    ['an empty value of an item', withFirst({ helped: [{ picture: '', label: '1', value: '' }] })],
    ['an interval upside down', withFirst({ share: { low: 2, value: 2, high: 1 } })],
    ['an interval that is no number', withFirst({ share: { low: 0, value: Number.NaN, high: 1 } })],
    ['decimals that are none', { ...data, token: { ...data.token, decimals: -1 } }],
  ])('%s', (_what, bad) => {
    expect(() => renderReport(bad)).toThrow(ReportDataError)
  })
})
