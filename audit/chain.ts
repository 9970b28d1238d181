import { type ChainConnection, connectChain } from '../anchor/chain/connect.ts'
import { type EpochRecord, readEpoch } from '../anchor/chain/distributor.ts'
import { ChainIdMismatchError, NoDistributorError } from '../anchor/chain/errors.ts'
import type { Manifest } from '../anchor/manifest.ts'

/** A field in which the chain and a manifest differ. */
export interface ChainDifference {
  readonly where: string
  readonly expected: string
  readonly found: string
}

/** Fields of a finalized record, in the order in which they are compared. */
export type ChainField = 'manifestHash' | 'payoutRoot' | 'treeSize' | 'ledgerRoot' | 'attempt' | 'totals'

/**
 * Connects to the chain that a ledger pays on.
 *
 * @returns the connection, or the difference when the RPC serves another chain
 * @throws  UnknownChainError, RpcUnreachableError, RpcRefusedError
 */
export async function connectTo(rpcUrl: string, chainId: number): Promise<ChainConnection | ChainDifference> {
  try {
    return await connectChain({ rpcUrl, chainId })
  } catch (error) {
    if (!(error instanceof ChainIdMismatchError)) throw error
    return { where: 'chain id of the RPC', expected: String(chainId), found: String(error.facts.found) }
  }
}

/**
 * Holds the distributor's finalized record of an epoch to its manifest. Read at the block that the chain table calls final.
 *
 * @param manifestHash of the manifest's bytes
 * @param fields       which to compare
 * @returns            the first difference, or undefined
 * @throws             RpcUnreachableError, RpcRefusedError
 */
export async function findChainDifference(
  connection: ChainConnection,
  manifest: Manifest,
  manifestHash: string,
  fields: readonly ChainField[],
): Promise<ChainDifference | undefined> {
  const where = (field: string) => `record of epoch ${manifest.epoch} on chain, ${field}`
  let record: EpochRecord | undefined
  try {
    record = await readEpoch({ connection, distributor: manifest.payout.distributor }, BigInt(manifest.epoch))
  } catch (error) {
    if (!(error instanceof NoDistributorError)) throw error
    return { where: 'distributor on chain', expected: manifest.payout.distributor, found: 'no TallyDistributor there' }
  }
  if (record?.state !== 'finalized') {
    return { where: where('state'), expected: 'finalized', found: record?.state ?? 'never proposed' }
  }
  for (const field of fields) {
    const [expected, found] = [published(manifest, manifestHash, field), onChain(record, field)]
    if (expected !== found) return { where: where(field), expected, found }
  }
  return undefined
}

function published(manifest: Manifest, manifestHash: string, field: ChainField): string {
  switch (field) {
    case 'manifestHash':
      return manifestHash
    case 'payoutRoot':
      return manifest.payout.root
    case 'treeSize':
      return manifest.tree.size
    case 'ledgerRoot':
      return manifest.tree.root
    case 'attempt':
      return String(manifest.attempt)
    case 'totals':
      return totalsText(manifest.payout.totals)
  }
}

function onChain({ content }: EpochRecord, field: ChainField): string {
  if (field !== 'totals') return String(content[field]).toLowerCase()
  return totalsText(
    content.totals.map(({ token, total_atoms, reserved_atoms }) => ({
      token: token.toLowerCase(),
      total: String(total_atoms),
      reserved: String(reserved_atoms),
    })),
  )
}

function totalsText(totals: readonly { token: string; total: string; reserved: string }[]): string {
  return totals.map(({ token, total, reserved }) => `${token}: total ${total}, reserved ${reserved}`).join('; ')
}
