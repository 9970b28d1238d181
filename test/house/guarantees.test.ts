import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'

const ROOT = new URL('../../', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8')

interface NamedTest {
  readonly file: string
  readonly title: string
}

/** The two levels of list under a promise: files in backquotes, below each the titles as the file has them. */
function testsNamedIn(section: string): NamedTest[] {
  const named: NamedTest[] = []
  let file = ''
  for (const line of section.split('\n')) {
    file = /^- `([^`]+)`$/.exec(line)?.[1] ?? file
    const title = /^ {2}- (.+)$/.exec(line)?.[1]
    if (title !== undefined) named.push({ file, title })
  }
  return named
}

/** A title stands in a file as a string of its own: so a case of a table counts too, a part of a title does not. */
function hasTest({ file, title }: NamedTest): boolean {
  const text = read(file)
  if (file.endsWith('.sol')) return text.includes(`function ${title}(`)
  return ["'", '"', '`'].some((quote) => text.includes(quote + title + quote))
}

describe('docs/guarantees.md', () => {
  const sections = read('docs/guarantees.md').split(/^## /m).slice(1)
  const promises = sections.filter((section) => /^\d/.test(section))

  test('has the seven promises and what is no promise', () => {
    expect(promises.map((section) => section[0])).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    for (const promise of promises) {
      for (const part of ['**Says.**', '**Does not say.**', '**How.**']) expect(promise).toContain(part)
    }
    expect(sections.at(-1)).toMatch(/^What Tallystick does not try\n/)
  })

  test.each(promises.map((section) => [section.split('\n')[0]!, section]))(
    'promise %s names tests, and each exists',
    (_, section) => {
      const named = testsNamedIn(section)
      expect(named.length).toBeGreaterThan(0)
      expect(named.filter(({ file }) => !existsSync(new URL(file, ROOT)))).toEqual([])
      expect(named.filter((each) => !hasTest(each))).toEqual([])
    },
  )
})

describe('pages of docs/', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/formats.md',
    'docs/attribution.md',
    'docs/guarantees.md',
    'docs/operations/kafka.md',
  ]

  test.each(pages)('%s names no page of docs/ that is not there', (page) => {
    const named = read(page).match(/\bdocs\/[a-z/-]+\.md\b/g) ?? []
    expect(named.filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([])
    const decisions = readdirSync(new URL('docs/adr/', ROOT))
    const cited = [...read(page).matchAll(/\bdocs\/adr\/(\d{4})/g)].map(([, number]) => number!)
    expect(cited.filter((number) => !decisions.some((file) => file.startsWith(`${number}-`)))).toEqual([])
  })
})
