import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { loadSpeeches } from '../../examples/speeches/corpus.ts'
import { NgramModel } from '../../examples/speeches/language-model.ts'
import { tokenise, wordsOf } from '../../schemas/text/tokenizer.ts'
import { runs } from '../support/random-runs.ts'

const BYTES_MAX = 400_000
const words = (text: string) => wordsOf(tokenise(text))

describe('the speeches', () => {
  const speeches = loadSpeeches()

  test('are those of several authors, in order, small enough to be kept here', () => {
    expect(speeches).toHaveLength(17)
    expect(new Set(speeches.map(({ author }) => author)).size).toBe(11)
    const bytes = speeches.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
    expect(bytes).toBeLessThanOrEqual(BYTES_MAX)
    const keys = speeches.map(({ author, year }) => `${author} ${year}`)
    expect(keys).toEqual([...keys].sort())
    expect(speeches[0]).toMatchObject({ author: 'abraham-lincoln', year: 1863 })
  })

  test('teach a model whose output is the same for a seed, as long as asked for, and made of their words', () => {
    const model = NgramModel.train(speeches.map(({ text }) => text))
    const wanted = { prompt: 'The people of the United States', words: 300, seed: 1 }
    const output = model.generate(wanted)
    expect(model.generate(wanted)).toBe(output)
    expect(model.generate({ ...wanted, seed: 2 })).not.toBe(output)
    const vocabulary = new Set(speeches.flatMap(({ text }) => words(text)))
    expect(words(output)).toHaveLength(300)
    expect(words(output).filter((word) => !vocabulary.has(word))).toEqual([])
    // Not one speech recited: the output changes over.
    expect(speeches.filter(({ text }) => words(text).join(' ').includes(words(output).join(' ')))).toEqual([])
  })
})

describe('a language model', () => {
  test('goes on with what always followed', () => {
    const always = NgramModel.train(Array.from({ length: 10_000 }, () => 'to be or not'))
    const outputs = Array.from({ length: 50 }, (_, seed) => always.generate({ prompt: 'to be or', words: 1, seed }))
    expect(outputs.filter((output) => output === 'not').length).toBeGreaterThan(45)
    expect(always.generate({ prompt: '', words: 0, seed: 1 })).toBe('')
    expect(() => NgramModel.train([' ', ''])).toThrow(RangeError)
  })

  test('writes words and marks so that they are read again as they were drawn', () => {
    const marks = fc.constantFrom(
      'a',
      'b',
      "don't",
      'é',
      '9',
      '.',
      '...',
      ',',
      '-',
      '--',
      '$',
      '(',
      ')',
      "'",
      '’',
      '\u0301',
    )
    fc.assert(
      fc.property(fc.array(marks, { minLength: 1, maxLength: 30 }), fc.nat(), (each, seed) => {
        const text = each.join(' ')
        const known = new Set(words(text))
        const output = words(NgramModel.train([text]).generate({ prompt: text, words: 40, seed }))
        expect(output).toHaveLength(40)
        expect(output.filter((word) => !known.has(word))).toEqual([])
      }),
      runs(500),
    )
  })
})
