import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type CheckpointPolicy,
  decodeCheckpoint,
  encodeCheckpoint,
  openCheckpoint,
  signCheckpoint,
} from '../../anchor/log/checkpoint.ts'
import {
  formatVerifierKey,
  generateSigningKey,
  parseVerifierKey,
  signerOf,
  verifierKey,
} from '../../anchor/log/note/keys.ts'
import { formatNote, openNote, parseNote, signNote } from '../../anchor/log/note/note.ts'
import { runs } from '../support/random-runs.ts'
import { codeOf, readVectors, unhex } from './vectors.ts'

const vectors = readVectors<{
  keys: { seed: string; signing: string; verifier: string }[]
  notes: { what: string; keys: string[]; text: string; note: string; time?: number }[]
}>('log-notes.json')

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (note: Uint8Array) => new TextDecoder().decode(note)
const TYPED = /^(NOTE_|CHECKPOINT_|TEXT_ENCODING)/

async function codeLater(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  return codeOf(() => {
    throw error
  })
}

describe('signed notes', () => {
  test.each(vectors.keys)('golden key $verifier', ({ seed, signing, verifier }) => {
    const { name, type } = parseVerifierKey(verifier)
    expect(generateSigningKey(name, type, unhex(seed))).toBe(signing)
    expect(formatVerifierKey(signerOf(signing).key)).toBe(verifier)
    expect(formatVerifierKey(parseVerifierKey(verifier))).toBe(verifier)
  })

  test.each(vectors.notes)('golden note: $what', async ({ keys, text, note, time }) => {
    const opened = await openNote(bytes(note), keys.map(parseVerifierKey))
    expect(opened.text).toBe(text)
    expect(opened.verified.map(({ key }) => formatVerifierKey(key))).toEqual(keys)
    expect(opened.verified.map(({ time_s }) => time_s)).toEqual(
      keys.map((_, n) => (n === 0 ? undefined : BigInt(time ?? 0))),
    )
    const signers = vectors.keys.slice(0, keys.length).map(({ signing }) => signerOf(signing, () => time ?? 0))
    expect(textOf(signNote(text, signers))).toBe(note)
    expect(formatNote(parseNote(bytes(note)))).toEqual(bytes(note))
  })

  test('the examples of the specification and of Go’s package open', async () => {
    const example = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
    const signed =
      'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
    expect(await openNote(bytes(signed), [parseVerifierKey(example)])).toMatchObject({
      text: 'This is an example message.\n',
    })
    const go = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
    const neumann =
      'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n'.replace(
        '’',
        "'",
      )
    const note = `${neumann}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`
    expect((await openNote(bytes(note), [parseVerifierKey(go)])).text).toBe(neumann)
  })

  const [log, witness] = vectors.keys.map(({ signing }) => signerOf(signing, () => 1_767_225_600)) as [
    ReturnType<typeof signerOf>,
    ReturnType<typeof signerOf>,
  ]
  const whole = 'a text\n\n— a sly line\n'
  const note = signNote(whole, [log])

  test.each([
    ['no empty line', 'text\n— name AAAAAAAA\n'],
    ['no signature', 'text\n\n'],
    ['no end of the last line', textOf(note).slice(0, -1)],
    ['a hyphen for the dash', textOf(note).replace(/\n— tally/, '\n- tally')],
    ['a tab', textOf(note).replace('a text', 'a\ttext')],
    ['a carriage return', textOf(note).replaceAll('\n', '\r\n')],
    ['a space behind the base64', `${textOf(note).slice(0, -1)} \n`],
    ['unpadded base64', textOf(note).replace(/=\n$/, '\n')],
    ['a key id without a signature', 'text\n\n— name AAAAAA==\n'],
    ['a name with a plus', 'text\n\n— na+me AAAAAAAA\n'],
    ['more signatures than the limit', `text\n\n${'— name AAAAAAAA\n'.repeat(101)}`],
    ['more bytes than the limit', `${'x'.repeat(1_000_000)}\n\n— name AAAAAAAA\n`],
  ])('a note with %s is refused', (_, text) => {
    expect(codeOf(() => parseNote(bytes(text)))).toBe('NOTE_FORMAT')
  })

  test('bytes that are not UTF-8 are refused', () => {
    expect(codeOf(() => parseNote(note.with(0, 0xff)))).toBe('TEXT_ENCODING')
  })

  test('a signature of an unknown key is ignored; alone it is none; a false one of a known key is named', async () => {
    const stranger = signerOf(generateSigningKey('stranger.example'))
    const both = signNote(parseNote(note), [stranger])
    expect((await openNote(both, [log.key])).verified).toHaveLength(1)
    expect(await codeLater(openNote(both, [witness.key]))).toBe('NOTE_UNSIGNED')
    expect(await codeLater(openNote(bytes(textOf(both).replace('a text', 'A text')), [log.key]))).toBe('NOTE_SIGNATURE')
    const sameName = verifierKey(log.key.name, 'ed25519', stranger.key.publicKey)
    expect(await codeLater(openNote(note, [sameName]))).toBe('NOTE_UNSIGNED')
  })

  test.each([
    ['another hash', vectors.keys[0]!.verifier.replace(/\+(.)/, (_, digit) => `+${digit === '0' ? '1' : '0'}`)],
    ['a hash in capitals', 'name+ABCDEF01+AQ=='],
    ['no key', 'name+01234567+'],
    ['an unknown type', 'name+01234567+Ag=='],
    ['a key of 31 bytes', `name+01234567+${btoa(`\x01${'x'.repeat(31)}`)}`],
    ['a name with a space', 'na me+01234567+AQ=='],
    ['too much of everything', `${'n'.repeat(1_000)}+01234567+AQ==`],
  ])('a verifier key with %s is refused', (_, text) => {
    expect(codeOf(() => parseVerifierKey(text))).toBe('NOTE_KEY')
  })

  test('a signing key is refused without being quoted', () => {
    const secret = vectors.keys[0]!.signing
    for (const text of [secret.slice(1), secret.slice(0, -4), secret.replace(/ledger/, 'Ledger')]) {
      expect(codeOf(() => signerOf(text))).toBe('NOTE_KEY')
      expect(() => signerOf(text)).not.toThrow(secret.slice(-20))
    }
  })
})

describe('checkpoints', () => {
  const [log, witness] = vectors.keys.map(({ signing }) => signerOf(signing, () => 1)) as [
    ReturnType<typeof signerOf>,
    ReturnType<typeof signerOf>,
  ]
  const origin = log.key.name
  const root = unhex('5a'.repeat(32))
  const checkpoint = { origin, size: 20_852_163, root, extensions: ['one', 'two'] }
  const signed = signCheckpoint(checkpoint, log)
  const policy: CheckpointPolicy = { key: log.key, witnesses: [witness.key], quorum: 1 }
  const cosigned = signNote(parseNote(signed), [witness])

  test('say what was signed, and who saw it', async () => {
    expect(await openCheckpoint(signed, { key: log.key })).toEqual({ checkpoint, cosignatures: [] })
    const opened = await openCheckpoint(cosigned, policy)
    expect(opened.cosignatures).toEqual([{ key: witness.key, time_s: 1n }])
    expect(decodeCheckpoint(encodeCheckpoint({ ...checkpoint, size: Number.MAX_SAFE_INTEGER })).size).toBe(2 ** 53 - 1)
  })

  test('need their log’s signature, and as many witnesses as are asked for', async () => {
    expect(await codeLater(openCheckpoint(signed, policy))).toBe('CHECKPOINT_POLICY')
    expect(await codeLater(openCheckpoint(signed, { key: witness.key }))).toBe('NOTE_UNSIGNED')
    const only = signNote(encodeCheckpoint(checkpoint), [witness])
    expect(await codeLater(openCheckpoint(only, policy))).toBe('CHECKPOINT_POLICY')
    // One witness that signs twice is one witness.
    const twice = signNote(parseNote(cosigned), [witness])
    expect(await codeLater(openCheckpoint(twice, { ...policy, quorum: 2 }))).toBe('CHECKPOINT_POLICY')
    const foreign = signNote(encodeCheckpoint({ ...checkpoint, origin: 'another.log' }), [log])
    expect(await codeLater(openCheckpoint(foreign, { key: log.key }))).toBe('CHECKPOINT_POLICY')
    expect(codeOf(() => signCheckpoint({ ...checkpoint, origin: 'another.log' }, log))).toBe('CHECKPOINT_POLICY')
  })

  test.each([
    ['two lines', `${origin}\n1\n`],
    ['an empty origin', `\n1\n${btoa('x'.repeat(32))}\n`],
    ['a leading zero', `${origin}\n01\n${btoa('x'.repeat(32))}\n`],
    ['a sign', `${origin}\n+1\n${btoa('x'.repeat(32))}\n`],
    ['2^53 leaves', `${origin}\n9007199254740992\n${btoa('x'.repeat(32))}\n`],
    ['a root of 31 bytes', `${origin}\n1\n${btoa('x'.repeat(31))}\n`],
    ['an empty extension', `${origin}\n1\n${btoa('x'.repeat(32))}\n\nmore\n`],
    ['no end', `${origin}\n1\n${btoa('x'.repeat(32))}`],
  ])('with %s are refused', (_, text) => {
    expect(codeOf(() => decodeCheckpoint(text))).toBe('CHECKPOINT_FORMAT')
  })

  test('promise 2: any flipped bit of a cosigned checkpoint fails with a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(cosigned.length * 8 - 1), async (bit) => {
        const at = Math.floor(bit / 8)
        const flipped = cosigned.with(at, cosigned[at]! ^ (1 << (bit % 8)))
        expect(await codeLater(openCheckpoint(flipped, policy))).toMatch(TYPED)
      }),
      runs(400),
    )
  })
})
