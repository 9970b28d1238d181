import type { DuckDBValue } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { AssetAccess, AssetKind, EventBodies } from '../../schemas/events.ts'
import { type Address, toAddress, toHex } from '../../schemas/ids.ts'
import { SIGNATURE_CHECK_EPOCHS_MAX } from '../../schemas/limits.ts'
import { isRegistrable, type RegisteredSchema, readRegisteredSchema } from '../../schemas/registered-schemas.ts'
import type { PriceList } from '../pricing/price.ts'
import { loadPriceLists } from '../pricing/price-lists.ts'
import { Disputes } from './disputes.ts'
import { ErasedItems } from './erased-items.ts'
import { CorruptWarehouseError } from './errors.ts'
import { Licences } from './licences.ts'
import { Market } from './market.ts'
import { Retirements } from './retirements.ts'
import { TextMaps } from './text-maps.ts'

const currentOwners = readSql(new URL('./current-owners.sql', import.meta.url))

/** Where an asset was accepted: no two have the same, so it names an asset in twelve bytes. */
export interface AssetPlace {
  readonly epoch: number
  /** Place in the accept order of the epoch. */
  readonly ordinal: bigint
}

export interface Asset {
  readonly kind: AssetKind
  readonly place: AssetPlace
  readonly licence: string
  readonly access: AssetAccess
  /** Millionths, above 0; as of the last record that was decided. */
  readonly owners: ReadonlyMap<Address, number>
  /** How far its ancestors reach; 0 without parents. */
  readonly depth: number
}

export interface FeatureMap {
  readonly model: string
  readonly rank: number
  readonly classes: number
  readonly checkpoints: number
  readonly extractor: string
  readonly similarity: string
}

/**
 * What is registered so far: sources, assets, offers, policies, feature maps, price lists, licences. Small and low in volume, so it is
 * held in memory
 * during a close; a registration accepted in this epoch counts for all records of the epoch.
 */
export class Registry {
  readonly schemas = new Map<number, RegisteredSchema>()
  readonly #schemaTexts = new Map<number, string>()
  readonly sources = new Map<string, ReadonlySet<string>>()
  readonly assets = new Map<string, Asset>()
  readonly policies = new Set<string>()
  readonly adjustments = new Set<string>()
  readonly featureMaps = new Map<string, FeatureMap>()
  readonly mappedModels = new Set<string>()
  /** By digest: the contracts that called a signature of it theirs, in this epoch or shortly before. */
  readonly contractSignatures = new Map<string, Set<Address>>()
  readonly priceLists = new Map<string, PriceList>()
  licences = new Licences()
  market = new Market(0n)
  retirements = new Retirements()
  erased = new ErasedItems()
  textMaps = new TextMaps()
  disputes = new Disputes()
  readonly #assetsByPlace = new Map<string, string>()

  /** As the records of `epoch` find it. */
  static async load(warehouse: Database, epoch: number): Promise<Registry> {
    const registry = new Registry()
    for (const row of await warehouse.all(
      'SELECT DISTINCT schema_id, event_type, schema_text FROM registered_schema',
    )) {
      registry.addSchema({
        schemaId: row.schema_id as number,
        eventType: row.event_type as string,
        schema: row.schema_text as string,
      })
    }
    for (const row of await warehouse.all('SELECT source, event_types FROM source ORDER BY epoch, ordinal')) {
      registry.sources.set(row.source as string, new Set((row.event_types as unknown as { items: string[] }).items))
    }
    await loadAssets(warehouse, registry)
    registry.market = await Market.load(warehouse, epoch)
    registry.disputes = await Disputes.load(warehouse, epoch)
    for (const row of await warehouse.all('SELECT account, digest FROM signature_check WHERE epoch >= $first', {
      first: epoch - SIGNATURE_CHECK_EPOCHS_MAX,
    }))
      registry.addContractSignature(row.account as Address, row.digest as string)
    for (const row of await warehouse.all('SELECT policy FROM policy')) registry.policies.add(row.policy as string)
    for (const row of await warehouse.all('SELECT adjustment FROM adjustment'))
      registry.adjustments.add(row.adjustment as string)
    for (const row of await warehouse.all('SELECT * FROM feature_map'))
      registry.addFeatureMap(row.feature_map as string, toFeatureMap(row))
    for (const [id, list] of await loadPriceLists(warehouse)) registry.priceLists.set(id, list)
    registry.licences = await Licences.load(warehouse)
    registry.retirements = await Retirements.load(warehouse)
    registry.erased = await ErasedItems.load(warehouse)
    registry.textMaps = await TextMaps.load(warehouse)
    return registry
  }

  /** @throws CorruptWarehouseError unless the schema was found readable when it was accepted */
  addSchema(body: Omit<EventBodies['SchemaRegistered'], 'signature'>): void {
    const { schemaId, eventType, schema } = body
    const read = isRegistrable(eventType) ? readRegisteredSchema(eventType, schema) : undefined
    if (read?.outcome !== 'readable') throw new CorruptWarehouseError({ what: `schema ${schemaId} is not readable` })
    this.schemas.set(schemaId, read.schema)
    this.#schemaTexts.set(schemaId, schema)
  }

  /** Whether the id already stands for something else. */
  isOtherSchema(body: EventBodies['SchemaRegistered']): boolean {
    const known = this.schemas.get(body.schemaId)
    return (
      known !== undefined && (known.event !== body.eventType || this.#schemaTexts.get(body.schemaId) !== body.schema)
    )
  }

  addAsset(body: EventBodies['AssetRegistered'], place: AssetPlace): void {
    const owners = new Map(body.owners.map((owner) => [toAddress(toHex(owner.account)), owner.parts]))
    const depth = this.depthUnder(body.parents.map((parent) => parent.asset))
    const { kind, licence, access } = body
    this.setAsset(body.asset, { kind, place, licence, access, owners, depth })
  }

  /** Of an asset with these parents, which are registered. */
  depthUnder(parents: readonly string[]): number {
    return parents.reduce((depth, parent) => Math.max(depth, this.assets.get(parent)!.depth + 1), 0)
  }

  /** The giver has the parts. */
  transfer({ asset: id, from, to, parts }: EventBodies['AssetTransferred']): void {
    const asset = this.assets.get(id)!
    const owners = new Map(asset.owners)
    const [giver, receiver] = [toAddress(toHex(from)), toAddress(toHex(to))]
    const left = owners.get(giver)! - parts
    if (left === 0) owners.delete(giver)
    else owners.set(giver, left)
    owners.set(receiver, (owners.get(receiver) ?? 0) + parts)
    this.setAsset(id, { ...asset, owners })
  }

  addContractSignature(account: Address, digest: string): void {
    const accounts = this.contractSignatures.get(digest) ?? new Set()
    this.contractSignatures.set(digest, accounts.add(account))
  }

  setAsset(id: string, asset: Asset): void {
    this.assets.set(id, asset)
    this.#assetsByPlace.set(textOf(asset.place), id)
  }

  assetAt(place: AssetPlace): string | undefined {
    return this.#assetsByPlace.get(textOf(place))
  }

  addFeatureMap(id: string, map: FeatureMap): void {
    this.featureMaps.set(id, map)
    this.mappedModels.add(map.model)
  }

  addPriceList({ priceList, model, token, rules }: EventBodies['PriceListPublished']): void {
    this.priceLists.set(priceList, { model, token: toHex(token), rules })
  }

  /** The asset when it exists and is of that kind. */
  asset(id: string, kind: AssetKind): Asset | undefined {
    const asset = this.assets.get(id)
    return asset?.kind === kind ? asset : undefined
  }
}

async function loadAssets(warehouse: Database, registry: Registry): Promise<void> {
  const owners = new Map<string, Map<Address, number>>()
  for (const row of await warehouse.all(currentOwners)) {
    const table = owners.get(row.asset as string) ?? new Map<Address, number>()
    owners.set(row.asset as string, table.set(row.account as Address, Number(row.parts)))
  }
  const parents = new Map<string, string[]>()
  for (const row of await warehouse.all('SELECT asset, parent FROM asset_parent'))
    parents.set(row.asset as string, [...(parents.get(row.asset as string) ?? []), row.parent as string])
  // A parent stands before its children in accept order.
  for (const row of await warehouse.all(
    'SELECT asset, kind, licence, access, epoch, ordinal FROM asset ORDER BY epoch, ordinal',
  )) {
    const asset = row.asset as string
    registry.setAsset(asset, {
      kind: row.kind as AssetKind,
      place: { epoch: row.epoch as number, ordinal: row.ordinal as bigint },
      licence: row.licence as string,
      access: row.access as AssetAccess,
      owners: owners.get(asset) ?? new Map(),
      depth: registry.depthUnder(parents.get(asset) ?? []),
    })
  }
}

function toFeatureMap(row: Readonly<Record<string, DuckDBValue>>): FeatureMap {
  return {
    model: row.model as string,
    rank: row.feature_rank as number,
    classes: row.classes as number,
    checkpoints: row.checkpoints as number,
    extractor: row.extractor as string,
    similarity: row.similarity as string,
  }
}

function textOf({ epoch, ordinal }: AssetPlace): string {
  return `${epoch}/${ordinal}`
}
