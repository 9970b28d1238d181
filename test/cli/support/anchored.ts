import { connectChain } from '../../../anchor/chain/connect.ts'
import { readEpoch } from '../../../anchor/chain/distributor.ts'
import { tallyDistributorAbi } from '../../../anchor/contracts/artifacts/tally-distributor.ts'
import type { SmallLedger } from './small-ledger.ts'

/** What the chain has of epoch 1, and how often it was told. */
export interface Anchored {
  readonly state: string | undefined
  readonly ledgerRoot: string | undefined
  readonly payoutRoot: string | undefined
  readonly manifestHash: string | undefined
  readonly proposals: number
  readonly finalizations: number
}

export async function anchoredOn(rpcUrl: string, { distributor }: SmallLedger): Promise<Anchored> {
  const connection = await connectChain({ rpcUrl, chainId: 31337 })
  const record = await readEpoch({ connection, distributor }, 1n)
  const countOf = async (eventName: 'EpochProposed' | 'EpochFinalized') => {
    const logs = {
      abi: tallyDistributorAbi,
      address: distributor,
      eventName,
      fromBlock: 0n,
      toBlock: 'latest',
    } as const
    return (await connection.client.getContractEvents(logs)).length
  }
  return {
    state: record?.state,
    ledgerRoot: record?.content.ledgerRoot,
    payoutRoot: record?.content.payoutRoot,
    manifestHash: record?.content.manifestHash,
    proposals: await countOf('EpochProposed'),
    finalizations: await countOf('EpochFinalized'),
  }
}
