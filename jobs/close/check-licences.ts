import type { AssetKind, EventOf } from '../../schemas/events.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import type { CheckContext } from './check-context.ts'
import { isSignedBy } from './signed-by.ts'

/** What a licence of an asset of each kind may allow; infrastructure needs none. */
const USES_OF_KIND: Readonly<Record<AssetKind, readonly string[]>> = {
  dataset: ['commercial', 'retrieve', 'train'],
  model: ['commercial', 'infer', 'train'],
  agent: ['commercial', 'infer', 'train'],
  infrastructure: [],
}

/** docs/formats.md#decisions: a licence by an owner of the asset at this place, which does not reach back unless it says so. */
export async function checkGrant(
  event: EventOf<'LicenceGranted'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const { grant, asset } = event.body
  const { registry } = context
  const kind = registry.assets.get(asset)?.kind
  if (kind === undefined || kind === 'infrastructure') return 'ASSET_UNKNOWN'
  const refused = await checkLicensor(event, context)
  if (refused !== undefined) return refused
  if (registry.licences.find(grant) !== undefined) return 'LICENCE_EXISTS'
  return findTermsFault(asset, event.body, context)
}

type Terms = Pick<EventOf<'LicenceGranted'>['body'], 'uses' | 'fromMs' | 'untilMs' | 'priceList' | 'coversFromEpoch'>

/** What is wrong with the terms of a grant, or of an offer of a licence, at its place. Of an asset that can be licensed. */
export function findTermsFault(asset: string, terms: Terms, context: CheckContext): RejectionReason | undefined {
  const { uses, priceList } = terms
  const { assets, priceLists } = context.registry
  const { kind } = assets.get(asset)!
  if (!uses.every((use) => USES_OF_KIND[kind].includes(use))) return 'LICENCE_USES_INVALID'
  if (!isAhead(terms, context)) return 'LICENCE_WINDOW_INVALID'
  const list = priceLists.get(priceList)
  const isPriced = priceList === '' || (list !== undefined && (kind !== 'model' || list.model === asset))
  return isPriced ? undefined : 'PRICE_LIST_UNKNOWN'
}

/** Who owns a share of the asset may take back what any owner granted; once. */
export async function checkRevocation(
  event: EventOf<'LicenceRevoked'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const { grant, asset } = event.body
  const licence = context.registry.licences.find(grant)
  if (licence?.asset !== asset) return 'LICENCE_UNKNOWN'
  return (await checkLicensor(event, context)) ?? (licence.revokedAt === undefined ? undefined : 'LICENCE_REVOKED')
}

async function checkLicensor(
  event: EventOf<'LicenceGranted' | 'LicenceRevoked'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const registrant = toAddress(toHex(event.body.registrant))
  if (!context.registry.assets.get(event.body.asset)!.owners.has(registrant)) return 'REGISTRANT_NOT_OWNER'
  return (await isSignedBy(registrant, event, context)) ? undefined : 'SIGNATURE_INVALID'
}

/** A window that neither began nor ended before the record, and fees that are held by now. */
function isAhead(
  { fromMs, untilMs, coversFromEpoch }: Terms,
  { moment: { epoch, effectiveMs } }: CheckContext,
): boolean {
  const beginsInTime = fromMs === 0n || fromMs >= effectiveMs
  return beginsInTime && (untilMs === 0n || untilMs > effectiveMs) && coversFromEpoch <= epoch
}
