import {
  type ReceiptStep,
  readReceipt,
  type VerifiedReceipt as VerifiedOffline,
  verifyReceiptOffline,
} from '../anchor/verify/receipt.ts'
import { connectTo, findChainDifference } from './chain.ts'

export type VerifiedReceipt = Omit<VerifiedOffline, 'steps'> & {
  readonly chain: 'checked' | 'not checked'
  readonly steps: readonly (ReceiptStep | ReceiptStep<'chain'>)[]
}

/**
 * Checks a receipt (docs/formats.md#receipt) step by step, with an RPC also against the chain.
 *
 * @param receipt the parsed document, or its bytes
 * @returns       `ok` when no step failed; without an RPC that still says nothing about the chain
 * @throws        InvalidReceiptError when it is no receipt at all
 * @throws        UnknownChainError, RpcUnreachableError, RpcRefusedError
 */
export async function verifyReceipt(receipt: unknown, options: { rpcUrl?: string } = {}): Promise<VerifiedReceipt> {
  const document = readReceipt(receipt)
  const offline = verifyReceiptOffline(document)
  if (options.rpcUrl === undefined || !offline.ok) return { ...offline, chain: 'not checked' }
  const step = await chainStep(document.manifest, offline.manifestHash, options.rpcUrl)
  return { ...offline, ok: step.ok, chain: 'checked', steps: [...offline.steps, step] }
}

async function chainStep(
  manifest: ReturnType<typeof readReceipt>['manifest'],
  manifestHash: string,
  rpcUrl: string,
): Promise<ReceiptStep<'chain'>> {
  const connection = await connectTo(rpcUrl, manifest.payout.chainId)
  const difference =
    'where' in connection
      ? connection
      : await findChainDifference(connection, manifest, manifestHash, ['manifestHash', 'payoutRoot', 'treeSize'])
  if (difference === undefined) {
    return {
      name: 'chain',
      ok: true,
      detail: `The finalized record of epoch ${manifest.epoch} at ${manifest.payout.distributor} on chain ${manifest.payout.chainId} says the same; that this is the contract of ledger ${manifest.ledger}, know from elsewhere.`,
    }
  }
  const { where, expected, found } = difference
  return { name: 'chain', ok: false, detail: `${where}: expected ${expected}, found ${found}.` }
}
