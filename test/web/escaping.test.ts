import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { renderReport } from '../../web/src/index.ts'
import { runs } from '../support/random-runs.ts'
import { HOSTILE_TEXTS, withTexts } from './support/hostile-report.ts'
import { readMarkup } from './support/markup-reader.ts'
import { sampleReport } from './support/sample-report.ts'

const PLAIN = readMarkup(renderReport(withTexts(() => 'plain'))).skeleton
const DIRECTION_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/
const MEGABYTE = 1 << 20

const text = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS.filter((one) => one.length < 1_000)),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '`', '&', '/', '=', '-', '!', 'script', ' '), maxLength: 40 }),
)

describe('no text of the data leaves its place', () => {
  test('random and hostile texts change no element and no attribute name', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (texts) => {
        let at = 0
        const page = renderReport(withTexts(() => texts[at++ % texts.length]!))
        expect(readMarkup(page).skeleton).toBe(PLAIN)
      }),
      runs(60),
    )
  })

  test.each(HOSTILE_TEXTS.map((one) => [JSON.stringify(one.slice(0, 40)), one]))('everywhere %s', (_shown, one) => {
    const page = renderReport(withTexts(() => one))
    const { skeleton, elements } = readMarkup(page)
    expect(skeleton).toBe(PLAIN)
    expect(elements.filter(({ name }) => name === 'script')).toEqual([])
    const handlers = elements.flatMap(({ attributes }) => [...attributes.keys()].filter((name) => /^on/i.test(name)))
    expect(handlers).toEqual([])
  })

  test.each(HOSTILE_TEXTS.filter((one) => one.length < 100 && /^[\p{L}\p{P}\p{S}\p{N} ]*$/u.test(one)))(
    'and is read as it was written: %j',
    (one) => {
      const sentences = sampleReport().accounts.map((account) => ({ ...account, why: `«${one}»` }))
      expect(readMarkup(renderReport({ ...sampleReport(), accounts: sentences })).text).toContain(`«${one}»`)
    },
  )

  test('huge texts are shortened, so the page stays small', () => {
    const page = renderReport(withTexts(() => '<'.repeat(200_000)))
    expect(page.length).toBeLessThan(MEGABYTE)
  })

  test('marks that turn the direction of writing are taken out; right-to-left names stay, isolated', () => {
    const page = renderReport(withTexts(() => '\u202eשלום\u2066'))
    expect(page).not.toMatch(DIRECTION_OVERRIDES)
    expect(page).toContain('<bdi>\ufffdשלום\ufffd</bdi>')
  })

  test('halves of surrogate pairs are taken out, so the page is UTF-8', () => {
    const page = renderReport(withTexts(() => '\ud800'))
    expect(Buffer.from(page, 'utf8').toString('utf8')).toBe(page)
    expect(page).not.toMatch(/\p{Cs}/u)
  })

  test('a role that is not known is shown as text', () => {
    const report = sampleReport()
    const accounts = report.accounts.map((account) => ({ ...account, role: '<b onclick="x">' }))
    expect(readMarkup(renderReport({ ...report, accounts })).skeleton).toBe(
      readMarkup(renderReport({ ...report, accounts: accounts.map((account) => ({ ...account, role: 'plain' })) }))
        .skeleton,
    )
  })
})

describe('the page asks for nothing', () => {
  test.each([
    'https://example.org/a.png',
    '//example.org/a.png',
    'javascript:alert(1)',
    'data:text/html;base64,PHNjcmlwdD4=',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'data:image/png;base64,AAAA" onerror="alert(1)',
    'data:image/png;base64,AAAA\n',
    '',
  ])('a picture that is no bitmap inside the page is left out and said to be missing: %j', (picture) => {
    const report = sampleReport()
    const inferences = report.inferences.map((inference) => ({ ...inference, picture }))
    const { elements } = readMarkup(renderReport({ ...report, inferences }))
    const missing = elements.filter(({ attributes }) => attributes.get('class') === 'digit missing')
    expect(missing.map(({ attributes }) => attributes.get('aria-label'))).toEqual(
      inferences.map(() => 'the digit that was asked about; picture missing'),
    )
  })

  test('every src and href is a data URI or a place in the page, with hostile data too', () => {
    const pages = [renderReport(sampleReport()), ...HOSTILE_TEXTS.map((one) => renderReport(withTexts(() => one)))]
    for (const page of pages) {
      const targets = readMarkup(page).elements.flatMap(({ attributes }) =>
        ['src', 'href', 'srcset', 'action', 'xlink:href', 'data'].flatMap((name) => attributes.get(name) ?? []),
      )
      expect(targets.length).toBeGreaterThan(50)
      expect(targets.filter((target) => !/^(?:data:image\/|#[a-z]+$)/.test(target))).toEqual([])
      expect(page).not.toMatch(/url\(|@import/)
    }
  })

  test('the policy for content is strict and stands before everything it governs', () => {
    const { elements } = readMarkup(renderReport(sampleReport()))
    const policy = elements.findIndex(({ attributes }) => attributes.get('http-equiv') === 'Content-Security-Policy')
    expect(elements[policy]!.attributes.get('content')).toBe(
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    )
    expect(elements.slice(0, policy).map(({ name }) => name)).toEqual(['html', 'head', 'meta'])
    expect(elements.some(({ name }) => ['script', 'iframe', 'object', 'form', 'base'].includes(name))).toBe(false)
  })
})
