import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Dictionary, UNKNOWN_WORD } from '../../jobs/attribution/text/dictionary.ts'
import { TEXT_UNITS_MAX, TOKENIZER, tokenise, wordsOf } from '../../schemas/text/tokenizer.ts'
import { runs } from '../support/random-runs.ts'

const MEGABYTES_10 = 10_000_000
const words = (text: string) => wordsOf(tokenise(text))

describe('tokens of a text', () => {
  test('are those of the expression in its name', () => {
    const characters = [
      ...'aB9é\u0301\u05d0\u0628\u0915\u093f𝒜٣’\'".,-–!…\u202e\u200d\u0000\ufffd \t\n\u00a0\u3000🙂\u{e0100}',
    ]
    const text = fc.array(fc.constantFrom(...characters, ...characters.slice(0, 6)), { maxLength: 40 })
    fc.assert(
      fc.property(text, (parts) => {
        const normal = parts.join('').normalize('NFC')
        expect(words(normal)).toEqual(normal.match(new RegExp(TOKENIZER.expression, 'gu')) ?? [])
      }),
      runs(3_000),
    )
  })

  test('keep case, hold words with apostrophes together and a run of one mark', () => {
    expect(words("Don't stop — it’s 3.14... l'2 x''y Ａ")).toEqual([
      "Don't",
      'stop',
      '—',
      'it’s',
      '3',
      '.',
      '14',
      '...',
      'l',
      "'",
      '2',
      'x',
      "''",
      'y',
      'Ａ',
    ])
  })

  test('lie where their bounds say, in the normalised text', () => {
    const { text, starts, ends } = tokenise('  cafe\u0301 🙂🙂!')
    expect(text).toBe('  café 🙂🙂!')
    expect([...starts]).toEqual([2, 7, 11])
    expect([...ends]).toEqual([6, 11, 12])
  })
})

describe('bad input of the tokenizer', () => {
  test('an empty text, and one of spaces, has no token', () => {
    expect(words('')).toEqual([])
    expect(words(' \n\u00a0\ufeff\u2028')).toEqual([])
  })

  test('lone surrogates are replacement characters', () => {
    expect(words('a\ud800b \udc00\udc00')).toEqual(['a', '\ufffd', 'b', '\ufffd\ufffd'])
    expect(words('\udc00\ud800')).toEqual(['\ufffd\ufffd'])
  })

  test('a letter and its mark are one word, composed or not, and text that runs from right to left is in its own order', () => {
    expect(words('e\u0301te\u0301')).toEqual(words('\u00e9t\u00e9'))
    expect(words('שלום \u202eעולם')).toEqual(['שלום', '\u202e', 'עולם'])
    expect(words('\u0915\u094d\u0937')).toHaveLength(1)
  })

  test('look-alike letters are other words', () => {
    const dictionary = new Dictionary()
    dictionary.encode(tokenise('paypal'))
    expect([...dictionary.lookUp(tokenise('p\u0430ypal paypal'))]).toEqual([UNKNOWN_WORD, 1])
  })

  test('the code of the separator in a document is a mark like any other', () => {
    const dictionary = new Dictionary()
    expect([...dictionary.encode(tokenise('a\u0000b'))]).toEqual([1, 2, 3])
  })

  test('a word of 10 MB is one token and takes no more room than a hash', () => {
    const dictionary = new Dictionary()
    const long = 'x'.repeat(MEGABYTES_10)
    expect([...dictionary.encode(tokenise(`${long} b`))]).toEqual([1, 2])
    expect([...dictionary.encode(tokenise(`${long}y`))]).toEqual([3])
    expect([...dictionary.lookUp(tokenise(long))]).toEqual([1])
    expect(dictionary.words.map((word) => word.length)).toEqual([65, 1, 65])
    expect(words('𝒜'.repeat(MEGABYTES_10 / 2))).toHaveLength(1)
    expect(words(`a${"'a".repeat(MEGABYTES_10 / 2)}`)).toHaveLength(1)
  })

  test('10 MB of marks that stand in the wrong order end', () => {
    expect(words(`a${'\u0301\u0316'.repeat(MEGABYTES_10 / 2)}`)).toHaveLength(1)
  })

  test('a text that is longer than may be is refused', () => {
    expect(() => tokenise('a'.repeat(TEXT_UNITS_MAX + 1))).toThrow(expect.objectContaining({ code: 'TEXT_TOO_LONG' }))
  })
})

describe('a dictionary', () => {
  test('only grows, and goes on from its words', () => {
    const first = new Dictionary()
    expect([...first.encode(tokenise('to be or not to be'))]).toEqual([1, 2, 3, 4, 1, 2])
    const second = new Dictionary(first.words)
    expect([...second.encode(tokenise('not to do'))]).toEqual([4, 1, 5])
    expect([...first.lookUp(tokenise('to do'))]).toEqual([1, UNKNOWN_WORD])
  })
})
