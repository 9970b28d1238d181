import { derivationTypedData } from '../anchor/signatures/derivation.ts'
import {
  digestOfTypedData,
  recoverSigner,
  recoverTypedData,
  type SignedEvent,
  signingDigest,
} from '../anchor/signatures/signer.ts'
import type { EventBodies, EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { DERIVATION_DEPTH_MAX, OWNERS_MAX } from '../schemas/limits.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import { generationsAbove } from './derivation.ts'
import type { History } from './history.ts'

type Reason = RejectionReason | undefined

/** Of (account, digest), as a contract's recorded answer has them. */
export function answerKey(account: string, digest: string): string {
  return account + digest
}

/** docs/formats.md#signatures: by the account's key, or by what its contract answered. */
export async function isSignedBy(
  account: string,
  { contractAnswers }: History,
  ledgerId: Uint8Array,
  event: SignedEvent,
): Promise<boolean> {
  if ((await recoverSigner(ledgerId, event)) === account) return true
  return contractAnswers.size > 0 && contractAnswers.has(answerKey(account, signingDigest(ledgerId, event)))
}

export async function findAssetReason(
  history: History,
  ledgerId: Uint8Array,
  event: EventOf<'AssetRegistered'>,
): Promise<Reason> {
  const { asset, owners, registrant, parents } = event.body
  const account = toHex(registrant)
  if (!owners.some((owner) => toHex(owner.account) === account)) return 'REGISTRANT_NOT_OWNER'
  if (!(await isSignedBy(account, history, ledgerId, event))) return 'SIGNATURE_INVALID'
  if (history.assets.has(asset)) return 'ASSET_EXISTS'
  if (!parents.every((parent) => history.assets.has(parent.asset))) return 'PARENT_UNKNOWN'
  if (generationsAbove(history.assets, parents) > DERIVATION_DEPTH_MAX) return 'ROYALTY_TOO_DEEP'
  for (const parent of parents)
    if (!(await isAgreedTo(history, ledgerId, event.body, parent))) return 'SIGNATURE_INVALID'
  return undefined
}

/** Whether somebody who owns some of the parent, at the place of the child's registration, signed the derivation. */
async function isAgreedTo(
  { ownership, contractAnswers }: History,
  ledgerId: Uint8Array,
  { asset: child, registrant }: EventBodies['AssetRegistered'],
  { asset: parent, parts, signature }: EventBodies['AssetRegistered']['parents'][number],
): Promise<boolean> {
  const data = derivationTypedData(ledgerId, { child, parent, parts, registrant })
  const owners = ownership.now(parent)
  const signer = await recoverTypedData(data, signature)
  if (signer !== undefined && owners.has(signer)) return true
  if (contractAnswers.size === 0) return false
  const digest = digestOfTypedData(data)
  return [...owners.keys()].some((owner) => contractAnswers.has(answerKey(owner, digest)))
}

export async function findTransferReason(
  history: History,
  ledgerId: Uint8Array,
  event: EventOf<'AssetTransferred'>,
): Promise<Reason> {
  const { asset, parts } = event.body
  const [from, to] = [toHex(event.body.from), toHex(event.body.to)]
  if (!history.assets.has(asset)) return 'ASSET_UNKNOWN'
  if (!(await isSignedBy(from, history, ledgerId, event))) return 'SIGNATURE_INVALID'
  const owners = history.ownership.now(asset)
  if ((owners.get(from) ?? 0) < parts) return 'SHARES_NOT_OWNED'
  const after = new Set(owners.keys()).add(to)
  if (owners.get(from) === parts) after.delete(from)
  return after.size > OWNERS_MAX ? 'OWNERS_TOO_MANY' : undefined
}
