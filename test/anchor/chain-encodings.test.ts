import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { getAddress, type Hex, hashTypedData } from 'viem'
import {
  attestationTypedData,
  claimTypedData,
  type DistributorPlace,
  revocationTypedData,
} from '../../anchor/chain/attestation.ts'
import type { EpochContent } from '../../anchor/chain/distributor.ts'
import { epochRecordHash } from '../../anchor/chain/epoch-record-hash.ts'
import { tallyDistributorAbi } from '../../anchor/contracts/artifacts/tally-distributor.ts'
import { payoutLeafHash } from '../../anchor/payout/payout-leaf-hash.ts'
import { runs } from '../support/random-runs.ts'
import { describeWithAnvil } from './chain-anvil.ts'
import { type House, LOCAL, startHouse } from './chain-house.ts'

const RUNS = 40
const uint = (bits: bigint) => fc.bigInt({ min: 0n, max: 2n ** bits - 1n })
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((each): Hex => `0x${Buffer.from(each).toString('hex')}`)
const anyAddress = bytes(20).map((each) => getAddress(each))
const anyHash = bytes(32)

const anyContent: fc.Arbitrary<EpochContent> = fc.record({
  epoch: uint(64n),
  attempt: fc.nat(0xffff_ffff),
  ledgerRoot: anyHash,
  treeSize: uint(64n),
  payoutRoot: anyHash,
  totals: fc.array(fc.record({ token: anyAddress, total_atoms: uint(256n), reserved_atoms: uint(256n) }), {
    maxLength: 4,
  }),
  manifestHash: anyHash,
  uri: fc.string({ unit: 'grapheme', maxLength: 80 }),
})

describeWithAnvil('what is encoded here and in the contract', () => {
  let house: House
  let place: DistributorPlace

  beforeAll(async () => {
    house = await startHouse()
    place = { chainId: LOCAL, distributor: house.distributor }
  })
  afterAll(async () => {
    await house.chain.stop()
  })

  async function contract() {
    const { connection } = await house.as(house.anyone)
    return { client: connection.client, at: { abi: tallyDistributorAbi, address: house.distributor } as const }
  }

  test('payout leaves are the same', async () => {
    const { client, at } = await contract()
    await fc.assert(
      fc.asyncProperty(anyAddress, anyAddress, uint(256n), async (account, token, cumulative) => {
        const leaf = { chainId: BigInt(LOCAL), distributor: house.distributor, account, token, cumulative }
        const args = [account, token, cumulative] as const
        expect(payoutLeafHash(leaf)).toBe(await client.readContract({ ...at, functionName: 'payoutLeaf', args }))
      }),
      runs(RUNS),
    )
  })

  test('record hashes are the same, whatever is proposed', async () => {
    const { client, at } = await contract()
    await fc.assert(
      fc.asyncProperty(anyHash, anyContent, async (prevHash, content) => {
        const { totals, ...rest } = content
        const onChain = {
          ...rest,
          tokens: totals.map((each) => each.token),
          totals: totals.map((each) => each.total_atoms),
          reserved: totals.map((each) => each.reserved_atoms),
        }
        const hash = await client.readContract({ ...at, functionName: 'hashOf', args: [prevHash, onChain] })
        expect(epochRecordHash({ ...place, prevHash }, content)).toBe(hash)
      }),
      runs(RUNS),
    )
  })

  test('attestations and revocations sign the same digest', async () => {
    const { client, at } = await contract()
    await fc.assert(
      fc.asyncProperty(uint(64n), fc.nat(0xffff_ffff), anyHash, async (epoch, attempt, hash) => {
        const attested = hashTypedData(attestationTypedData(place, { epoch, attempt, proposalHash: hash }))
        const attestation = [epoch, attempt, hash] as const
        expect(attested).toBe(
          await client.readContract({ ...at, functionName: 'attestationDigest', args: attestation }),
        )
        const revoked = hashTypedData(revocationTypedData(place, { epoch, recordHash: hash }))
        expect(revoked).toBe(
          await client.readContract({ ...at, functionName: 'revocationDigest', args: [epoch, hash] }),
        )
      }),
      runs(RUNS),
    )
  })

  test('claims by signature sign the same digest', async () => {
    const { client, at } = await contract()
    const anyClaim = fc.record({
      account: anyAddress,
      token: anyAddress,
      recipient: anyAddress,
      minimum: uint(256n),
      nonce: uint(256n),
      deadline: uint(256n),
    })
    await fc.assert(
      fc.asyncProperty(anyClaim, async (message) => {
        const { account, token, ...authorization } = message
        const args = [account, token, authorization] as const
        expect(hashTypedData(claimTypedData(place, message))).toBe(
          await client.readContract({ ...at, functionName: 'claimDigest', args }),
        )
      }),
      runs(RUNS),
    )
  })
})
