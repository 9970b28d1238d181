import type { Manifest } from '../anchor/manifest.ts'
import {
  readEventReceipt,
  type VerifiedEventReceipt as VerifiedEventOffline,
  verifyEventReceiptOffline,
} from '../anchor/verify/event-receipt.ts'
import {
  readOmission,
  type VerifiedOmission as VerifiedOmissionOffline,
  verifyOmissionOffline,
} from '../anchor/verify/omission.ts'
import { readReceipt, type VerifiedReceipt as VerifiedOffline, verifyReceiptOffline } from '../anchor/verify/receipt.ts'
import type { Trust } from '../anchor/verify/signed-checkpoint.ts'
import type { ReceiptStep } from '../anchor/verify/steps.ts'
import { type ChainField, connectTo, findChainDifference } from './chain.ts'

export interface VerifyOptions extends Trust {
  readonly rpcUrl?: string
}

/** What was checked offline, and, when it held and there was an RPC, the chain behind it. */
type Checked<Offline extends { readonly steps: readonly ReceiptStep[] }> = Omit<Offline, 'steps'> & {
  readonly chain: 'checked' | 'not checked'
  readonly steps: readonly (Offline['steps'][number] | ReceiptStep<'chain'>)[]
}

export type VerifiedReceipt = Checked<VerifiedOffline>
export type VerifiedEventReceipt = Checked<VerifiedEventOffline>
export type VerifiedOmission = Checked<VerifiedOmissionOffline>

/**
 * Checks the receipt of a payout (docs/formats.md#receipt) step by step, with an RPC also against the chain.
 *
 * @param receipt the parsed document, or its bytes
 * @returns       `ok` when no step failed; without an RPC that still says nothing about the chain
 * @throws        InvalidReceiptError when it is no receipt at all
 * @throws        UnknownChainError, RpcUnreachableError, RpcRefusedError
 */
export async function verifyReceipt(receipt: unknown, options: VerifyOptions = {}): Promise<VerifiedReceipt> {
  const document = readReceipt(receipt)
  const offline = await verifyReceiptOffline(document, options)
  return askChain(offline, document.manifest, options, ['manifestHash', 'payoutRoot', 'treeSize'])
}

/** As {@link verifyReceipt}, of an event's receipt (docs/formats.md#event-receipt). */
export async function verifyEventReceipt(receipt: unknown, options: VerifyOptions = {}): Promise<VerifiedEventReceipt> {
  const document = readEventReceipt(receipt)
  const offline = await verifyEventReceiptOffline(document, options)
  return askChain(offline, document.manifest, options, ['manifestHash', 'ledgerRoot', 'treeSize'])
}

/** As {@link verifyReceipt}, of evidence of an omission (docs/formats.md#omission). @throws InvalidOmissionError */
export async function verifyOmission(evidence: unknown, options: VerifyOptions = {}): Promise<VerifiedOmission> {
  const document = readOmission(evidence)
  const offline = await verifyOmissionOffline(document, options)
  return askChain(offline, document.manifest, options, ['manifestHash', 'ledgerRoot', 'treeSize'])
}

interface Offline {
  readonly ok: boolean
  readonly manifestHash: string
  readonly steps: readonly ReceiptStep[]
}

async function askChain<Found extends Offline>(
  offline: Found,
  manifest: Manifest,
  { rpcUrl }: VerifyOptions,
  fields: readonly ChainField[],
): Promise<Checked<Found>> {
  if (rpcUrl === undefined || !offline.ok) return { ...offline, chain: 'not checked' }
  const step = await chainStep(manifest, offline.manifestHash, rpcUrl, fields)
  return { ...offline, ok: step.ok, chain: 'checked', steps: [...offline.steps, step] }
}

async function chainStep(
  manifest: Manifest,
  manifestHash: string,
  rpcUrl: string,
  fields: readonly ChainField[],
): Promise<ReceiptStep<'chain'>> {
  const connection = await connectTo(rpcUrl, manifest.payout.chainId)
  const difference =
    'where' in connection ? connection : await findChainDifference(connection, manifest, manifestHash, fields)
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
