import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Hex, hashTypedData } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { attestationTypedData } from '../../anchor/chain/attestation.ts'
import {
  type AttestationDocument,
  encodeAttestation,
  signAttestation,
  verifyAttestation,
} from '../../anchor/chain/attestation-document.ts'
import { countAttestations } from '../../anchor/chain/count-attestations.ts'
import { localAccounts } from '../../anchor/chain/local-chain.ts'
import { readTaggedVectors } from '../vectors/tagged.ts'

const accounts = localAccounts()
const place = { chainId: 31337, distributor: `0x${'d1'.repeat(20)}` as Hex }
const proposal = { epoch: 7n, attempt: 2, proposalHash: `0x${'ab'.repeat(32)}` as Hex }
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const bytesOf = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const document = await signAttestation(accounts[5]!, place, proposal)

const refusal = (value: unknown) =>
  verifyAttestation(bytesOf(value)).then(
    () => 'taken',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  )

describe('an attestation as a file', () => {
  test('is read back as it was signed, twice the same', async () => {
    expect(await verifyAttestation(bytesOf(encodeAttestation(document)))).toEqual(document)
    expect(await signAttestation(accounts[5]!, place, proposal)).toEqual(document)
  })

  test('any digit changed in any field is refused, with a typed error', async () => {
    const text = encodeAttestation(document)
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(text)
        bytes[at]! ^= flip
        const found = await refusal(bytes.toString('latin1'))
        // White space means nothing in JSON: the document is the same.
        if (found === 'taken') expect(JSON.parse(bytes.toString())).toEqual(document)
        else expect(found).toMatch(/^INVALID_ATTESTATION: This is no attestation: /)
      }),
      { seed: 6, numRuns: 300 },
    )
  })

  test.each<[string, unknown, string]>([
    ['nothing', '', 'it is not JSON'],
    ['no object', 'null', 'document: '],
    ['too large', ' '.repeat(5_000), 'more than 4096 bytes'],
    ['a field more', { ...document, more: 1 }, 'document: '],
    ['upper-case hex', { ...document, attester: document.attester.toUpperCase().replace('X', 'x') }, 'attester: '],
    ['epoch 0', { ...document, epoch: 0 }, 'epoch: '],
    ['an epoch that is no whole number', { ...document, epoch: 7.5 }, 'epoch: '],
    ['an epoch as text', { ...document, epoch: '7' }, 'epoch: '],
    ['another signer', { ...document, attester: accounts[6]!.address.toLowerCase() }, 'signed it, not'],
    ['v of 0', { ...document, signature: `${document.signature.slice(0, -2)}00` }, 'v of its signature is 0'],
    ['s in the upper half', { ...document, signature: twin(document.signature) }, 'upper half'],
    ['a compact signature', { ...document, signature: document.signature.slice(0, -2) }, 'signature: '],
    ['a signature of nobody', { ...document, signature: `0x${'00'.repeat(64)}1b` }, 'belongs to no key'],
  ])('%s is refused', async (_, value, problem) => {
    expect(await refusal(value)).toContain(problem)
  })
})

describe('attestations, golden vectors', () => {
  const { accounts: keys, attestations } = readTaggedVectors<{
    accounts: Record<string, { privateKey: string }>
    attestations: { signer: string; digest: string; document: AttestationDocument }[]
  }>('signatures.json')

  test.each(attestations)(
    '$document.chainId/$document.epoch/$document.attempt: signed to these bytes, and read',
    async (vector) => {
      const { signer, digest, document: expected } = vector
      const place = { chainId: expected.chainId, distributor: expected.distributor }
      const message = { epoch: BigInt(expected.epoch), attempt: expected.attempt, proposalHash: expected.proposalHash }
      expect(hashTypedData(attestationTypedData(place, message))).toBe(`0x${digest}`)
      const account = privateKeyToAccount(`0x${keys[signer]!.privateKey}`)
      expect(await signAttestation(account, place, message)).toEqual(expected)
      expect(await verifyAttestation(bytesOf(expected))).toEqual(expected)
    },
  )
})

describe('what counts for a proposal', () => {
  const members = [5, 6, 7].map((n) => accounts[n]!.address)
  const count = (given: readonly (readonly [string, unknown])[], threshold = 2) =>
    countAttestations(
      given.map(([name, value]) => ({ name, bytes: bytesOf(value) })),
      { ...proposal, place, attesters: { members, threshold } },
    )
  const by = (n: number, change: Partial<typeof proposal> & { place?: typeof place } = {}) =>
    signAttestation(accounts[n]!, change.place ?? place, { ...proposal, ...change })

  test('each attester once, ascending by address, no more than are needed', async () => {
    const given = await Promise.all([7, 5, 6, 5].map(async (n, i) => [`${i}.json`, await by(n)] as const))
    const { signatures, attesters, dropped } = await count(given)
    expect(attesters).toEqual([...attesters].sort())
    expect(attesters).toHaveLength(3)
    const bySigner = new Map(given.map(([, each]) => [each.attester, each.signature]))
    expect(signatures).toEqual(attesters.slice(0, 2).map((each) => bySigner.get(each)))
    expect(dropped).toEqual([])
    expect((await count(given, 0)).signatures).toEqual([])
  })

  test('what does not is named with a reason, and keeps nothing else from counting', async () => {
    const elsewhere = { ...place, distributor: `0x${'d2'.repeat(20)}` as Hex }
    const given: [string, AttestationDocument | string][] = [
      ['good', await by(5)],
      ['damaged', '{'],
      ['stranger', await by(1)],
      ['other proposal', await by(6, { proposalHash: `0x${'cd'.repeat(32)}` })],
      ['other contract', await by(6, { place: elsewhere })],
      ['other chain', await by(6, { place: { ...place, chainId: 1 } })],
      ['earlier attempt', await by(6, { attempt: 1 })],
      ['earlier epoch', await by(6, { epoch: 6n })],
    ]
    const { signatures, dropped } = await count(given)
    expect(signatures).toEqual([(given[0]![1] as AttestationDocument).signature])
    expect(dropped.map(({ name }) => name)).toEqual([
      'damaged',
      'stranger',
      'other proposal',
      'other contract',
      'other chain',
    ])
    expect(dropped.map(({ reason }) => reason).join('\n')).toMatch(
      /not JSON[\s\S]*no attester of this[\s\S]*another proposal[\s\S]*on chain 31337[\s\S]*on chain 1/,
    )
  })
})

/** The other signature that ecrecover would take for the same key and message. */
function twin(signature: Hex): Hex {
  const s = ORDER - BigInt(`0x${signature.slice(66, 130)}`)
  const v = signature.endsWith('1b') ? '1c' : '1b'
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}` as Hex
}
