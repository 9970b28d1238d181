import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { renderReport } from '../../web/src/index.ts'
import { describeInChromium, dumpPage } from '../support/chromium.ts'
import { HOSTILE_TEXTS, withTexts } from './support/hostile-report.ts'
import { readMarkup } from './support/markup-reader.ts'
import { emptyReport, sampleReport } from './support/sample-report.ts'

describeInChromium('in a real Chromium', inChromium)

function inChromium(): void {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tally-page-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('the page opens without an error on the console and runs no script', async () => {
    const { dom, console } = await open(renderReport(sampleReport()))
    expect(console).toEqual([])
    expect(dom).toContain('Who earned what, and why')
    expect(dom).toContain('id="contributors-total"')
  })

  test('hostile texts stay texts: the browser builds the elements that were written, and no others', async () => {
    let at = 0
    const page = renderReport(withTexts(() => HOSTILE_TEXTS[at++ % HOSTILE_TEXTS.length]!))
    const { console } = await open(page)
    expect(console).toEqual([])
    const [found] = await inFrames<string>({ page }, [1280], SKELETON)
    expect(found!.answer).toBe(skeletonOf(page))
  })

  test('the browser’s own rules refuse a script, had one come through', async () => {
    const page = renderReport(sampleReport()).replace('</main>', '<script>document.title="owned"</script></main>')
    const { dom, console } = await open(page)
    expect(dom).not.toContain('<title>owned')
    expect(console.join('\n')).toMatch(/Content Security Policy/)
  })

  test('no page is wider than its window, from a small telephone to a desk', async () => {
    const long = renderReport(withTexts(() => 'W'.repeat(500)))
    const pages = { sample: renderReport(sampleReport()), empty: renderReport(emptyReport()), long }
    const found = await inFrames<number>(pages, [360, 390, 768, 1280], 'page.documentElement.scrollWidth')
    expect(found).toHaveLength(12)
    expect(found).toEqual(found.map(({ name, width }) => ({ name, width, answer: width })))
  })

  async function open(page: string): Promise<{ dom: string; console: string[] }> {
    await writeFile(join(folder, 'page.html'), page)
    return dumpPage(folder, join(folder, 'page.html'))
  }

  /** Opens each page in a frame of each width and answers `question`, an expression over the document `page`. */
  async function inFrames<Answer>(
    pages: Readonly<Record<string, string>>,
    widths: readonly number[],
    question: string,
  ): Promise<{ name: string; width: number; answer: Answer }[]> {
    const frames = Object.entries(pages).flatMap(([name, page]) => {
      const source = page.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
      return widths.map((width) => `<iframe name="${name}" width="${width}" height="800" srcdoc="${source}"></iframe>`)
    })
    const script = `addEventListener('load', () => {
      const found = [...document.querySelectorAll('iframe')].map((frame) => {
        const page = frame.contentDocument
        return { name: frame.name, width: Number(frame.width), answer: ${question} }
      })
      document.body.innerHTML = '<pre id="found">' + btoa(JSON.stringify(found)) + '</pre>'
    })`
    const path = join(folder, 'frames.html')
    const style = '<style>iframe{border:0;display:block}</style>'
    await writeFile(path, `<!doctype html><meta charset="utf-8">${style}${frames.join('')}<script>${script}</script>`)
    const { dom } = await dumpPage(folder, path)
    const [, found] = /<pre id="found">(.*?)<\/pre>/s.exec(dom) ?? []
    return JSON.parse(Buffer.from(found ?? '', 'base64').toString('utf8'))
  }
}

/** Names of all elements and their attributes, in document order. */
const SKELETON = `[...page.querySelectorAll('*')]
  .map((element) => element.localName + '(' + element.getAttributeNames().join(' ') + ')').join(' ')`

function skeletonOf(page: string): string {
  return readMarkup(page)
    .elements.map(({ name, attributes }) => `${name}(${[...attributes.keys()].join(' ')})`)
    .join(' ')
}
