import { describe, expect, test } from '@jest/globals'
import { privateKeyToAccount } from 'viem/accounts'
import { recoverSigner, signEvent } from '../../anchor/signatures/signer.ts'
import { fromHex, toAddress } from '../../schemas/index.ts'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const signer = privateKeyToAccount(`0x${'42'.repeat(32)}`)
const ledgerId = new Uint8Array(32).fill(7)

async function signed() {
  return signEvent(ledgerId, signer, {
    type: 'SourceRegistered',
    source: 'urn:operator',
    id: 'source/1',
    body: { source: 'urn:gateway', key: fromHex(signer.address), eventTypes: ['InferenceRecorded'] },
  })
}

/** The other signature that anybody can make of a valid one: s becomes n - s, and v flips. */
function malleated(signature: Uint8Array): Uint8Array {
  const s = ORDER - BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString('hex')}`)
  const bytes = Buffer.from(signature)
  Buffer.from(s.toString(16).padStart(64, '0'), 'hex').copy(bytes, 32)
  bytes[64] = signature[64] === 27 ? 28 : 27
  return bytes
}

describe('the signer of an event', () => {
  test('is recovered, and is another one for another ledger', async () => {
    const event = await signed()
    expect(await recoverSigner(ledgerId, event)).toBe(toAddress(signer.address))
    expect(await recoverSigner(new Uint8Array(32), event)).not.toBe(toAddress(signer.address))
  })

  test('a malleated signature, a wrong v, a short one and zeros are nobody’s', async () => {
    const event = await signed()
    const withSignature = (signature: Uint8Array) =>
      recoverSigner(ledgerId, { ...event, body: { ...event.body, signature } })
    expect(await withSignature(malleated(event.body.signature))).toBeUndefined()
    expect(await withSignature(Buffer.concat([event.body.signature.subarray(0, 64), Buffer.from([0])]))).toBeUndefined()
    expect(await withSignature(event.body.signature.subarray(0, 64))).toBeUndefined()
    expect(await withSignature(new Uint8Array(65))).toBeUndefined()
  })
})
