import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { OutputScores } from '../../jobs/attribution/text/files/scores-of-files.ts'
import type { NamedSpan } from '../../jobs/attribution/text/files/spans-of-files.ts'
import { builtCli } from './support/built-cli.ts'
import { documentOf, errorOf, tally } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

/** What --json prints, as far as it is looked at. */
interface Spans {
  readonly spans: readonly NamedSpan[]
  readonly omitted: number
}
interface Scored {
  readonly scores: readonly OutputScores[]
}

const EVIDENCE = 'verbatim evidence, not proof of cause'
const HAMLET = 'To be, or not to be, that is the question: Whether ’tis nobler in the mind to suffer\n'
const MACBETH = 'Tomorrow, and tomorrow, and tomorrow, creeps in this petty pace from day to day, not to be stopped\n'
const SONNET = 'Shall I compare thee to a summer’s day? Thou art more lovely and more temperate\n'
const OUTPUTS = 'to be or not to be, that is the day and tomorrow, and tomorrow\n\ncafe\u0301 zzz\nmore temperate\r\n'

/** The program may have to be built first. */
const SETUP_LIMIT_MS = 180_000

describe('tally text', () => {
  const path = temporaryFolder()
  let corpus: string
  let outputs: string
  beforeAll(async () => {
    await builtCli()
    corpus = path('corpus')
    outputs = path('outputs.txt')
    mkdirSync(join(corpus, 'plays'), { recursive: true })
    writeFileSync(join(corpus, 'plays', 'hamlet.txt'), HAMLET)
    writeFileSync(join(corpus, 'plays', 'macbeth.txt'), MACBETH)
    writeFileSync(join(corpus, 'sonnet.txt'), SONNET)
    writeFileSync(join(corpus, 'zz-copy.txt'), SONNET.toUpperCase())
    writeFileSync(join(corpus, '.hidden'), 'zzz zzz')
    symlinkSync('/etc/hostname', join(corpus, 'link.txt'))
    writeFileSync(outputs, OUTPUTS)
  }, SETUP_LIMIT_MS)

  const run = (verb: string, more: readonly string[] = [], of = { corpus, outputs }) =>
    tallyHere(['text', verb, '--corpus', of.corpus, '--outputs', of.outputs, ...more], { cwd: path() })

  test('spans names every maximal span with its places, the rarest first', async () => {
    const found = documentOf<Spans>(await run('spans', ['--json']))
    expect(found).toMatchObject({ note: EVIDENCE, documents: 4, outputs: 4, omitted: 0 })
    const of = (name: string, ...positions: number[]) => ({ name, positions })
    expect(found.spans).toEqual([
      {
        output: 0,
        start: 2,
        end: 10,
        text: 'or not to be, that is the',
        count: 1,
        documents: [of('plays/hamlet.txt', 3)],
      },
      {
        output: 0,
        start: 11,
        end: 16,
        text: 'and tomorrow, and tomorrow',
        count: 1,
        documents: [of('plays/macbeth.txt', 2)],
      },
      {
        output: 0,
        start: 0,
        end: 2,
        text: 'to be',
        count: 2,
        documents: [of('plays/hamlet.txt', 5), of('plays/macbeth.txt', 19)],
      },
      { output: 3, start: 0, end: 2, text: 'more temperate', count: 1, documents: [of('sonnet.txt', 14)] },
    ])
    const few = documentOf<Spans>(await run('spans', ['--json', '--positions', '1']))
    expect(few.spans[2]).toMatchObject({ text: 'to be', count: 2, documents: [], listed: false })
  })

  test('spans shows a person the outputs and says what spans are', async () => {
    const { end, stdout } = await run('spans')
    expect(end).toBe(0)
    expect(stdout).toContain('once  “or not to be, that is the”\n      plays/hamlet.txt, token 3')
    expect(stdout).toContain(`4 documents. V${EVIDENCE.slice(1)}.`)
  })

  test('score ranks documents, leaves copies out, and gives the same bytes each time', async () => {
    const [first, second] = [await run('score', ['--json']), await run('score', ['--json'])]
    expect(second.stdout).toBe(first.stdout)
    const found = documentOf<Scored>(first)
    expect(found).toMatchObject({
      documents: 3,
      weights: { suffixVote: 50, bm25: 50 },
      duplicates: [{ name: 'zz-copy.txt', of: 'sonnet.txt', similarity: 1_000_000 }],
    })
    const names = found.scores.map(({ documents }) => documents.map(({ name }) => name))
    // The sonnet has words of the first output, and no two of them in its order.
    expect(names).toEqual([['plays/hamlet.txt', 'plays/macbeth.txt'], [], [], ['sonnet.txt']])
    const all = documentOf(await run('score', ['--json', '--keep-duplicates', '--score', 'suffix-vote', '--by-folder']))
    expect(all).toMatchObject({ documents: 4, weights: null, duplicates: [] })
    const { stdout } = await run('score')
    expect(stdout).toContain('plays/hamlet.txt')
    expect((await run('score', ['--vote-weight', '101'])).end).toBe(2)
  })

  test('score gives the same bytes on one thread and on three', async () => {
    const many = path('many.txt')
    const words = `${HAMLET}${MACBETH}${SONNET}`.split(/\s+/)
    const lines = Array.from({ length: 60 }, (_, at) => words.slice(at % 40, (at % 40) + 9).join(' '))
    writeFileSync(many, `${lines.join('\n')}\n`)
    const on = async (threads: string, ...more: string[]) => {
      const ended = await tally([
        'text',
        'score',
        '--corpus',
        corpus,
        '--outputs',
        many,
        '--json',
        '--threads',
        threads,
        ...more,
      ])
      expect(ended).toMatchObject({ end: 0, stderr: '' })
      return ended.stdout
    }
    expect(await on('3', '--by-folder', '--keep-duplicates')).toBe(await on('1', '--by-folder', '--keep-duplicates'))
    expect((await run('score', ['--threads', '0'])).end).toBe(2)
  })

  test('opens no warehouse', async () => {
    const before = readdirSync(path())
    await run('score', ['--data', path('data')])
    expect(readdirSync(path())).toEqual(before)
  })

  test('bad input is named by file and line', async () => {
    const bad = path('bad')
    mkdirSync(bad)
    const failed = async (more: object) =>
      errorOf(await run('spans', ['--json'], { corpus, outputs, ...more })) as { code: string; message: string }
    expect(await failed({ corpus: bad })).toMatchObject({
      code: 'TEXT_FILE',
      message: expect.stringContaining('no document'),
    })
    expect((await failed({ corpus: path('none') })).message).toContain('there is no such folder')
    expect((await failed({ outputs: path('none') })).message).toContain('none: it cannot be opened')
    expect((await failed({ outputs: corpus })).message).toContain('this is a folder')
    writeFileSync(join(bad, 'latin.txt'), Buffer.from('one\ntwo\nna\xefve\n', 'latin1'))
    expect((await failed({ corpus: bad })).message).toContain('latin.txt, line 3: this is no UTF-8')
    expect((await failed({ outputs: join(bad, 'latin.txt') })).message).toContain('latin.txt, line 3: this is no UTF-8')
    writeFileSync(path('long.txt'), `a\n${'b '.repeat(70_000)}\n`)
    expect((await failed({ outputs: path('long.txt') })).message).toContain(
      'long.txt, line 2: this output has 70000 tokens',
    )
  })

  test('an output, and a document, of one token over and over is answered in bounds', async () => {
    const [folder, file] = [path('same'), path('same.txt')]
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.txt'), 'la '.repeat(30_000))
    writeFileSync(file, `${'la '.repeat(20_000)}\n${'la '.repeat(40_000)}\n`)
    const { spans, omitted } = documentOf<Spans>(await run('spans', ['--json'], { corpus: folder, outputs: file }))
    expect(spans[0]).toMatchObject({ output: 0, start: 0, end: 20_000, count: 10_001 })
    expect(spans[1]).toMatchObject({ output: 1, start: 0, end: 30_000, count: 1 })
    expect(spans.length + omitted).toBe(1 + 10_001)
    expect(omitted).toBeGreaterThan(0)
  })
})
