import type { EventOf } from '../../schemas/events.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import type { CheckContext } from './check-context.ts'
import { isSignedBy } from './signed-by.ts'

/** An owner of the model says how its texts are cut, once. */
export async function checkTextMap(
  event: EventOf<'TextMapPublished'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const { textMap, model, registrant } = event.body
  const owners = context.registry.asset(model, 'model')?.owners
  if (owners === undefined) return 'ASSET_UNKNOWN'
  const account = toAddress(toHex(registrant))
  if (!owners.has(account)) return 'REGISTRANT_NOT_OWNER'
  if (!(await isSignedBy(account, event, context))) return 'SIGNATURE_INVALID'
  return context.registry.textMaps.isTaken(textMap, model) ? 'TEXT_MAP_EXISTS' : undefined
}

/** docs/formats.md#decisions: the text of an item of an accepted batch, once a map. */
export function checkContributionText(
  event: EventOf<'ContributionText'>,
  context: CheckContext,
): RejectionReason | undefined {
  const fault = checkExtractor(event, context)
  if (fault !== undefined) return fault
  const { registry, references } = context
  if (event.body.index >= (references.itemsOfBatch(event) ?? 0)) return 'CONTRIBUTION_UNKNOWN'
  if (registry.erased.has(event.body, event.body.index)) return 'CONTRIBUTION_ERASED'
  return references.isTaken(event) ? 'TEXT_EXISTS' : undefined
}

/** docs/formats.md#decisions: the text of an accepted use of the map's model, once. */
export function checkInferenceText(
  event: EventOf<'InferenceText'>,
  context: CheckContext,
): RejectionReason | undefined {
  const fault = checkExtractor(event, context)
  if (fault !== undefined) return fault
  const model = context.references.modelOfInference(event)
  if (model === undefined || model !== context.registry.textMaps.get(event.body.textMap)?.model)
    return 'INFERENCE_UNKNOWN'
  return context.references.isTaken(event) ? 'TEXT_EXISTS' : undefined
}

function checkExtractor(
  { source, body }: EventOf<'ContributionText' | 'InferenceText'>,
  { registry }: CheckContext,
): RejectionReason | undefined {
  const map = registry.textMaps.get(body.textMap)
  if (map === undefined) return 'TEXT_MAP_UNKNOWN'
  return source === map.extractor ? undefined : 'EXTRACTOR_NOT_NAMED'
}
