import { derivationTypedData } from '../anchor/signatures/derivation.ts'
import {
  digestOfTypedData,
  recoverSigner,
  recoverTypedData,
  type SignedEvent,
  signingDigest,
} from '../anchor/signatures/signer.ts'
import type { EventBodies } from '../schemas/events.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import type { History } from './history.ts'

/** Of (account, digest), as a contract's recorded answer has them. */
export function answerKey(account: string, digest: string): string {
  return account + digest
}

/** The operator signs with a key: answers of contracts do not count. */
export async function isSignedByOperator(ledger: DecidingLedger, event: SignedEvent): Promise<boolean> {
  return isSignedByKey(ledger, event, ledger.genesis.operator)
}

/** docs/formats.md#signatures: by the account's key, or by what its contract answered. */
export async function isSignedBy(
  { contractAnswers }: History,
  ledger: DecidingLedger,
  event: SignedEvent,
  account: string,
): Promise<boolean> {
  if (await isSignedByKey(ledger, event, account)) return true
  return contractAnswers.size > 0 && contractAnswers.has(answerKey(account, signingDigest(ledger.ledgerId, event)))
}

async function isSignedByKey(
  { ledgerId, onSignature }: DecidingLedger,
  event: SignedEvent,
  account: string,
): Promise<boolean> {
  if (onSignature === undefined) return true
  onSignature()
  return (await recoverSigner(ledgerId, event)) === account
}

/** Whether somebody who owns some of the parent, at the place of the child's registration, signed the derivation. */
export async function isAgreedTo(
  { ownership, contractAnswers }: History,
  { ledgerId, onSignature }: DecidingLedger,
  { asset: child, registrant }: EventBodies['AssetRegistered'],
  { asset: parent, parts, signature }: EventBodies['AssetRegistered']['parents'][number],
): Promise<boolean> {
  if (onSignature === undefined) return true
  onSignature()
  const data = derivationTypedData(ledgerId, { child, parent, parts, registrant })
  const owners = ownership.now(parent)
  const signer = await recoverTypedData(data, signature)
  if (signer !== undefined && owners.has(signer)) return true
  if (contractAnswers.size === 0) return false
  const digest = digestOfTypedData(data)
  return [...owners.keys()].some((owner) => contractAnswers.has(answerKey(owner, digest)))
}
