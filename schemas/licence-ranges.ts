import type { EventBodies } from './events.ts'
import * as limits from './limits.ts'
import { bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

export function licence(body: EventBodies['LicenceGranted']): RangeFault | undefined {
  return first(
    identifier('grant', body.grant),
    identifier('asset', body.asset),
    bytes('licensee', body.licensee, 20),
    licenceTerms(body),
    bytes('registrant', body.registrant, 20),
    bytes('signature', body.signature, 65),
  )
}

/** What a grant and an offer of a licence both say. */
export function licenceTerms(
  body: Omit<EventBodies['LicenceGranted'], 'grant' | 'asset' | 'licensee' | 'registrant' | 'signature'>,
): RangeFault | undefined {
  return first(
    uses(body.uses),
    body.fromMs >= 0n ? undefined : field('fromMs must not be negative.'),
    body.untilMs === 0n || body.untilMs > body.fromMs ? undefined : field('untilMs must be 0 or after fromMs.'),
    body.priceList === '' ? undefined : identifier('priceList', body.priceList),
    range('royaltyParts', body.royaltyParts, 0, limits.ROYALTY_PARTS_MAX),
    body.royaltyParts === 0 || body.uses.includes('train') ? undefined : field('royaltyParts needs the use train.'),
    body.coversFromEpoch >= 0 ? undefined : field('coversFromEpoch must not be negative.'),
    // Else the time between its place and fromMs would be covered neither way.
    body.coversFromEpoch === 0 || body.fromMs === 0n ? undefined : field('coversFromEpoch needs a fromMs of 0.'),
  )
}

export function revocation(body: EventBodies['LicenceRevoked']): RangeFault | undefined {
  return first(
    identifier('grant', body.grant),
    identifier('asset', body.asset),
    bytes('registrant', body.registrant, 20),
    bytes('signature', body.signature, 65),
  )
}

function uses(names: readonly string[]): RangeFault | undefined {
  const known: readonly string[] = limits.LICENCE_USES
  if (names.some((name) => !known.includes(name))) return field('uses names a use that does not exist.')
  const isAscending = names.every(
    (name, index) => index === 0 || known.indexOf(names[index - 1]!) < known.indexOf(name),
  )
  if (!isAscending) return field('uses must be strictly ascending.')
  return names.some((name) => name !== 'commercial') ? undefined : field('uses must name more than commercial.')
}
