import { derivationTypedData } from '../../anchor/signatures/derivation.ts'
import type { EventOf } from '../../schemas/events.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import { DERIVATION_DEPTH_MAX, OWNERS_MAX } from '../../schemas/limits.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import type { Moment } from './licences.ts'
import type { Registry } from './registry.ts'
import { isSignedBy, isSignedByOneOf } from './signed-by.ts'

interface AssetContext {
  readonly ledgerId: Uint8Array
  readonly registry: Registry
  readonly moment: Moment
}

/** docs/formats.md#decisions: an asset that is new, signed by one of its owners, and derived from what agrees to it. */
export async function checkAsset(
  event: EventOf<'AssetRegistered'>,
  context: AssetContext,
): Promise<RejectionReason | undefined> {
  const { body } = event
  const registrant = toAddress(toHex(body.registrant))
  if (!body.owners.some((owner) => toHex(owner.account) === registrant)) return 'REGISTRANT_NOT_OWNER'
  if (!(await isSignedBy(registrant, event, context))) return 'SIGNATURE_INVALID'
  if (context.registry.assets.has(body.asset)) return 'ASSET_EXISTS'
  return checkParents(event, context)
}

/** Parents are registered before their child in accept order, so no chain of them leads back to where it began. */
async function checkParents(
  { body }: EventOf<'AssetRegistered'>,
  context: AssetContext,
): Promise<RejectionReason | undefined> {
  const { ledgerId, registry, moment } = context
  const registrant = toHex(body.registrant)
  const parents = body.parents.map((parent) => ({ ...parent, owners: registry.assets.get(parent.asset)?.owners }))
  if (parents.some(({ owners }) => owners === undefined)) return 'PARENT_UNKNOWN'
  if (registry.depthUnder(parents.map(({ asset }) => asset)) > DERIVATION_DEPTH_MAX) return 'ROYALTY_TOO_DEEP'
  for (const { asset: parent, parts, signature, owners } of parents) {
    // A licence to train is the agreement of an owner, to this royalty and no other.
    if (registry.licences.allowsDerivation(parent, { registrant, parts }, moment)) continue
    const derivation = { child: body.asset, parent, parts, registrant: body.registrant }
    if (!(await isSignedByOneOf(owners!, derivationTypedData(ledgerId, derivation), signature, context)))
      return 'SIGNATURE_INVALID'
  }
  return undefined
}

/** Who owns what, and has not offered it, is decided by the records before this one in accept order. */
export async function checkTransfer(
  event: EventOf<'AssetTransferred'>,
  context: AssetContext,
): Promise<RejectionReason | undefined> {
  const { asset, parts } = event.body
  const { assets, market } = context.registry
  const owners = assets.get(asset)?.owners
  if (owners === undefined) return 'ASSET_UNKNOWN'
  const [from, to] = [toAddress(toHex(event.body.from)), toAddress(toHex(event.body.to))]
  if (!(await isSignedBy(from, event, context))) return 'SIGNATURE_INVALID'
  const owned = owners.get(from) ?? 0
  if (parts > owned - market.lockedOf(asset, from)) return 'SHARES_NOT_OWNED'
  const ownersAfter = owners.size + (owners.has(to) ? 0 : 1) - (parts === owned ? 1 : 0)
  return ownersAfter + market.openOffersOf(asset) > OWNERS_MAX ? 'OWNERS_TOO_MANY' : undefined
}
