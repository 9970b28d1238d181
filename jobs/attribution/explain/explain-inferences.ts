import { createHash } from 'node:crypto'
import { fromBlob, toBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { toHex } from '../../../schemas/ids.ts'
import { CacheFolder } from '../../cache-folder.ts'
import { eventGradients, type GradientRows } from '../bilinear/gradient-rows.ts'
import { curvatureOf, storedCurvature } from '../features/curvature-state.ts'
import { type LoadedItems, loadItems } from '../features/load-period.ts'
import { allocateFactoredRows, type FactoredShape, unpackRow } from '../features/packed-row.ts'
import { openKernels, sharedKernels, withKernels } from '../kernel/open-kernels.ts'
import { type ExplainedItems, LoadedExplainedItems } from './explained-items.ts'
import { curvatureHash, factorOf } from './factor-file.ts'
import { DamagedFileError, ItemFile, writeItemFile } from './item-file.ts'
import { type EventInfluence, rankItems } from './rank-items.ts'

/** Of what the files hold beside what their own formats say: raised when other items would be kept at the same cut. */
const RULES = 'influence/factored@2'

/** Their pass is over sooner than a thread would have started. */
const ITEMS_IN_CALLER = 50_000

/** The contributions of a feature map at the cut of an epoch. */
export interface ItemsAtCut {
  readonly warehouse: Database
  readonly epoch: number
  readonly featureMap: string
  readonly shape: FactoredShape
}

export interface ExplainInput extends ItemsAtCut {
  /** id hashes of the inferences. */
  readonly inferences: readonly Uint8Array[]
  /** How many items to name for each. */
  readonly top: number
}

/**
 * The influence of every kept item on single inferences. It explains and pays nothing.
 *
 * Items and factor come from files beside the warehouse (`CacheFolder`); where these are missing or damaged they are made again
 * from the warehouse, and the answer is the same.
 *
 * @returns one entry an inference, in the order given; undefined for one without features
 */
export async function explainInferences(input: ExplainInput): Promise<(EventInfluence | undefined)[]> {
  const cache = CacheFolder.beside(input.warehouse)
  const key = await keyOf(input)
  const file = key === undefined ? undefined : await openItems(cache, key)
  if (file !== undefined) {
    try {
      const k = () => curvatureWith(input, file.curvatureHash)
      return await explainEach(input, cache, file, file.curvatureHash, k)
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error
    } finally {
      await file.close()
    }
  }
  const loaded = await loadItems(input.warehouse, input.shape, input.featureMap, input.epoch)
  const { k } = await withKernels((kernels) => curvatureOf({ ...input, kernels, loaded }))
  const hash = curvatureHash(k, sizeOf(input))
  if (key !== undefined) await cache.write('items', key, (to) => writeItemFile(to, key, loaded, hash))
  return explainEach(input, cache, new LoadedExplainedItems(loaded), hash, async () => k)
}

/**
 * Keeps the items of a cut for the explanations that will be asked for, while they are in memory.
 *
 * @param k over these items
 */
export async function keepForExplanations(at: ItemsAtCut, loaded: LoadedItems, k: BigInt64Array): Promise<void> {
  const cache = CacheFolder.beside(at.warehouse)
  const key = nameOf(at, await ledgerRootOf(at))
  if (await cache.has('items', key)) return
  await cache.write('items', key, (to) => writeItemFile(to, key, loaded, curvatureHash(k, sizeOf(at))))
}

async function explainEach(
  input: ExplainInput,
  cache: CacheFolder,
  items: ExplainedItems,
  hash: string,
  curvature: () => Promise<BigInt64Array>,
): Promise<(EventInfluence | undefined)[]> {
  if (items.count === 0) return input.inferences.map(() => undefined)
  const factor = await factorOf(cache, hash, sizeOf(input), curvature)
  const kernels = items.count <= ITEMS_IN_CALLER ? openKernels({ threads: 1 }) : sharedKernels()
  const explained: (EventInfluence | undefined)[] = []
  for (const inference of input.inferences) {
    const event = await eventOf(input, inference)
    explained.push(event && (await rankItems(kernels, factor, items, event, input.top)))
  }
  return explained
}

/** K that is stored, when it is of the same items as the file; else summed again. */
async function curvatureWith(input: ExplainInput, hash: string): Promise<BigInt64Array> {
  const stored = await storedCurvature(input.warehouse, input.featureMap)
  if (stored !== undefined && curvatureHash(stored, sizeOf(input)) === hash) return stored
  const loaded = await loadItems(input.warehouse, input.shape, input.featureMap, input.epoch)
  const { k } = await withKernels((kernels) => curvatureOf({ ...input, kernels, loaded }))
  // The file would then be of other items than the warehouse has.
  if (curvatureHash(k, sizeOf(input)) !== hash) throw new DamagedFileError()
  return k
}

async function openItems(cache: CacheFolder, key: string): Promise<ItemFile | undefined> {
  const file = await cache.open('items', key)
  if (file === undefined) return undefined
  try {
    return await ItemFile.open(file, key)
  } catch (error) {
    await file.close()
    if (error instanceof DamagedFileError) return undefined
    throw error
  }
}

/** Names the items for ever, since a ledger's root fixes all records below the cut; undefined before they are attributed. */
async function keyOf(at: ItemsAtCut): Promise<string | undefined> {
  const row = await at.warehouse.one<{ state: string }>('SELECT state FROM epoch WHERE epoch = $epoch', {
    epoch: at.epoch,
  })
  return row === undefined || row.state === 'closed' ? undefined : nameOf(at, await ledgerRootOf(at))
}

async function ledgerRootOf({ warehouse, epoch }: ItemsAtCut): Promise<string> {
  const row = await warehouse.one('SELECT ledger_root FROM epoch WHERE epoch = $epoch', { epoch })
  return toHex(fromBlob(row!.ledger_root))
}

function nameOf({ epoch, featureMap }: ItemsAtCut, ledgerRoot: string): string {
  return createHash('sha256')
    .update(JSON.stringify([RULES, ledgerRoot, epoch, featureMap]))
    .digest('hex')
}

function sizeOf({ shape }: ItemsAtCut): number {
  return shape.rank * shape.classes
}

async function eventOf({ warehouse, shape }: ItemsAtCut, inference: Uint8Array): Promise<GradientRows | undefined> {
  const row = await warehouse.one('SELECT packed FROM inference_features WHERE inference = $inference', {
    inference: toBlob(inference),
  })
  if (row === undefined) return undefined
  const rows = allocateFactoredRows(1, shape)
  unpackRow(fromBlob(row.packed), rows, 0)
  return eventGradients(rows)
}
